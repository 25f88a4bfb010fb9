"""Values kept in the memory of this process."""
