"""What is said to who may not come in, or not here."""

from typing import ClassVar

from domain.errors import FundtrailError, Unavailable


class AccessRefused(FundtrailError):
    """The request goes no further, whatever it asks for."""

    code: ClassVar[str]


class Unauthenticated(AccessRefused):
    """There is no credential, or none that is valid; which of the two is not said."""

    code = "unauthenticated"


class Forbidden(AccessRefused):
    """The credential is valid, and gives no right to this; the same whether or not there is such a ledger."""

    code = "forbidden"


class OfAnotherAuthor(AccessRefused):
    """What somebody else saved is his to replace or delete, or an approver's."""

    code = "of-another-author"


class ForeignHost(AccessRefused):
    """Nobody is asked who they are, and the request names another host than this machine by its loopback name."""

    code = "foreign-host"


class ForeignForm(AccessRefused):
    """A form was sent to a page that did not come from a page of this host, or nothing says where it came from."""

    code = "foreign-form"


class TooManyFailures(AccessRefused):
    """Too many credentials of this address were not valid; a valid one is still taken. Figures: retry_after_s."""

    code = "too-many-failures"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(self.code)
        self.retry_after_s = retry_after_s


class IssuerUnavailable(Unavailable):
    """The keys of the tokens' issuer could not be read yet, so no token can be verified."""

    code = "issuer-unavailable"
