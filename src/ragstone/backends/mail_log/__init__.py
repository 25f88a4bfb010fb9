"""Mail where there is no mail server: into a folder, and a line in the log."""
