"""Pure drawing of this view: described numbers to Plotly."""
