"""Training of the official network: loss, negatives, optimiser, averaged weights.

Definitions: docs/definitions.md §1.3.
"""
