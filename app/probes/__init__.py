"""Probes: what the layers of the network carry."""
