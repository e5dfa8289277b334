"""Energy on planes through the answer space. `interpolation` is light; the rest loads torch."""
