"""The `Embedder` port on any server that speaks OpenAI's embeddings API: OpenAI, Gemini, Ollama, vLLM."""
