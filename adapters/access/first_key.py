"""The first administrator's key: made once, with a token that only whoever started the service has seen."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, insert, select

from adapters.access.acts import acting
from adapters.access.api_keys import MadeKey, NewKey, create_key, is_any_key_usable
from adapters.access.tables import setup_token
from adapters.database import Database
from adapters.event_log.encoding import microseconds
from domain.access import Grant, Role
from domain.access_log import Act
from domain.command import Actor
from domain.ports import Clock

GOOD_FOR: Final = timedelta(hours=24)
SUBJECT: Final = "setup"
"""Who made the first key."""
_TOKEN_BYTES: Final = 32


class SetupTokens:
    """At most one token is good at a time, and none while any key can be used: a new one replaces the one before."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def issue(self) -> str | None:
        """A new token, of which only a hash is kept; None where somebody could come in with a key."""
        token = f"setup_{secrets.token_urlsafe(_TOKEN_BYTES)}"
        now = self._clock.now()
        row = {"token_hash": _hash_of(token), "expires_at_us": microseconds(now + GOOD_FOR)}
        with self._database.access_writer.begin() as connection:
            if is_any_key_usable(connection, now):
                return None
            connection.execute(delete(setup_token))
            connection.execute(insert(setup_token), row)
        return token

    def use(self, token: str, action: str, address: str | None) -> MadeKey | None:
        """The first administrator's key; None where the token is not good, or somebody could come in with a key.

        Of any number of callers that use a token at once, in any number of processes, one gets a key. It is written
        down by which action and from what address.

        Raises:
            AccessLogUnavailable: it could not be written down, so there is no key, and the token is good still.
        """
        now = self._clock.now()
        good = _is_good(token, now)
        if not self._is_there(good):
            # Whoever guesses holds up nobody who writes.
            return None
        by = Act(actor=Actor(subject=SUBJECT, issuer=None, role=Role.ADMIN), action=action, address=address)
        with acting(self._database) as transaction:
            if is_any_key_usable(transaction.connection, now):
                return None
            # Whoever takes the row out has used the token: a second one waits before this, and then finds none.
            if transaction.connection.execute(delete(setup_token).where(good)).rowcount != 1:
                return None
            return create_key(transaction, NewKey(grant=Grant(role=Role.ADMIN)), by, now)

    def is_any_good(self) -> bool:
        """Whether there is a token with which the first key can be made now."""
        now = self._clock.now()
        unexpired = select(setup_token.c.token_hash).where(_is_unexpired(now))
        with self._database.access_reader.begin() as connection:
            return connection.execute(unexpired).first() is not None and not is_any_key_usable(connection, now)

    def _is_there(self, good: ColumnElement[bool]) -> bool:
        with self._database.access_reader.begin() as connection:
            return connection.execute(select(setup_token.c.token_hash).where(good)).first() is not None


def outlasts(expires_at_us: int, now: datetime) -> bool:
    """Whether no token that this version makes could be good until then, even by a clock that is a day ahead."""
    return expires_at_us > microseconds(now + 2 * GOOD_FOR)


def _is_good(token: str, now: datetime) -> ColumnElement[bool]:
    return (setup_token.c.token_hash == _hash_of(token)) & _is_unexpired(now)


def _is_unexpired(now: datetime) -> ColumnElement[bool]:
    return setup_token.c.expires_at_us > microseconds(now)


def _hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
