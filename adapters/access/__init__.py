"""Who may come in, and who was turned away: keys, tokens, and the log of denied access."""
