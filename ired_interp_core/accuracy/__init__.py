"""How good a sampler's answers are over many problems, and what predicts them."""
