"""Read models: what the log answers at a business date and a position."""
