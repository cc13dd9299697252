"""The append-only log: tables, canonical bytes, the append path, reading, auditing."""
