"""A caller of the HTTP interface, and the bodies it sends: what a test cares about is said, the rest is filled in."""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, Final

import httpx

from domain.registry import COMMANDS

NEW_YEAR: Final = "2023-01-01"
SPRING: Final = "2023-03-01"
LATER: Final = "2023-09-01"

UNIT: Final = {"effective_date": NEW_YEAR, "unit_id": "U1", "name": "青石县财政局", "kind": "finance"}
APPROPRIATION: Final = {
    "effective_date": NEW_YEAR,
    "appropriation_id": "A1",
    "name": "中央衔接资金",
    "source_level": "central",
    "budget_book": "general_public",
    "fiscal_year": 2023,
    "amount": "1000.00",
    "document_no": "财农〔2023〕1号",
}
PROJECT: Final = {
    "effective_date": NEW_YEAR,
    "project_id": "P1",
    "name": "村村通公路",
    "category": "road",
    "lead_unit_id": "U1",
    "start_year": 2023,
}
LINE: Final = {
    "effective_date": NEW_YEAR,
    "line_id": "L1",
    "appropriation_id": "A1",
    "project_id": "P1",
    "unit_id": "U1",
}
ALLOCATION: Final = {
    "effective_date": SPRING,
    "line_id": "L1",
    "amount": "600.00",
    "stage": "initial",
    "document_no": "青财预〔2023〕5号",
}
DISBURSEMENT: Final = {"effective_date": SPRING, "line_id": "L1", "amount": "100.00", "voucher_no": "V1"}
EVALUATION: Final = {
    "effective_date": SPRING,
    "evaluation_id": "E1",
    "subject": {"kind": "project", "id": "P1"},
    "fiscal_year": 2023,
    "kind": "self",
    "indicators": [
        {"code": "a", "name": "里程", "level1": "产出", "max_points": "60"},
        {"code": "b", "name": "满意度", "level1": "效果", "max_points": "40"},
    ],
}
FOUNDATION: Final = (
    ("/units", UNIT),
    ("/appropriations", APPROPRIATION),
    ("/projects", PROJECT),
    ("/lines", LINE),
    ("/allocations", ALLOCATION),
)
"""A line with 600 yuan of an appropriation of 1,000: positions 2 to 6."""

NAMES: Final = {command.path: command.name for command in COMMANDS}
"""The commands, by the path that each is posted to."""


def items_of(writes: Iterable[tuple[str, Mapping[str, object]]]) -> list[dict[str, object]]:
    """The same writes as items of a batch."""
    return [{"command": NAMES[path], **body} for path, body in writes]


JSON: Final = {"Content-Type": "application/json"}

_numbers: Final = itertools.count(1)


class Caller:
    """Writes to and reads from one ledger."""

    def __init__(self, client: httpx.Client, ledger_id: str) -> None:
        self.client = client
        self.ledger_id = ledger_id
        self.base = f"/v1/ledgers/{ledger_id}"

    def post(
        self, path: str, body: object, key: str | None = None, headers: Mapping[str, str] = {}, **params: object
    ) -> httpx.Response:
        """The answer to a write, under a key of its own unless one is given."""
        sent = {"Idempotency-Key": key or f"key-{next(_numbers)}", **headers}
        return self.client.post(self.base + path, json=body, headers=sent, params=_texts(params))

    def post_bytes(self, path: str, body: bytes, headers: Mapping[str, str] = JSON) -> httpx.Response:
        """The answer to whatever these bytes are."""
        sent = {"Idempotency-Key": f"key-{next(_numbers)}", **headers}
        return self.client.post(self.base + path, content=body, headers=sent)

    def record(self, path: str, body: object, key: str | None = None) -> dict[str, Any]:
        """The one event of a write that must be accepted."""
        answer = self.post(path, body, key)
        assert answer.status_code == 201, answer.text
        (event,) = answer.json()["events"]
        return dict(event)

    def record_all(self, writes: Iterable[tuple[str, Mapping[str, object]]]) -> None:
        """Records writes that must be accepted, each a path and a body, in one batch: they take one commit."""
        answer = self.post("/batch", {"commands": items_of(writes)})
        assert answer.status_code == 201, answer.text

    def found(self) -> None:
        """Records the foundation, in one batch: so most tests begin."""
        self.record_all(FOUNDATION)

    def ask(self, path: str, **params: object) -> httpx.Response:
        """The answer to a question."""
        return self.client.get(self.base + path, params=_texts(params))

    def read(self, path: str, **params: object) -> dict[str, Any]:
        """The document of an answer that must be given."""
        answer = self.ask(path, **params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def follow(self, path: str) -> dict[str, Any]:
        """The document under an absolute path that an answer named."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def head(self) -> int:
        """The last position."""
        return int(self.read("")["position"])


def new_caller(client: httpx.Client) -> Caller:
    """A caller of a ledger that was just opened."""
    ledger_id = f"ledger-{next(_numbers)}"
    body = {"ledger_id": ledger_id, "name": "青石县财政局"}
    answer = client.post("/v1/ledgers", json=body, headers={"Idempotency-Key": f"open-{ledger_id}"})
    assert answer.status_code == 201, answer.text
    return Caller(client, ledger_id)


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer, which must be this one."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document: dict[str, Any] = answer.json()
    assert (answer.status_code, document["status"], document["code"]) == (status, status, code), answer.text
    return document


def _texts(params: Mapping[str, object]) -> dict[str, Any]:
    words = {True: "true", False: "false"}
    return {name: words[value] if isinstance(value, bool) else value for name, value in params.items()}
