"""Sparse dictionaries of gradients and hidden layers: training, metrics, interventions."""
