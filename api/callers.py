"""Who sends a request: the principal behind its credential, remembered for as long as a revocation may take."""

import hashlib
import ipaddress
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request

from adapters.access.api_keys import ApiKeys, parse_key
from adapters.access.group_grants import GroupGrants
from adapters.access.pseudonyms import Pseudonyms
from adapters.access.verified_token import InvalidTokenError, KeysUnknownError, VerifiedToken
from api.buckets import Buckets
from api.denied import ForeignHost, IssuerUnavailable, TooManyFailures, Unauthenticated
from api.forwarded import told_address
from api.security import is_addressed_to_this_machine
from domain.access import LOCAL, Principal
from domain.ports import Clock

if TYPE_CHECKING:
    from adapters.access.bearer_tokens import BearerTokens
    from adapters.access.issuer_keys import IssuerKeys

KEY_REMEMBERED_S: Final = 1.0
"""A revoked key is taken for so long at most."""
TOKEN_REMEMBERED_S: Final = 60.0
"""A token is not verified again for so long, nor beyond its own end."""
MOST_REMEMBERED: Final = 10_000
LOOKUPS_AT_ONCE: Final = 8
"""Threads in which credentials are looked up."""
FAILURES_AT_ONCE: Final = 10
FAILURE_EVERY_S: Final = 6.0
"""Invalid credentials that an address may try at once, and how soon one more."""

_KEY_BEGIN: Final = "ft_"
_SCHEME: Final = "bearer "
_IPV6_NETWORK_BITS: Final = 64
"""One customer of a network provider has at least so many addresses, and counts as one."""


class _Remembered(NamedTuple):
    principal: Principal
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSource:
    """What tokens of an issuer are verified by, and what their groups may do."""

    tokens: "BearerTokens"
    keys: "IssuerKeys"
    grants: GroupGrants
    pseudonyms: Pseudonyms


class Callers:
    """Tells who sends a request. For the event loop of one process.

    `is_open`: everyone is the local principal. `token_source` is None where no issuer is configured.
    """

    def __init__(self, keys: ApiKeys, clock: Clock, token_source: TokenSource | None, *, is_open: bool) -> None:
        self.is_open = is_open
        self.keys = keys
        self.token_source = token_source
        self._clock = clock
        self._remembered: OrderedDict[bytes, _Remembered] = OrderedDict()
        self._times_forgotten = 0
        # Of their own: reads that wait for the views may hold all the others, and then nobody would be let in.
        self._lookups = CapacityLimiter(LOOKUPS_AT_ONCE)
        self._failures = Buckets(FAILURES_AT_ONCE, FAILURE_EVERY_S)

    async def caller(self, request: Request) -> Principal:
        """The caller.

        Raises:
            Unauthenticated, ForeignHost, TooManyFailures, IssuerUnavailable.
        """
        if self.is_open:
            _refuse_foreign_host(request)
            return LOCAL
        credential = credential_of(request)
        if credential is None:
            raise Unauthenticated
        found = self._remembered.get(_digest_of(credential))
        if found is not None and time.monotonic() < found.until_s:
            return found.principal
        address = address_of(request)
        is_key = credential.startswith(_KEY_BEGIN)
        principal = await (self._holder(credential) if is_key else self._bearer(credential, address))
        if principal is None:
            raise self.failed(address)
        return principal

    def refuse_flood(self, address: str) -> None:
        """Returns when the address may still try something that can fail.

        Raises:
            TooManyFailures: too much of what it tried did.
        """
        if self._failures.is_empty(address):
            raise TooManyFailures(self._failures.wait_s(address))

    def failed(self, address: str) -> Unauthenticated | TooManyFailures:
        """What is said to an address whose credential is not valid; it is counted."""
        if self._failures.take(address):
            return Unauthenticated()
        return TooManyFailures(self._failures.wait_s(address))

    def forget(self, subject: str) -> None:
        """Finds out anew what this caller may, if anything, at the next request."""
        # What is being looked up now may have been read before that.
        self._times_forgotten += 1
        for digest in [each for each, found in self._remembered.items() if found.principal.subject == subject]:
            del self._remembered[digest]

    async def _holder(self, credential: str) -> Principal | None:
        """Whose key it is; None where it is no key that can be used."""
        parts = parse_key(credential)
        if parts is None:
            return None
        begin_s, times_forgotten = time.monotonic(), self._times_forgotten
        key = await to_thread.run_sync(self.keys.find, parts[0], limiter=self._lookups)
        if key is None or not key.has_secret(parts[1]) or not key.is_usable(self._clock.now()):
            return None
        principal = Principal(subject=key.subject, issuer=None, grants=(key.grant,))
        if times_forgotten == self._times_forgotten:
            self._remember(credential, principal, begin_s + KEY_REMEMBERED_S)
        return principal

    async def _bearer(self, credential: str, address: str) -> Principal | None:
        """Whose token it is; None where it is no valid one. An address that failed too often is not given the work."""
        source = self.token_source
        if source is None:
            return None
        if _digest_of(credential) not in self._remembered:
            self.refuse_flood(address)
        try:
            principal, token = await to_thread.run_sync(_verified, source, credential, limiter=self._lookups)
        except InvalidTokenError:
            return None
        except KeysUnknownError:
            raise IssuerUnavailable from None
        good_for_s = token.expires_at_s - self._clock.now().timestamp()
        self._remember(credential, principal, time.monotonic() + min(TOKEN_REMEMBERED_S, good_for_s))
        return principal

    def _remember(self, credential: str, principal: Principal, until_s: float) -> None:
        digest = _digest_of(credential)
        self._remembered[digest] = _Remembered(principal, until_s)
        self._remembered.move_to_end(digest)
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)


def credential_of(request: Request) -> str | None:
    """What the request says after `Authorization: Bearer`; empty where it says something else, None for nothing."""
    for name, value in request.scope["headers"]:
        if name == b"authorization":
            text: str = value.decode("latin-1")
            return text[len(_SCHEME) :].strip() if text[: len(_SCHEME)].lower() == _SCHEME else ""
    return None


def address_of(request: Request) -> str:
    """Where the request comes from, as the peer or our own proxy says; of an IPv6 address its network."""
    client = request.scope.get("client")
    trusted_proxy: str = request.app.state.services.settings.trusted_proxy
    host = told_address(client[0] if client else "", request.scope["headers"], trusted_proxy)
    if ":" not in host:
        return host
    try:
        return str(ipaddress.ip_network((host, _IPV6_NETWORK_BITS), strict=False))
    except ValueError:
        return host


def _refuse_foreign_host(request: Request) -> None:
    """Returns when the request names this machine, or no host, which a browser never leaves out.

    Nor may it come from a page of another: a browser sends what such a page wants, and says whose page it is.

    Raises:
        ForeignHost: it does.
    """
    for name, value in request.scope["headers"]:
        if name == b"host" and not is_addressed_to_this_machine(value):
            raise ForeignHost
        if name == b"origin" and not is_addressed_to_this_machine(value.rpartition(b"//")[2]):
            raise ForeignHost


def _verified(source: TokenSource, credential: str) -> tuple[Principal, VerifiedToken]:
    token = source.tokens.verify(credential)
    subject = source.pseudonyms.of(token.issuer, token.subject)
    grants = source.grants.of(token.groups)
    return Principal(subject=subject, issuer=token.issuer, grants=grants), token


def _digest_of(credential: str) -> bytes:
    """Under what it is remembered: the credential itself is not kept in memory."""
    return hashlib.sha256(credential.encode()).digest()
