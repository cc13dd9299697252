"""One file for each page, or for pages that cannot be told apart from their neighbour."""
