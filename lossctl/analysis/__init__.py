"""What results and the first rows of an input tell beyond the value of a loss."""
