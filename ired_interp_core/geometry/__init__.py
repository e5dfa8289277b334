"""Geometry of answers: subspaces, moves on manifolds of matrices, modes, symmetries, attribution.

Definitions: docs/definitions.md §6.3 and §6.5.
"""
