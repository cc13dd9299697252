"""Writing to a server as its callers do: bodies with what a test does not care about filled in."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

LEDGER = "qingshi"
BASE = f"/v1/ledgers/{LEDGER}"
CALLER = "local"
"""Subject of every caller of a server without authentication."""

DAY = {"effective_date": "2023-03-01"}
TIMEOUT_S = 60.0
CREATED = 201
REPLAYED = "Idempotency-Replayed"
CONNECTION_LOST = (OSError, HTTPException)


@dataclass
class Write:
    """One request, and its first success (None while there was none). Each item key is that of one command."""

    path: str
    key: str
    body: Mapping[str, Any]
    item_keys: tuple[str, ...]
    answer: bytes | None = None


def single(key: str, path: str, body: Mapping[str, Any]) -> Write:
    """One command on its own."""
    return Write(f"{BASE}{path}", key, body, (key,))


def batch(key: str, *commands: Mapping[str, Any]) -> Write:
    """Commands that are accepted together or not at all."""
    item_keys = tuple(f"{key}/{index}" for index in range(len(commands)))
    return Write(f"{BASE}/batch", key, {"commands": commands}, item_keys)


@dataclass(frozen=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The document in it."""
        document: dict[str, Any] = json.loads(self.content)
        return document

    @property
    def is_replay(self) -> bool:
        """Whether it says that the command had been accepted before."""
        return self.headers.get(REPLAYED) == "true"


@dataclass(frozen=True)
class Caller:
    """One connection to a server. Plain, so that tests spend their time in the server."""

    connection: HTTPConnection

    def post(self, write: Write) -> Answer:
        """The answer; a success is kept if it is the first. Raises one of CONNECTION_LOST."""
        headers = {"Idempotency-Key": write.key, "Content-Type": "application/json"}
        self.connection.request("POST", write.path, json.dumps(write.body).encode(), headers)
        response = self.connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())  # type: ignore[arg-type]  # maps text to text
        if answer.status == CREATED and write.answer is None:
            write.answer = answer.content
        return answer

    def record(self, write: Write) -> Answer:
        """The answer, which must be a success."""
        answer = self.post(write)
        assert answer.status == CREATED, answer.content
        return answer


@contextmanager
def caller(url: str) -> Iterator[Caller]:
    """Somebody with a connection of their own to the server at the address."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT_S)
    try:
        yield Caller(connection)
    finally:
        connection.close()


def positions_told(answer: bytes) -> list[int]:
    """The positions of the events in the body of a success."""
    return [event["position"] for event in json.loads(answer)["events"]]


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
    commands: list[Mapping[str, Any]] = [
        {"command": "register-unit", **unit},
        {"command": "receive-appropriation", **appropriation},
        {"command": "register-project", **project},
    ]
    for line_id, amount in amounts.items():
        line = DAY | {"line_id": line_id, "appropriation_id": "A1", "project_id": "P1", "unit_id": "U1"}
        money = DAY | {"line_id": line_id, "amount": amount, "stage": "initial", "document_no": "1号"}
        commands += [{"command": "open-line", **line}, {"command": "allocate-funds", **money}]
    opening = Write("/v1/ledgers", "opening", {"ledger_id": LEDGER, "name": "青石县财政局"}, ())
    with caller(url) as clerk:
        clerk.record(opening)
        clerk.record(batch("lines", *commands))
