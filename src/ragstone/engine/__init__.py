"""The craft: parsing, chunking, language, ranking, answering. Values in, values out; no clock, file or setting."""
