"""Curvature of E in ỹ (never in the weights): exact Hessians, spectra and what is read off them."""
