"""Documents of office programs, new and old: one file per format, and what they share."""
