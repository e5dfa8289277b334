"""Figures of the view of probes: labelled arrays in, a figure out."""
