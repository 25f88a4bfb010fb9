"""Token buckets in the memory of this process."""
