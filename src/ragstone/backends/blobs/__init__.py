"""Blobs in files, S3, Google Cloud Storage or Azure, all through obstore."""
