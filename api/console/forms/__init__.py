"""Forms of commands: made from the commands' own types, read back into what the interface takes."""
