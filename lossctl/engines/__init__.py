"""The fold of batches into totals, wherever it runs."""
