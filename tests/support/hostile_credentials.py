"""What is sent as `Authorization` by who has no credential, or one that is good no longer."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import insert

from adapters.access.api_keys import ApiKeys, NewKey, hash_of
from adapters.access.tables import setup_token
from adapters.clock import SystemClock
from api.request_head import MAX_HEAD_BYTES
from domain.access import Grant, Role
from tests.support.command_line import CommandLine
from tests.support.hostile import CANARY
from tests.support.hostile_tokens import hostile_tokens
from tests.support.identified import by, key_by_command
from tests.support.issuer import Issuer
from tests.support.whole_log import opened

LONG_AGO: Final = datetime(2020, 1, 10, tzinfo=UTC)
_LONG_HENCE_US: Final = 4_000_000_000_000_000
_NO_SECRET: Final = "A" * 43
_SETUP: Final = "setup_" + "Ab3_-" * 8 + "xyz"

Values = tuple[bytes, ...]
"""One for each `Authorization` header of a request."""


@dataclass(frozen=True)
class Credentials:
    """What a database knows: keys of each kind, good and not good any more, and the token of a first start."""

    approver: str
    auditor: str
    admin: str
    revoked: str
    expired: str
    setup: str


def credentials_of(database_url: str, folder: Path) -> Credentials:
    """Keys as `fundtrail keys create` makes them; one that is too old it does not make, nor a token beside keys.

    Beside keys that can be used a token is good for nothing, and stays.
    """
    approver, auditor, admin, revoked = (
        key_by_command(database_url, folder, role) for role in (Role.APPROVER, Role.AUDITOR, Role.ADMIN, Role.APPROVER)
    )
    assert CommandLine(database_url, folder)("keys", "revoke", revoked.split("_")[1]).code == 0
    with opened(database_url) as database:
        new = NewKey(grant=Grant(role=Role.APPROVER), expires_at=LONG_AGO)
        expired = ApiKeys(database, SystemClock()).create(new, by("test")).text
        with database.access_writer.begin() as connection:
            connection.execute(insert(setup_token), {"token_hash": hash_of(_SETUP), "expires_at_us": _LONG_HENCE_US})
    return Credentials(approver, auditor, admin, revoked, expired, _SETUP)


def hostile_credentials(known: Credentials, issuer: Issuer, now_s: int) -> Iterator[tuple[str, Values]]:
    """By name, what must not let anybody in."""
    yield from ((name, (value,)) for name, value in _no_bearers(known.approver).items())
    yield from ((f"a key that is {name}", (_bearer(text),)) for name, text in _no_keys(known).items())
    yield from ((name, (_bearer(text),)) for name, text in hostile_tokens(issuer, now_s))
    good = _bearer(known.approver)
    yield "a good key twice", (good, good)
    yield "a good key, then another", (good, _bearer(known.admin))
    yield "a good key, then nothing", (good, b"")
    yield "a bad key, then a good one", (_bearer(CANARY), good)
    yield "a hundred headers", (good,) * 100


def hostile_setups(token: str) -> dict[str, bytes]:
    """Bodies for the address of the first start, by name, while there are keys: not even its token is good."""
    return {
        "its token": f'{{"token": "{token}"}}'.encode(),
        "another token": f'{{"token": "setup_{_NO_SECRET}"}}'.encode(),
        "half of it": f'{{"token": "{token[:30]}"}}'.encode(),
        "something after it": f'{{"token": "{token}{CANARY}"}}'.encode(),
        "in capitals": f'{{"token": "{token.swapcase()}"}}'.encode(),
        "in a list": f'{{"token": ["{token}"]}}'.encode(),
        "in an object": f'{{"token": {{"token": "{token}"}}}}'.encode(),
        "twice": f'{{"token": "{token}", "token": "{token}"}}'.encode(),
        "under another name": f'{{"Token": "{token}"}}'.encode(),
        "with a NUL": f'{{"token": "{token}\\u0000"}}'.encode(),
        "with half a character": f'{{"token": "{token}\\ud800"}}'.encode(),
        "every token": f'{{"token": "{CANARY}\' OR 1=1 --"}}'.encode(),
        "one that is too long": f'{{"token": "{"s" * 100_000}"}}'.encode(),
        "with something else": f'{{"token": "{token}", "role": "admin"}}'.encode(),
        "as a form": f"token={token}".encode(),
        "null": b'{"token": null}',
    }


def _bearer(text: str) -> bytes:
    return b"Bearer " + text.encode()


def _no_bearers(key: str) -> dict[str, bytes]:
    """Not the form in which a credential is shown, though a good key be in it."""
    return {
        "nothing": b"",
        "Bearer alone": b"Bearer",
        "Bearer and a space": b"Bearer ",
        "a key without a scheme": key.encode(),
        "the scheme after the key": f"{key} Bearer".encode(),
        "the scheme twice": f"Bearer Bearer {key}".encode(),
        "a scheme with a colon": f"Bearer: {key}".encode(),
        "a scheme with an equals sign": f"Bearer={key}".encode(),
        "a scheme and a tab": f"Bearer\t{key}".encode(),
        "the scheme Basic": b"Basic " + base64.b64encode(f"{key}:".encode()),
        "the scheme Basic with a key": f"Basic {key}".encode(),
        "the scheme Digest": f'Digest username="{CANARY}", realm="", nonce="", uri="/", response=""'.encode(),
        "the scheme Negotiate": b"Negotiate " + b"YIIZ" * 1_000,
        "the scheme Token": f"Token {key}".encode(),
        "a scheme that nobody knows": f"{CANARY} {key}".encode(),
        "two keys with a comma": f"Bearer {key}, Bearer {key}".encode(),
        "a key in quotes": f'Bearer "{key}"'.encode(),
        "a key in percents": b"Bearer " + b"".join(b"%%%02X" % each for each in key.encode()),
        "Latin-1": b"Bearer \xe9\xff\xfe",
        "Chinese": f"Bearer {CANARY}密钥".encode(),
        "broken UTF-8": b"Bearer \xed\xa0\x80\xc0\xaf",
        "a bidi override": f"Bearer \u202e{key}".encode(),
        "a NUL": f"Bearer {key}\0".encode(),
        "an escape": b"Bearer \x1b[2J",
        "a carriage return": f"Bearer\r {key}".encode(),
        "20,000 letters": _bearer(CANARY * 4_000),
        "more than a head may hold": _bearer("A" * MAX_HEAD_BYTES),
        "200,000 letters": _bearer("A" * 200_000),
    }


def _no_keys(known: Credentials) -> dict[str, str]:
    """In the form of a key, or nearly."""
    _, key_id, secret = known.approver.split("_", 2)
    other = "B" if secret[0] == "A" else "A"
    return {
        "revoked": known.revoked,
        "expired": known.expired,
        "nobody's": f"ft_aaaaaaaaaaaa_{_NO_SECRET}",
        "of another secret": f"ft_{key_id}_{_NO_SECRET}",
        "wrong in one letter": f"ft_{key_id}_{other}{secret[1:]}",
        "one key's id with another's secret": f"ft_{key_id}_{known.admin.split('_', 2)[2]}",
        "only its beginning": "ft_",
        "without anything": "ft__",
        "without a secret": f"ft_{key_id}_",
        "without an id": f"ft__{secret}",
        "only an id": f"ft_{key_id}",
        "short by one": known.approver[:-1],
        "long by one": f"{known.approver}A",
        "in capitals": known.approver.upper(),
        "of three underscores": f"ft_{key_id}__{secret}",
        "a path": f"ft_../../../etc/passwd_{secret}",
        "SQL": f"ft_{CANARY}' OR '1'='1_{secret}",
        "a wildcard": f"ft_%_{secret}",
        "of 20,000 letters": f"ft_{key_id}_{CANARY * 4_000}",
        "of 5,000 underscores": "ft_" + "_" * 5_000,
        "the token of the first start": known.setup,
        "of digits of another script": f"ft_{'١' * 12}_{secret}",
    }
