"""The embedded search index: qdrant-edge in a process of its own, shared by every process of one machine."""
