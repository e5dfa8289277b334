"""Minima: who falls where, and over which barrier."""
