"""Putting together what callers are identified by, from the settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from adapters.access.api_keys import ApiKeys
from adapters.access.group_grants import UnusableGrantFileError, read_grants
from adapters.access.pseudonyms import Pseudonyms
from adapters.access.verified_token import TokenRules, UnusableKeySourceError
from adapters.database import Database
from api.callers import Callers, TokenSource
from api.recurring import recurring
from api.settings import Settings
from domain.ports import Clock

RENEW_EVERY_S: Final = 600.0
"""How long a key that the issuer withdrew may still be taken."""


class UnusableIdentityError(ValueError):
    """The settings name an issuer of tokens, and not all that its tokens are verified by."""


def callers_of(settings: Settings, database: Database, clock: Clock) -> Callers:
    """What tells who calls.

    Raises:
        UnusableIdentityError: see there.
    """
    is_open = settings.auth == "off"
    source = None if is_open else _token_source(settings, database, clock)
    return Callers(ApiKeys(database, clock), clock, source, is_open=is_open)


@contextmanager
def keys_renewed(callers: Callers) -> Iterator[None]:
    """Reads the issuer's keys now and then while the block runs."""
    if callers.token_source is None:
        yield
        return
    with recurring("issuer-keys", callers.token_source.keys.renew, RENEW_EVERY_S, at_once=True):
        yield


def _token_source(settings: Settings, database: Database, clock: Clock) -> TokenSource | None:
    given = {
        "FUNDTRAIL_OIDC_ISSUER": settings.oidc_issuer,
        "FUNDTRAIL_OIDC_AUDIENCE": settings.oidc_audience,
        "FUNDTRAIL_OIDC_KEYS": settings.oidc_keys,
        "FUNDTRAIL_OIDC_GRANTS": settings.oidc_grants,
    }
    if not any(given.values()):
        return None
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise UnusableIdentityError(f"to take tokens of an issuer, {' and '.join(missing)} must be set as well")
    rules = TokenRules(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        group_claim=settings.oidc_group_claim,
        leeway_s=settings.oidc_leeway_s,
    )
    # Only here: see `verified_token`.
    from adapters.access.bearer_tokens import BearerTokens  # noqa: PLC0415 (see above)
    from adapters.access.issuer_keys import IssuerKeys  # noqa: PLC0415 (the same)

    try:
        grants, keys = read_grants(Path(settings.oidc_grants)), IssuerKeys(settings.oidc_keys)
    except (UnusableGrantFileError, UnusableKeySourceError) as error:
        raise UnusableIdentityError(str(error)) from error
    pseudonyms = Pseudonyms(database, clock)
    return TokenSource(tokens=BearerTokens(rules, keys, clock), keys=keys, grants=grants, pseudonyms=pseudonyms)
