"""Collections: named corpora with settings of their own."""
