"""What stands around figures: frame, panels, foot, look."""
