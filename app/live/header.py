"""How it comes from the websocket to a page's script whether its reader may ask live questions."""

ALLOWED = "x-ired-live-why"
"""Header with one line why they may not; empty where they may. A browser's own is taken out."""
