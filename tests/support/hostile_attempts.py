"""Hostile requests as bytes: by who may, by nobody, by who may not, and by who shows what is no credential."""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, product
from typing import Any, Final

from api.callers import FAILURES_AT_ONCE
from tests.support.caller import ALLOCATION, DISBURSEMENT, JSON, LATER, PROJECT, UNIT, Caller
from tests.support.effort import IS_FULL
from tests.support.hostile import CANARY, MIB, SOME_ID, Sent
from tests.support.hostile_bytes import TWO_READINGS
from tests.support.hostile_credentials import Credentials, Values, hostile_setups
from tests.support.hostile_inputs import hostile_inputs
from tests.support.hostile_routes import filled, hostile_requests
from tests.support.identified import bearing
from tests.support.raw import request

SEED: Final = 20_230_301
QUICK: Final = 350
QUICK_OF_KEYS: Final = 150
"""Of some thousand, and of those to the addresses of keys, chosen by the seed; the full test sends all."""
SHARE: Final = 5
"""Each fifth request is also sent by nobody, another fifth by who may not, and each fifth credential once more."""
FROM_ONE_ADDRESS: Final = FAILURES_AT_ONCE // 2
FLOODED_FROM: Final = "127.2.0.1"

TURNED_AWAY: Final = frozenset({400, 401, 403, 404, 405, 414, 431})
"""What may be said to whom no grant lets in; 404 and 405 of addresses that there are not."""
NO_CREDENTIAL: Final = frozenset({400, 401, 429, 431})
WRONG_SETUP: Final = frozenset({400, 401, 422, 429})
REFUSED: Final = frozenset({404, 409, 422})


@dataclass(frozen=True)
class Attempt:
    """What is sent. `allowed`: what may be answered; None: whatever is neither a failure nor something recorded.

    `secret`: words that must not come back, beside the canary. `source`: the address that it is sent from.
    """

    name: str
    by: str
    sent: bytes
    allowed: frozenset[int] | None = None
    secret: tuple[bytes, ...] = ()
    source: str | None = None


@dataclass(frozen=True)
class Target:
    """What is attacked: a ledger with something in it, and every operation of the service's description."""

    document: Mapping[str, Any]
    caller: Caller
    known: Credentials

    def names(self) -> dict[str, str]:
        """What the addresses are filled with where nothing hostile is."""
        there = {"ledger": self.caller.ledger_id, "id": "P1", "position": "3", "path": "0/000.p/3"}
        # Of nobody: revoking a key is no harm only while there is none.
        return there | {"key_id": "abcdefghijkl"}

    def open_paths(self) -> set[str]:
        """Addresses for anyone, which have no names in them."""
        operations = ((path, each) for path, methods in self.document["paths"].items() for each in methods.values())
        return {path for path, operation in operations if operation["security"] == []}

    def guarded(self) -> list[tuple[str, str]]:
        """Method and address of each operation that asks for a credential."""
        paths = self.document["paths"]
        closed = [path for path in paths if path not in self.open_paths()]
        return [(method.upper(), filled(path, self.names())) for path in closed for method in paths[path]]


def by_who_may(target: Target) -> Iterator[Attempt]:
    """Every input and request with a credential that lets it in, so that nothing but the input is at fault."""
    for sent in requests(target):
        yield Attempt(sent.name, "somebody", bytes_of(sent, _right_key(target.known, sent.target)))


def by_who_may_not(target: Target) -> Iterator[Attempt]:
    """A share of them by nobody, and as many with a valid key that gives no right there."""
    open_paths = target.open_paths()
    closed = [each for each in requests(target) if each.target.partition("?")[0] not in open_paths]
    for sent in closed[::SHARE]:
        if len(sent.body) <= MIB:
            yield Attempt(f"as nobody: {sent.name}", "nobody", bytes_of(sent, None), TURNED_AWAY)
    for sent in closed[1::SHARE]:
        # What the service counts, and who one is, is for everyone who has a key.
        if len(sent.body) <= MIB and sent.target.partition("?")[0] not in ("/metrics", "/v1/me"):
            raw = bytes_of(sent, _wrong_key(target.known, sent.target))
            yield Attempt(f"without the right: {sent.name}", "somebody else", raw, TURNED_AWAY)


def with_no_credential(target: Target, credentials: list[tuple[str, Values]]) -> Iterator[Attempt]:
    """What is none, from many addresses: one that failed too often is not listened to any more.

    To one operation each, in the full test to every one; at last some of them from one address.
    """
    each_once = list(zip(credentials, cycle(target.guarded()), strict=False))
    shown = list(product(credentials, target.guarded())) if IS_FULL else each_once
    for number, ((name, values), (method, path)) in enumerate(shown):
        third, fourth = divmod(number // FROM_ONE_ADDRESS, 250)
        source = f"127.1.{third}.{fourth + 1}"
        yield _showing(f"{name}: {method} {path}", method, path, values, source)
    for name, values in credentials[::SHARE]:
        yield _showing(f"one of many: {name}", "GET", target.caller.base, values, FLOODED_FROM)


def at_the_first_start(target: Target) -> Iterator[Attempt]:
    """Those who would be the first administrator."""
    token = target.known.setup
    for name, body in hostile_setups(token).items():
        sent = request("POST", "/v1/setup", body, Content_Type="application/json", Connection="close")
        yield Attempt(f"first start: {name}", "nobody", sent, WRONG_SETUP, (token.encode(),))


def in_two_readings(target: Target) -> Iterator[Attempt]:
    """Bytes that no server may understand, by nobody and with a key."""
    host = b"Host: x\r\n"
    bearer = f"Authorization: Bearer {target.known.approver}\r\n".encode()
    for name, sent in TWO_READINGS.items():
        yield Attempt(name, "nobody", sent, frozenset({400}))
        yield Attempt(f"{name}, with a key", "somebody", sent.replace(host, host + bearer, 1), frozenset({400}))


def against_the_rules(target: Target) -> Iterator[Attempt]:
    """Commands that are well formed and refused, with the canary in all that they may say in words."""
    words = {"purpose": CANARY, "payee": CANARY, "voucher_no": f"V-{CANARY}"}
    overrun = {"overrun": {"authority": CANARY, "reason": CANARY}}
    base = target.caller.base
    ledger = {"ledger_id": target.caller.ledger_id, "name": CANARY}
    reversal = {"effective_date": LATER, "event_id": SOME_ID, "reason": CANARY}
    for name, path, body in (
        ("spending too much", f"{base}/disbursements", DISBURSEMENT | words | {"amount": "9999.00"}),
        ("an overrun that is none", f"{base}/disbursements", DISBURSEMENT | words | overrun),
        ("allocating too much", f"{base}/allocations", ALLOCATION | {"amount": "9999.00", "document_no": CANARY}),
        ("a unit again", f"{base}/units", UNIT | {"name": CANARY}),
        ("a project again", f"{base}/projects", PROJECT | {"name": CANARY}),
        ("a reversal of nothing", f"{base}/reversals", reversal),
        ("a ledger again", "/v1/ledgers", ledger),
    ):
        sent = Sent(name, "POST", path, {**JSON, "Idempotency-Key": "against-the-rules"}, json.dumps(body).encode())
        yield Attempt(f"against the rules: {name}", "somebody", bytes_of(sent, target.known.approver), REFUSED)


def requests(target: Target) -> list[Sent]:
    """The table of single inputs, and requests to every operation: all of them, or some."""
    inputs = [
        Sent(each.name, each.method, target.caller.base + each.path, each.headers, each.body or b"")
        for each in hostile_inputs()
    ]
    generated = list(hostile_requests(target.document, target.names()))
    if IS_FULL:
        return inputs + generated
    of_keys = [each for each in generated if _is_of_keys(each)]
    others = [each for each in generated if not _is_of_keys(each)]
    chance = random.Random(SEED)  # noqa: S311 (a seed is wanted)
    return inputs + chance.sample(others, QUICK) + chance.sample(of_keys, QUICK_OF_KEYS)


def bytes_of(sent: Sent, credential: str | None) -> bytes:
    """The request; a write that names no key gets one, so that nothing but the input is at fault."""
    headers = {"Connection": "close", **({} if credential is None else bearing(credential)), **sent.headers}
    if sent.method == "POST":
        headers = {"Idempotency-Key": "hostile", **headers}
    return request(sent.method, sent.target, sent.body, **headers)


def _is_of_keys(sent: Sent) -> bool:
    return sent.target.startswith(("/v1/keys", "/v1/setup"))


def _right_key(known: Credentials, target: str) -> str:
    if target.startswith("/v1/keys"):
        return known.admin
    return known.auditor if "/access-log" in target or "/refusals" in target else known.approver


def _wrong_key(known: Credentials, target: str) -> str:
    return known.approver if target.startswith("/v1/keys") else known.admin


def _showing(name: str, method: str, path: str, values: Values, source: str) -> Attempt:
    """A request that bears these values as headers, as they stand."""
    head = request(method, path, Connection="close").removesuffix(b"\r\n")
    shown = b"".join(b"Authorization: " + value + b"\r\n" for value in values)
    secret = tuple(word for value in values for word in value.split() if len(word) > len("Negotiate"))
    return Attempt(name, "nobody", head + shown + b"\r\n", NO_CREDENTIAL, secret, source)
