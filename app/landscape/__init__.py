"""One problem: its ten energies, spectra, matrices and descent."""
