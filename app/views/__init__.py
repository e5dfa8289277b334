"""One file per view; each has one function `show` that main.py puts into the menu."""
