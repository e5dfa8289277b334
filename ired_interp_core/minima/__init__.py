"""Minima of E_t, the saddles between them, and who falls where (docs/definitions.md §4)."""
