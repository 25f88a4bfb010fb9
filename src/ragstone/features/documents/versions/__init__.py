"""Documents over time: former versions, reading again, merging."""
