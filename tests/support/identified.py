"""A server that asks who calls, and callers of it with keys of every kind."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from adapters.access.api_keys import MadeKey, NewKey
from domain.access import Grant, Role
from domain.access_log import Act
from domain.command import Actor
from tests.support.caller import Caller
from tests.support.command_line import CommandLine
from tests.support.server import RunningServer, running_server
from tests.support.tls import NO_TLS


@contextmanager
def identifying_server(database_url: str, **settings: object) -> Iterator[RunningServer]:
    """A server without a key yet. See `running_server`."""
    with running_server(database_url, auth="on", **settings) as server:
        yield server


def made_key(
    server: RunningServer, role: Role, *ledgers: str, units: tuple[str, ...] = (), new: NewKey | None = None
) -> MadeKey:
    """A key of a role, in all ledgers unless some are named."""
    grant = Grant(role=role, ledgers=frozenset(ledgers) or None, units=frozenset(units) or None)
    return server.services.callers.keys.create(new or NewKey(grant=grant), by("test"))


def by(subject: str) -> Act:
    """An act of somebody."""
    return Act(actor=Actor(subject=subject, issuer=None, role=Role.ADMIN), action="create-key")


def key_by_command(database_url: str, folder: Path, role: Role) -> str:
    """The text of a key that `fundtrail keys create` made, in all ledgers, for a server that is another process."""
    made = CommandLine(database_url, folder)("keys", "create", "--role", role.value)
    assert made.code == 0, made.messages
    return made.output.strip()


def bearing(credential: str) -> dict[str, str]:
    """The header that shows a credential."""
    return {"Authorization": f"Bearer {credential}"}


@contextmanager
def client_with(server: RunningServer, credential: str | None) -> Iterator[httpx.Client]:
    """A client that shows the credential with each request."""
    headers = {} if credential is None else bearing(credential)
    with httpx.Client(base_url=server.url, timeout=30, headers=headers, verify=NO_TLS) as client:
        yield client


def open_founded(client: httpx.Client, ledger_id: str) -> Caller:
    """A ledger in which line L1 of unit U1 has money, opened by a client that may."""
    body = {"ledger_id": ledger_id, "name": "青石县财政局"}
    answer = client.post("/v1/ledgers", json=body, headers={"Idempotency-Key": f"open-{ledger_id}"})
    assert answer.status_code == 201, answer.text
    caller = Caller(client, ledger_id)
    caller.found()
    return caller
