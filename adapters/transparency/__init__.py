"""Keys, signatures, and what goes back and forth between a log and its witnesses."""
