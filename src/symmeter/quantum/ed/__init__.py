"""Exact diagonalisation: Hilbert spaces, symmetric bases, Hamiltonians in sectors, and their spectra."""
