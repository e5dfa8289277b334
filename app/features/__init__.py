"""Dictionaries of gradients and hidden layers, their atoms, and what these do."""
