"""What a token must say, what it says, and why one is not taken; without the library that verifies them.

A service without an issuer never loads that: it takes three megabytes of each process.
"""

from dataclasses import dataclass


class InvalidTokenError(Exception):
    """The token is not one of the issuer for us, now."""


class KeysUnknownError(Exception):
    """The issuer's keys were never read: whether a token is valid cannot be told now."""


class UnusableKeySourceError(ValueError):
    """The source of the issuer's keys can be none; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """What a token must say. `leeway_s`: how far clocks may differ. `group_claim`: where its groups stand."""

    issuer: str
    audience: str
    group_claim: str
    leeway_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedToken:
    """What a valid token says. `expires_at_s`: seconds since 1970, the leeway included."""

    issuer: str
    subject: str
    groups: frozenset[str]
    expires_at_s: float
