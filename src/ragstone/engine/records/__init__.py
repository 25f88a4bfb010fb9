"""Records of other systems - rows of a table, JSON objects - and the mapping that makes documents of them."""
