"""Where the rows are, which columns are meant, and batches of arrays."""
