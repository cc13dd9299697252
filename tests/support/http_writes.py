"""Writing to a server as its callers do: bodies with what a test does not care about filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

LEDGER = "qingshi"
BASE = f"/v1/ledgers/{LEDGER}"
CALLER = "local"
"""Subject of every caller of a server without authentication."""

DAY = {"effective_date": "2023-03-01"}
TIMEOUT_S = 60.0
CREATED = 201
REPLAYED = "Idempotency-Replayed"


@dataclass
class Write:
    """One request, and its first success (None while there was none). Each item key is that of one command."""

    path: str
    key: str
    body: Mapping[str, Any]
    item_keys: tuple[str, ...]
    answer: bytes | None = field(default=None)


def single(key: str, path: str, body: Mapping[str, Any]) -> Write:
    """One command on its own."""
    return Write(f"{BASE}{path}", key, body, (key,))


def batch(key: str, *commands: Mapping[str, Any]) -> Write:
    """Commands that are accepted together or not at all."""
    item_keys = tuple(f"{key}/{index}" for index in range(len(commands)))
    return Write(f"{BASE}/batch", key, {"commands": commands}, item_keys)


def post(client: httpx.Client, write: Write) -> httpx.Response:
    """The answer; a success is kept if it is the first."""
    answer = client.post(write.path, json=write.body, headers={"Idempotency-Key": write.key})
    if answer.status_code == CREATED and write.answer is None:
        write.answer = answer.content
    return answer


def client_of(url: str) -> httpx.Client:
    """A caller with connections of its own."""
    return httpx.Client(base_url=url, timeout=TIMEOUT_S)


def payment(line_id: str, amount: str, voucher_no: str) -> dict[str, Any]:
    """The body of a disbursement."""
    return DAY | {"line_id": line_id, "amount": amount, "voucher_no": voucher_no}


def open_lines(url: str, amounts: Mapping[str, str]) -> None:
    """A ledger with these lines, and so much money on each."""
    unit = DAY | {"unit_id": "U1", "name": "青石县财政局", "kind": "finance"}
    appropriation = DAY | {
        "appropriation_id": "A1",
        "name": "中央衔接资金",
        "source_level": "central",
        "budget_book": "general_public",
        "fiscal_year": 2023,
        "amount": "9000000000.00",
        "document_no": "财农〔2023〕1号",
    }
    project = DAY | {
        "project_id": "P1",
        "name": "村村通公路",
        "category": "road",
        "lead_unit_id": "U1",
        "start_year": 2023,
    }
    commands = [
        {"command": "register-unit", **unit},
        {"command": "receive-appropriation", **appropriation},
        {"command": "register-project", **project},
    ]
    for line_id, amount in amounts.items():
        line = DAY | {"line_id": line_id, "appropriation_id": "A1", "project_id": "P1", "unit_id": "U1"}
        money = DAY | {"line_id": line_id, "amount": amount, "stage": "initial", "document_no": "1号"}
        commands += [{"command": "open-line", **line}, {"command": "allocate-funds", **money}]
    opening = Write("/v1/ledgers", "opening", {"ledger_id": LEDGER, "name": "青石县财政局"}, ())
    with client_of(url) as client:
        for write in (opening, batch("lines", *commands)):
            answer = post(client, write)
            assert answer.status_code == CREATED, answer.text
