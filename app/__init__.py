"""The browser app: asks the store, shows, draws, cites; it computes nothing (no torch here)."""
