"""Training of models by the official recipe and its variants."""
