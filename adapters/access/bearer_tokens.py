"""Bearer tokens: signed JWTs of one issuer, for one audience, by a fixed list of algorithms."""

import json
from collections.abc import Mapping
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry
from joserfc.util import urlsafe_b64decode

from adapters.access.issuer_keys import IssuerKeys
from adapters.access.verified_token import InvalidTokenError, TokenRules, VerifiedToken
from domain.ports import Clock
from domain.shape import characters_problem

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""All of them are verified with a public key: none lets who can verify also sign."""
TYPES: Final = ("jwt", "at+jwt")
"""What a token may say that it is, if it says so (RFC 7519 section 5.1, RFC 9068 section 2.1): one that the issuer
signed to say that somebody logged out lets nobody in. Letters of either case; before it `application/` may stand."""
LOGOUT_CLAIM: Final = "events"
"""What a token has that says that somebody logged out, also where it does not say of which type it is (OpenID Connect
Back-Channel Logout 1.0 section 2.4)."""
KEY_CLAIM: Final = "cnf"
"""What a token has that is good only with a proof of a key (RFC 7800 section 3.1). No proof is asked for here: whoever
stole such a token would get in."""
MAX_TOKEN_LENGTH: Final = 16 * 1024
_MAX_HEADER_LENGTH: Final = 4 * 1024
_MAX_SUBJECT_LENGTH: Final = 255
"""As OpenID Connect says of `sub`."""
_LATEST_END_S: Final = 253_402_300_799
"""The end of the year 9999, the last that a clock can show."""


class BearerTokens:
    """Verifies tokens. May be used from any thread."""

    def __init__(self, rules: TokenRules, keys: IssuerKeys, clock: Clock) -> None:
        self._rules = rules
        self._keys = keys
        self._clock = clock
        self._registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        self._registry.max_header_length = _MAX_HEADER_LENGTH

    def verify(self, text: str) -> VerifiedToken:
        """What the token says.

        Raises:
            InvalidTokenError: it is none, of another type, issuer or audience, too early, too late, or wrongly signed.
            KeysUnknownError: the issuer's keys were never read.
        """
        if len(text) > MAX_TOKEN_LENGTH:
            raise InvalidTokenError
        try:
            _refuse_double_names(text)
            token = jwt.decode(text, self._key_of, algorithms=ALGORITHMS, registry=self._registry)
            _refuse_other_type(token.header)
            self._claims_registry().validate(token.claims)
            return self._read(token.claims)
        except (JoseError, ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
            # A stranger writes what is read here: whatever is wrong with it, it is no token.
            raise InvalidTokenError from error

    def _key_of(self, token: Any) -> KeySet:
        key_id = token.headers().get("kid")
        return self._keys.holding(key_id if isinstance(key_id, str) else None)

    def _claims_registry(self) -> JWTClaimsRegistry:
        return JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=self._rules.leeway_s,
            iss={"essential": True, "value": self._rules.issuer},
            aud={"essential": True, "value": self._rules.audience},
            sub={"essential": True},
            exp={"essential": True},
        )

    def _read(self, claims: Mapping[str, Any]) -> VerifiedToken:
        if LOGOUT_CLAIM in claims or KEY_CLAIM in claims or claims["exp"] > _LATEST_END_S:
            raise InvalidTokenError
        subject: str = claims["sub"]
        if not 1 <= len(subject) <= _MAX_SUBJECT_LENGTH or characters_problem(subject):
            raise InvalidTokenError
        return VerifiedToken(
            issuer=self._rules.issuer,
            subject=subject,
            groups=_groups_of(claims.get(self._rules.group_claim)),
            expires_at_s=float(claims["exp"]) + self._rules.leeway_s,
        )


def _refuse_double_names(text: str) -> None:
    """Of a name that stands twice two readers may see different values. Source: RFC 7519, section 4.

    Raises: InvalidTokenError, ValueError, RecursionError.
    """
    for part in text.encode().split(b".")[:2]:
        json.loads(urlsafe_b64decode(part), object_pairs_hook=_with_single_names)


def _with_single_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise InvalidTokenError
    return members


def _refuse_other_type(header: Mapping[str, Any]) -> None:
    """Raises: InvalidTokenError."""
    given = header.get("typ", TYPES[0])
    if not isinstance(given, str) or given.lower().removeprefix("application/") not in TYPES:
        raise InvalidTokenError


def _groups_of(claim: Any) -> frozenset[str]:
    given = [claim] if isinstance(claim, str) else claim
    return frozenset(each for each in given if isinstance(each, str)) if isinstance(given, list) else frozenset()
