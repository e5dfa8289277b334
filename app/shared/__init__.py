"""What the views share; nothing here imports a view."""
