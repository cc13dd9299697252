"""What makes the log checkable by outsiders: its keys, its checkpoints, and those who sign them with it."""
