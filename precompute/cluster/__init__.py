"""A sweep on Slurm: from profile to jobs to status."""
