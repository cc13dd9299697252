"""The first administrator's key: made once, with a token that only whoever started the service has seen."""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, insert

from adapters.access.api_keys import MadeKey, NewKey, create_key
from adapters.access.tables import setup_token
from adapters.database import Database
from adapters.event_log.encoding import microseconds
from domain.access import Grant, Role
from domain.ports import Clock

GOOD_FOR: Final = timedelta(hours=24)
SUBJECT: Final = "setup"
"""Who made the first key."""
_TOKEN_BYTES: Final = 32


class SetupTokens:
    """At most one token is good at a time: a new one takes the place of the one before."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def issue(self) -> str:
        """A new token, of which only a hash is kept."""
        token = f"setup_{secrets.token_urlsafe(_TOKEN_BYTES)}"
        expires_at = microseconds(self._clock.now() + GOOD_FOR)
        with self._database.access_writer.begin() as connection:
            connection.execute(delete(setup_token))
            connection.execute(insert(setup_token), {"token_hash": _hash_of(token), "expires_at_us": expires_at})
        return token

    def use(self, token: str) -> MadeKey | None:
        """The first administrator's key; None where the token is not good.

        Of any number of callers that use a token at once, in any number of processes, one gets a key.
        """
        now = self._clock.now()
        good = (setup_token.c.token_hash == _hash_of(token)) & (setup_token.c.expires_at_us > microseconds(now))
        with self._database.access_writer.begin() as connection:
            # Whoever takes the row out has used the token: a second one waits here, and then finds none.
            if connection.execute(delete(setup_token).where(good)).rowcount != 1:
                return None
            return create_key(connection, NewKey(grant=Grant(role=Role.ADMIN)), SUBJECT, now)


def _hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
