"""Figures as pure functions: labelled arrays → small described numbers → Plotly."""
