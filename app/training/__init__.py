"""How the landscape comes about, training step by training step."""
