"""What the HTTP side itself says no to, before any rule of the ledger is asked."""

from collections.abc import Sequence
from typing import ClassVar

from api.schemas.problem import FieldProblem
from domain.errors import FundtrailError, Unavailable


class InvalidRequest(FundtrailError):
    """Fields or parameters are wrong: `problems` names each of them."""

    code: ClassVar[str]

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__(self.code)
        self.problems = problems


class InvalidBody(InvalidRequest):
    """The object sent is not the command."""

    code = "invalid-body"


class InvalidParameter(InvalidRequest):
    """A parameter of the query, or a header that acts as one, is unknown or wrong."""

    code = "invalid-parameter"

    @classmethod
    def of(cls, name: str, code: str, **limits: str | int) -> "InvalidParameter":
        """One wrong parameter."""
        return cls([FieldProblem(pointer=f"/{name}", code=code, limits=limits)])


class InvalidForm(InvalidRequest):
    """A form of the console holds a field that its page has not, or twice, or a value that its control cannot send."""

    code = "invalid-form"


class IdempotencyKeyMissing(FundtrailError):
    """A write without the key that makes its retry safe."""

    code = "idempotency-key-missing"


class NotFound(FundtrailError):
    """There is nothing under the path."""

    code = "not-found"


class UnknownKey(FundtrailError):
    """There is no API key of that id."""

    code = "unknown-key"


class MethodNotAllowed(FundtrailError):
    """The path exists, but not for this method."""

    code = "method-not-allowed"


class BadRequest(FundtrailError):
    """The request could not be read at all."""

    code = "bad-request"


class HeadTooLarge(FundtrailError):
    """More headers, or larger ones, than a request may have."""

    code = "head-too-large"


class TargetTooLong(FundtrailError):
    """The address with its query is longer than a request may have it."""

    code = "target-too-long"


class RequestTimeout(FundtrailError):
    """The head or the body of the request did not come in time."""

    code = "request-timeout"


class TooManyConnections(Unavailable):
    """All connections are taken, and this one has kept the server waiting the longest, or came when none did."""

    code = "too-many-connections"


class TooManyStreams(Unavailable):
    """The caller has as many event streams open as one caller may."""

    code = "too-many-streams"


class ImportsBusy(Unavailable):
    """As many uploaded files are being looked at as can be at once, and others wait for their turn."""

    code = "imports-busy"


class UploadsFull(Unavailable):
    """There is no room for another uploaded file."""

    code = "uploads-full"


class UploadsUnavailable(Unavailable):
    """The folder of uploaded files and column mappings cannot be reached, read or written."""

    code = "uploads-unavailable"


class CallerQuotaReached(FundtrailError):
    """The caller keeps as much as one caller may: column mappings of the ledger, or uploaded files."""

    code = "caller-quota-reached"


class LedgerQuotaReached(FundtrailError):
    """As much is kept for the ledger as for one may be: column mappings, or uploaded files."""

    code = "ledger-quota-reached"


class NotPossible(FundtrailError):
    """Something in the service failed; the log of the service says what."""

    code = "internal-error"
