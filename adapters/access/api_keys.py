"""API keys: `ft_<id>_<secret>`, of which only a hash of the secret is kept."""

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from adapters.access.acts import ActTransaction, acting
from adapters.access.key_records import SUBJECT_BEGIN, KeyRecords, rights_of, secret_figure
from adapters.access.tables import api_key, setup_token
from adapters.database import Database
from adapters.event_log.encoding import instant_of, microseconds
from adapters.stored_types import is_of_type
from domain.access import Grant, Role
from domain.access_log import KEY_CREATED, KEY_REVOKED, Act, administered
from domain.ports import Clock

SECRET_BYTES: Final = 32
_ID_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
_ID_LENGTH: Final = 12
_KEY_ID: Final = re.compile(r"[a-z2-7]{12}\Z")
_KEY: Final = re.compile(r"ft_([a-z2-7]{12})_([A-Za-z0-9_-]{43})\Z")
"""43 characters of base64 hold 32 bytes."""

_READABLE: Final = select(api_key).where(is_of_type(*api_key.c))
"""A row with values of other types is no key: nobody comes in with it, and `fundtrail verify` names it."""

_logger = structlog.get_logger(__name__)


class UnknownKeyError(LookupError):
    """There is no key of that id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """What a key is to be. `label` is an id that tells keys apart, never a person's name; `expires_at` None: never."""

    grant: Grant
    label: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it is kept. Instants are in UTC; `revoked_at` is None while it may be used, `expires_at` if for ever.

    `is_as_recorded`: the access log says the same of it.
    """

    key_id: str
    secret_hash: bytes
    label: str | None
    grant: Grant
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None
    is_as_recorded: bool = True

    @property
    def subject(self) -> str:
        """What is recorded of whoever uses it."""
        return subject_of_key(self.key_id)

    def is_usable(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired, nor otherwise than the access log says."""
        lasts = self.expires_at is None or now < self.expires_at
        return self.is_as_recorded and self.revoked_at is None and lasts

    def has_secret(self, secret: str) -> bool:
        """Whether it is the key's secret; takes the same time whatever is wrong."""
        return hmac.compare_digest(hash_of(secret), self.secret_hash)


class MadeKey(NamedTuple):
    """A key that was just made, and its text: nobody can be told that again."""

    key: ApiKey
    text: str


def parse_key(text: str) -> tuple[str, str] | None:
    """The id and the secret in the text of a key; None where it is none."""
    found = _KEY.match(text)
    return None if found is None else (found[1], found[2])


def subject_of_key(key_id: str) -> str:
    """What is recorded of whoever uses the key of an id."""
    return f"{SUBJECT_BEGIN}{key_id}"


def hash_of(secret: str) -> bytes:
    """What is stored of a secret. It is random and long, so nothing slower would make it safer."""
    return hashlib.sha256(secret.encode()).digest()


class ApiKeys:
    """The keys of a database. What a method returns is durable."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._records = KeyRecords()
        self._reading = threading.Lock()

    def find(self, key_id: str) -> ApiKey | None:
        """The key of an id, as it is now, usable or not."""
        return self._found(key_id)

    def every(self) -> list[ApiKey]:
        """All keys, by the time they were made."""
        with self._database.access_reader.begin() as connection:
            rows = connection.execute(_READABLE.order_by(api_key.c.created_at_us, api_key.c.key_id)).mappings().all()
            return self._compared(connection, rows)

    def is_any_usable(self) -> bool:
        """Whether somebody could come in with a key."""
        with self._database.access_reader.begin() as connection:
            return is_any_key_usable(connection, self._clock.now())

    def create(self, new: NewKey, by: Act) -> MadeKey:
        """Makes a key; a setup token that was not used yet is good for nothing any more.

        Raises:
            AccessLogUnavailable: it could not be written down, so there is no key.
        """
        with acting(self._database) as transaction:
            return create_key(transaction, new, by, self._clock.now())

    def revoke(self, key_id: str, by: Act) -> ApiKey:
        """The key, which can be used no longer; one that was revoked before stays as it is.

        Raises:
            UnknownKeyError: there is none.
            AccessLogUnavailable: it could not be written down, so nothing was done.
        """
        if not _KEY_ID.match(key_id):
            raise UnknownKeyError
        now = self._clock.now()
        revoked = {"revoked_at_us": microseconds(now), "revoked_by": by.actor.subject}
        standing = (api_key.c.key_id == key_id) & api_key.c.revoked_at_us.is_(None)
        with acting(self._database) as transaction:
            connection = transaction.connection
            connection.execute(update(api_key).where(standing).values(revoked))
            if connection.execute(select(api_key.c.key_id).where(api_key.c.key_id == key_id)).first() is None:
                raise UnknownKeyError
            transaction.say(administered(by, KEY_REVOKED, subject_of_key(key_id)), now)
        key = self._found(key_id)
        if key is None:
            raise UnknownKeyError
        return key

    def _found(self, key_id: str) -> ApiKey | None:
        with self._database.access_reader.begin() as connection:
            rows = connection.execute(_READABLE.where(api_key.c.key_id == key_id)).mappings().all()
            found = self._compared(connection, rows)
        return found[0] if found else None

    def _compared(self, connection: Connection, rows: Sequence[RowMapping]) -> list[ApiKey]:
        """The keys of rows, each held against the access log; without such as no key can be."""
        if not rows:
            return []
        with self._reading:
            self._records.read_on(connection)
            said = [list(self._records.differences(dict(row))) for row in rows]
        keys = []
        for row, differences in zip(rows, said, strict=True):
            if differences:
                _logger.error("key-not-as-recorded", key_id=row["key_id"], differences=differences)
            # Whoever wrote it past the service may have written anything.
            with suppress(ValueError, OverflowError):
                keys.append(replace(_key_of(row), is_as_recorded=not differences))
        return keys


def is_any_key_usable(connection: Connection, now: datetime) -> bool:
    """Whether somebody could come in with a key."""
    columns = api_key.c
    lasting = columns.expires_at_us.is_(None) | (columns.expires_at_us > microseconds(now))
    usable = select(columns.key_id).where(columns.revoked_at_us.is_(None), lasting, is_of_type(*columns)).limit(1)
    return connection.execute(usable).first() is not None


def create_key(transaction: ActTransaction, new: NewKey, by: Act, now: datetime) -> MadeKey:
    """Makes a key in a transaction, and says so there."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    key = ApiKey(
        key_id="".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH)),
        secret_hash=hash_of(secret),
        label=new.label,
        grant=new.grant,
        created_at=now,
        created_by=by.actor.subject,
        expires_at=new.expires_at,
        revoked_at=None,
        revoked_by=None,
    )
    row = _row_of(key)
    transaction.connection.execute(insert(api_key), row)
    transaction.connection.execute(delete(setup_token))
    figures = rights_of(row) | secret_figure(key.secret_hash)
    transaction.say(administered(by, KEY_CREATED, key.subject, figures), now)
    return MadeKey(key, f"ft_{key.key_id}_{secret}")


def _row_of(key: ApiKey) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "secret_hash": key.secret_hash,
        "label": key.label,
        "role": key.grant.role.value,
        "ledgers": _text_of(key.grant.ledgers),
        "units": _text_of(key.grant.units),
        "created_at_us": microseconds(key.created_at),
        "created_by": key.created_by,
        "expires_at_us": None if key.expires_at is None else microseconds(key.expires_at),
    }


def _key_of(row: RowMapping) -> ApiKey:
    return ApiKey(
        key_id=row["key_id"],
        secret_hash=row["secret_hash"],
        label=row["label"],
        grant=Grant(role=Role(row["role"]), ledgers=_ids_of(row["ledgers"]), units=_ids_of(row["units"])),
        created_at=instant_of(row["created_at_us"]),
        created_by=row["created_by"],
        expires_at=_instant_or_none(row["expires_at_us"]),
        revoked_at=_instant_or_none(row["revoked_at_us"]),
        revoked_by=row["revoked_by"],
    )


def _text_of(ids: frozenset[str] | None) -> str | None:
    return None if ids is None else " ".join(sorted(ids))


def _ids_of(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(text.split())


def _instant_or_none(microseconds_since_1970: int | None) -> datetime | None:
    return None if microseconds_since_1970 is None else instant_of(microseconds_since_1970)
