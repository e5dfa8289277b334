"""Cached reads of the store, and which question a view means."""
