"""Running the server: health, the doctor, rebuilding the index."""
