"""Whatever is sent: a 4xx problem that names the field, repeats nothing of the input, and nothing is stored."""

import contextlib
from collections.abc import Iterator
from typing import Final

import httpx
import pytest

from tests.support.caller import DISBURSEMENT, JSON, UNIT, Caller, new_caller
from tests.support.hostile import CANARY, MIB, Hostile
from tests.support.hostile_inputs import hostile_inputs
from tests.support.server import RunningServer

INPUTS: Final = list(hostile_inputs())


@pytest.mark.parametrize("hostile", INPUTS, ids=[each.name for each in INPUTS])
def test_it_is_refused_by_name_without_an_echo_and_nothing_is_stored(hostile: Hostile, target: Caller) -> None:
    before = target.head()
    answer = send(target, hostile)
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, document["status"], document["code"]) == (hostile.status, hostile.status, hostile.code)
    if hostile.pointer is not None:
        assert hostile.pointer in [error["pointer"] for error in document["errors"]]
    assert CANARY not in answer.text
    assert len(answer.content) < 3_000
    assert target.head() == before


def test_there_are_at_least_two_hundred_of_them() -> None:
    assert len(INPUTS) >= 200


def test_a_body_without_an_announced_length_is_cut_off_at_the_limit(target: Caller) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"amount": "'
        for _ in range(40):
            yield b"1" * 65_536

    answer = target.client.post(
        f"{target.base}/disbursements", content=pieces(), headers={**JSON, "Idempotency-Key": "chunked"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


def test_a_batch_may_be_larger_but_not_without_end(target: Caller) -> None:
    item = {"command": "record-disbursement", **DISBURSEMENT, "purpose": "长" * 900}
    two_mib = {"commands": [item | {"amount": "x"}] * 800}
    answer = target.post("/batch", two_mib)
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 800)
    assert send(target, Hostile("", 413, "", path="/batch", body=b" " * (16 * MIB + 1))).status_code == 413


def test_a_line_with_an_odd_but_allowed_name_is_recorded(target: Caller) -> None:
    event = target.record("/units", UNIT | {"unit_id": "U-2._x", "name": "𠮷野家 & <b>“引号”</b> =1+1"})
    assert event["data"]["name"] == "𠮷野家 & <b>“引号”</b> =1+1"


@pytest.fixture(scope="module")
def target(server: RunningServer) -> Caller:
    """A ledger with a line that has money, so that nothing but the input is at fault."""
    caller = new_caller(server.client)
    caller.found()
    return caller


def send(target: Caller, hostile: Hostile) -> httpx.Response:
    """Sends the request as it stands, byte for byte."""
    headers = {**hostile.headers, **({"Idempotency-Key": "hostile"} if hostile.method == "POST" else {})}
    return target.client.request(hostile.method, target.base + hostile.path, content=hostile.body, headers=headers)


def test_a_body_without_end_is_not_taken(target: Caller) -> None:
    chunks_left = iter(range(5_000))

    def endless() -> Iterator[bytes]:
        yield from (b" " * 65_536 for _ in chunks_left)

    headers = {**JSON, "Idempotency-Key": "endless"}
    with contextlib.suppress(httpx.NetworkError):
        answer = target.client.post(f"{target.base}/units", content=endless(), headers=headers)
        assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert next(chunks_left, None) is not None
