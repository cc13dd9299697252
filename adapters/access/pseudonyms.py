"""Pseudonyms of the subjects of an issuer: what is recorded of who may be a person.

A pseudonym is an HMAC under a secret of this deployment, so one subject has the same one always, and nobody without the
secret can tell it from a subject. Whom it stands for is kept beside the log, and can be erased.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, delete, insert, select
from sqlalchemy.exc import IntegrityError

from adapters.access.acts import acting
from adapters.access.tables import deployment_secret, pseudonym
from adapters.database import Database
from adapters.event_log.encoding import instant_of, microseconds
from domain.access_log import PSEUDONYM_ERASED, PSEUDONYM_SHOWN, Act, administered
from domain.ports import Clock

_NAME: Final = "pseudonyms"
_SECRET_BYTES: Final = 32
_LENGTH: Final = 32
"""Hexadecimal digits of a pseudonym: 128 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom a pseudonym stands for."""

    pseudonym: str
    issuer: str
    subject: str
    first_seen_at: datetime


class Pseudonyms:
    """The pseudonyms of a deployment. What a method returns is durable."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._secret: bytes | None = None

    def of(self, issuer: str, subject: str) -> str:
        """The pseudonym of a subject; from now on it is known whom it stands for."""
        content = f"{len(issuer)}:{issuer}{subject}".encode()
        digest = hmac.new(self._deployment_secret(), content, hashlib.sha256).hexdigest()
        name = f"oidc:{digest[:_LENGTH]}"
        # Looked up each time: another process may have erased it since.
        if self.find(name) is None:
            self._keep(name, issuer, subject)
        return name

    def find(self, name: str) -> Person | None:
        """Whom a pseudonym stands for; None where that is not known (any more)."""
        with self._database.access_reader.begin() as connection:
            row = connection.execute(select(pseudonym).where(pseudonym.c.pseudonym == name)).mappings().one_or_none()
        return None if row is None else _person_of(row)

    def tell(self, name: str, by: Act) -> Person | None:
        """The same for whoever asks, and it is written down that they did; None is not written down.

        Raises:
            AccessLogUnavailable: it could not be.
        """
        with acting(self._database) as transaction:
            wanted = select(pseudonym).where(pseudonym.c.pseudonym == name)
            row = transaction.connection.execute(wanted).mappings().one_or_none()
            if row is None:
                return None
            transaction.say(administered(by, PSEUDONYM_SHOWN, name), self._clock.now())
            return _person_of(row)

    def erase(self, name: str, by: Act) -> bool:
        """Whether it was known whom it stands for; now it is not, until the subject comes again.

        Raises:
            AccessLogUnavailable: it could not be written down, so nothing was done.
        """
        with acting(self._database) as transaction:
            erased = transaction.connection.execute(delete(pseudonym).where(pseudonym.c.pseudonym == name))
            if erased.rowcount != 1:
                return False
            transaction.say(administered(by, PSEUDONYM_ERASED, name), self._clock.now())
            return True

    def _keep(self, name: str, issuer: str, subject: str) -> None:
        row = {
            "pseudonym": name,
            "issuer": issuer,
            "subject": subject,
            "first_seen_at_us": microseconds(self._clock.now()),
        }
        self._insert_unless_there(pseudonym, row)

    def _deployment_secret(self) -> bytes:
        if self._secret is None:
            self._secret = self._stored_secret() or self._made_secret()
        return self._secret

    def _made_secret(self) -> bytes:
        self._insert_unless_there(deployment_secret, {"name": _NAME, "secret": secrets.token_bytes(_SECRET_BYTES)})
        stored = self._stored_secret()
        assert stored is not None
        return stored

    def _stored_secret(self) -> bytes | None:
        wanted = select(deployment_secret.c.secret).where(deployment_secret.c.name == _NAME)
        with self._database.access_reader.begin() as connection:
            secret: bytes | None = connection.scalar(wanted)
        return secret

    def _insert_unless_there(self, table: Any, row: Mapping[str, Any]) -> None:
        """Another process may have been quicker: then its row is the one."""
        try:
            with self._database.access_writer.begin() as connection:
                connection.execute(insert(table), row)
        except IntegrityError:
            return


def _person_of(row: RowMapping) -> Person:
    return Person(
        pseudonym=row["pseudonym"],
        issuer=row["issuer"],
        subject=row["subject"],
        first_seen_at=instant_of(row["first_seen_at_us"]),
    )
