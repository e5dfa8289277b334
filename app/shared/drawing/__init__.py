"""Pure drawing that views share: described numbers to Plotly."""
