"""What keeps the log append-only inside the database, and whether it is all there."""
