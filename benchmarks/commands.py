"""The workload as commands of a ledger: how each of its events is recorded, and what must stand before the first one.

| workload | command |
|---|---|
| (before) | 1 unit, 100 appropriations, 2,000 projects, each with one line, one evaluation and a result of 0.00 |
| allocation | allocate-funds, additional, on the project's line |
| disbursement | record-disbursement with a voucher number of its own |
| reversal | reverse-event of that disbursement, named by its key |
| status | change-project-status, see STATUSES |
| score | grant-points on the project's evaluation; a score of zero is no fact and is left out |

The effective date is the business date. The key of each command is the id of the event.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from benchmarks.workload import APPROPRIATION_COUNT, PROJECT_COUNT, FlowEvent

Item = dict[str, Any]
"""One command as a batch and an import file hold it."""

SETUP_DATE: Final = "2021-12-31"
UNIT_ID: Final = "U1"
APPROPRIATION_YUAN: Final = "800000000000.00"
FIRST_APPROPRIATION_YUAN: Final = "9000000000000.00"
"""Of each of 100, and of the one of the project that may be hot: more than ten million events allocate, and their sum
still fits the ledger."""

STATUSES: Final = {
    "planned": "proposed",
    "approved": "approved",
    "in_progress": "under_construction",
    "suspended": "suspended",
    "completed": "completed",
    "accepted": "finally_accepted",
}

PATHS: Final = {
    "allocate-funds": "/allocations",
    "record-disbursement": "/disbursements",
    "reverse-event": "/reversals",
    "change-project-status": "/project-status-changes",
    "grant-points": "/points",
}
"""Where each of the commands of the stream is sent when it is sent alone."""


def setup_items() -> Iterator[Item]:
    """What must be registered before the first event of the stream."""
    yield _setup("register-unit", unit_id=UNIT_ID, name="青石县财政局", kind="finance")
    for number in range(APPROPRIATION_COUNT):
        yield _setup(
            "receive-appropriation",
            appropriation_id=f"A{number:03d}",
            name="中央衔接推进乡村振兴补助资金",
            source_level="central",
            budget_book="general_public",
            fiscal_year=2022,
            amount=APPROPRIATION_YUAN if number else FIRST_APPROPRIATION_YUAN,
            document_no=f"财农〔2021〕{number}号",
        )
    for number in range(PROJECT_COUNT):
        yield from _setup_of_project(number)


def item_of(event: FlowEvent) -> Item | None:
    """The command that records an event; None for a score of zero."""
    line = _line_id(event.proj)
    match event.type:
        case "allocation":
            body = {
                "line_id": line,
                "amount": hundredths(event.amount),
                "stage": "additional",
                "document_no": event.doc,
            }
            return _item("allocate-funds", event, body)
        case "disbursement":
            body = {"line_id": line, "amount": hundredths(event.amount), "voucher_no": f"V{event.seq}"}
            return _item("record-disbursement", event, body | {"purpose": event.note})
        case "reversal":
            return _item("reverse-event", event, {"event_key": event.ref, "reason": event.note})
        case "status":
            body = {"project_id": event.proj, "status": STATUSES[event.status or ""]}
            return _item("change-project-status", event, body)
        case "score" if event.score:
            body = {"evaluation_id": _evaluation_id(event.proj), "points": hundredths(event.score)}
            return _item("grant-points", event, body | {"reason": event.note})
        case _:
            return None


def items_of(stream: Iterable[FlowEvent]) -> list[Item]:
    """The commands that record a stream."""
    return [item for event in stream if (item := item_of(event)) is not None]


def hundredths(value: int) -> str:
    """Fen as yuan, hundredths as points."""
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 100}.{abs(value) % 100:02d}"


def _setup_of_project(number: int) -> Iterator[Item]:
    name = f"P{number:04d}"
    yield _setup(
        "register-project",
        project_id=name,
        name=f"村组道路硬化工程{number:04d}",
        category="road",
        lead_unit_id=UNIT_ID,
        start_year=2022,
    )
    appropriation_id = f"A{number % APPROPRIATION_COUNT:03d}"
    line = {"line_id": _line_id(name), "appropriation_id": appropriation_id, "project_id": name, "unit_id": UNIT_ID}
    yield _setup("open-line", **line)
    evaluation = {"evaluation_id": _evaluation_id(name), "subject": {"kind": "project", "id": name}}
    yield _setup("open-evaluation", **evaluation, fiscal_year=2022, kind="self")
    yield _setup("record-result", evaluation_id=_evaluation_id(name), total="0.00")


def _setup(command: str, **body: object) -> Item:
    return {"command": command, "effective_date": SETUP_DATE, **body}


def _item(command: str, event: FlowEvent, body: Item) -> Item:
    return {"command": command, "key": event.id, "effective_date": event.biz, **body}


def _line_id(project_id: str) -> str:
    return f"L-{project_id}"


def _evaluation_id(project_id: str) -> str:
    return f"E-{project_id}"
