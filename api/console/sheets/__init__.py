"""Spreadsheets and CSV files: what clerks send, what they fill in, and what they get back."""
