"""The console: pages for people, made on the server from what the HTTP interface answers to the same caller."""
