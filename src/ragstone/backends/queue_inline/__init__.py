"""A job queue inside this process."""
