"""Speed and memory side by side with named peers, as ratios: `make bench`."""
