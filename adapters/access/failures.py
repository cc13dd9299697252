"""What the service's own log is told when the access log could not be written or read."""

import structlog
from sqlalchemy.exc import DBAPIError

_logger = structlog.get_logger(__name__)


def log_failure(error: Exception) -> None:
    """Logs the driver's own words without the statement's parameters."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    _logger.error("access-log-failed", error=type(cause).__name__, reason=str(cause).partition("\n")[0])
