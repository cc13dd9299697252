"""What a request may say, derived from the fields of the domain's commands."""
