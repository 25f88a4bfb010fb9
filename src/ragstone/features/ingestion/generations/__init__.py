"""Generations: a collection moves from one embedding model to another, and back, while it is searched and written."""
