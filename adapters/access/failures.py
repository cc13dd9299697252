"""What the service's own log is told when the access log could not be written or read."""

from adapters.database_faults import log_fault


def log_failure(error: Exception) -> None:
    """Logs the driver's own words without the statement's parameters."""
    log_fault(error, "access-log-failed")
