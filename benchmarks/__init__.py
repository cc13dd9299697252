"""Measurements of speed and memory: scripts, and the results they recorded. Nothing imports them but their own test."""
