"""What every stage of precompute stands on."""
