"""Training of the official network: loss, negatives, optimiser, averaged weights (SCIENCE §1)."""
