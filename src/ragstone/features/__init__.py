"""What users can do: one folder a slice, one file a use case."""
