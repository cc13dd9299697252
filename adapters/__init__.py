"""Everything that touches the world: the event log, databases, files, keys."""
