"""Words: detection, normalising, tokenising, stemming, and the sparse BM25 vector of a passage or a question."""
