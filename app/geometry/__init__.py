"""The view Geometry: subspaces, moves, order of arrival, symmetry, attribution."""
