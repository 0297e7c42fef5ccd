"""What rows add up to: frozen values with an empty element and `+`; NumPy only."""
