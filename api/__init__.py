"""Every way in: HTTP and the command line, their settings, and the one place that wires things together."""
