"""The tables and figures of the paper: published beside measured beside trivial."""
