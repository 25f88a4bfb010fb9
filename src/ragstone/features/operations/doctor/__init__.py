"""The doctor: compares relational truth, index and blobs by identity, size and hash, and mends what can be mended."""
