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

from sqlalchemy import Connection, RowMapping, delete, insert, select
from sqlalchemy.exc import IntegrityError

from adapters.access.acts import acting
from adapters.access.tables import deployment_secret, pseudonym
from adapters.database import Database
from adapters.event_log.encoding import LAST_INSTANT_US, instant_of, microseconds
from adapters.stored_types import is_of_type
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


class PseudonymAlteredError(Exception):
    """The row of a pseudonym names somebody whom it does not stand for: it was put there by somebody else."""


class Pseudonyms:
    """The pseudonyms of a deployment. What a method returns is durable."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._secret: bytes | None = None

    def of(self, issuer: str, subject: str) -> str:
        """The pseudonym of a subject; from now on it is known whom it stands for."""
        name = pseudonym_of(self._deployment_secret(), issuer, subject)
        # Looked up each time: another process may have erased it since.
        with self._database.access_reader.begin() as connection:
            is_kept = connection.scalar(select(pseudonym.c.pseudonym).where(pseudonym.c.pseudonym == name)) is not None
        if not is_kept:
            self._keep(name, issuer, subject)
        return name

    def find(self, name: str) -> Person | None:
        """Whom a pseudonym stands for; None where that is not known (any more).

        Raises:
            PseudonymAlteredError: see there.
        """
        with self._database.access_reader.begin() as connection:
            return self._person(connection, name)

    def tell(self, name: str, by: Act) -> Person | None:
        """The same for whoever asks, and it is written down that they did; None is not written down.

        Raises:
            AccessLogUnavailable: it could not be.
            PseudonymAlteredError: see there; nothing is written down.
        """
        with acting(self._database) as transaction:
            person = self._person(transaction.connection, name)
            if person is not None:
                transaction.say(administered(by, PSEUDONYM_SHOWN, name), self._clock.now())
            return person

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

    def _person(self, connection: Connection, name: str) -> Person | None:
        row = connection.execute(select(pseudonym).where(pseudonym.c.pseudonym == name)).mappings().one_or_none()
        if row is None:
            return None
        if not is_true(stored_secret(connection), row):
            raise PseudonymAlteredError
        return _person_of(row)

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
            self._secret = self._read_secret() or self._made_secret()
        return self._secret

    def _made_secret(self) -> bytes:
        self._insert_unless_there(deployment_secret, {"name": _NAME, "secret": secrets.token_bytes(_SECRET_BYTES)})
        stored = self._read_secret()
        assert stored is not None
        return stored

    def _read_secret(self) -> bytes | None:
        with self._database.access_reader.begin() as connection:
            return stored_secret(connection)

    def _insert_unless_there(self, table: Any, row: Mapping[str, Any]) -> None:
        """Another process may have been quicker: then its row is the one."""
        try:
            with self._database.access_writer.begin() as connection:
                connection.execute(insert(table), row)
        except IntegrityError:
            return


def pseudonym_of(secret: bytes, issuer: str, subject: str) -> str:
    """The one pseudonym of a subject under a deployment's secret."""
    content = f"{len(issuer)}:{issuer}{subject}".encode()
    return f"oidc:{hmac.new(secret, content, hashlib.sha256).hexdigest()[:_LENGTH]}"


def is_true(secret: bytes | None, row: RowMapping) -> bool:
    """Whether the pseudonym of a row is that of the subject in it, seen at an instant; without the secret it is not."""
    if secret is None or not 0 <= row["first_seen_at_us"] <= LAST_INSTANT_US:
        return False
    return bool(pseudonym_of(secret, row["issuer"], row["subject"]) == row["pseudonym"])


def strange_secrets(connection: Connection) -> list[str]:
    """Names of what is kept beside that secret: nothing makes or reads any other."""
    name = deployment_secret.c.name
    return list(connection.scalars(select(name).where(name != _NAME, is_of_type(name)).order_by(name)))


def stored_secret(connection: Connection) -> bytes | None:
    """The secret that pseudonyms are made with; None before the first."""
    secret: bytes | None = connection.scalar(
        select(deployment_secret.c.secret).where(deployment_secret.c.name == _NAME)
    )
    return secret


def _person_of(row: RowMapping) -> Person:
    return Person(
        pseudonym=row["pseudonym"],
        issuer=row["issuer"],
        subject=row["subject"],
        first_seen_at=instant_of(row["first_seen_at_us"]),
    )
