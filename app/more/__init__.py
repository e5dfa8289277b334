"""Analyses that have no view of their own, drawn as they declare."""
