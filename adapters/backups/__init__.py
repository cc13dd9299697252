"""Copies of the databases in files: made while they are written, and put back only where nothing stands."""
