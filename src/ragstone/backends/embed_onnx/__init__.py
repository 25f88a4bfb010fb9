"""Dense vectors from BERT models on ONNX Runtime, in process and offline."""
