"""The list of runs, and what one of them is."""
