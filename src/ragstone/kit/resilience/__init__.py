"""How calls to other programs survive their troubles: retries, circuit breakers, and limits on how much is asked."""
