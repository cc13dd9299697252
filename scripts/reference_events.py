"""docs/reference/events.md: every event type, its fields, its tags and a stored example."""

import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Final

from domain.custody import LedgerDigest
from domain.event import LedgerOpened
from domain.registry import EVENT_TYPES
from scripts.reference_fields import field_rows
from scripts.reference_samples import Sample, samples

WIDTH: Final = 118

HEAD: Final = """\
# Events

Every fact in a ledger is one event of one of these types. A stored event never changes; a new field is a new version
of its type, under a new name. Generated from the code by `python -m scripts.build_reference`.

**Units.** In what is stored, money is a whole number of fen (1/100 yuan) and points are hundredths: `95000000` is
950,000.00 元, `9250` is 92.50. Requests and answers carry them as text: `"950000.00"`, `"92.50"`.
Every field is always stored; where there is nothing to say it is `null`. The column *left out* says what stands when a
request does not give the field; where it is empty the field is required.

**Tags** are what an event concerns, each with its number: `"line:L1": 4` is the fourth event of line L1. Look events up
with `GET /v1/ledgers/{ledger}/events?tag=line:L1`.

**Fields that every request may carry** besides those below: `effective_date` (required), `date_precision`, `basis`,
`source` {`ref`, `sha256`, `row`}, `correlation_id`. They go into the envelope.

**Facts about the log itself** are the last five: its digests, the erasure of private values, its epochs and its keys.
They bear the tag of their ledger alone, move no figure and cannot be reversed. They are true of this log and of no copy
of it, so `fundtrail export` leaves them out, and no import file names them. What the service alone records is dated
today in the ledger's zone; a request for a digest may carry `source` and `correlation_id`, and nothing else.
"""

ENVELOPE: Final = {
    "v": "format of the record, 1",
    "ledger": "which log",
    "position": "流水号: 1, 2, 3 ... without gaps",
    "id": (
        "UUIDv8 over the first 16 bytes of SHA-256(bytes of `command_id`, index of the event in its command from 0 as "
        "4 bytes big-endian): a retry gives the same, and who knows the key knows the id"
    ),
    "type": "stored name with version",
    "tags": "what it concerns, and the how-many-th event of that thing it is",
    "effective_date": "业务日期: the day, as the caller says",
    "date_precision": "how exactly that day is known: `day month quarter year`",
    "recorded_at": "录入时间: the instant, UTC, as the log says; rises from transaction to transaction",
    "actor": "who, by whose word, in which role; a pseudonymous id",
    "command_id": "SHA-256 of the JSON array of ledger, subject and idempotency key",
    "command_hash": (
        "SHA-256 of the command with its defaults filled in, without private values and without what the service "
        "itself fills in"
    ),
    "correlation_id": "from the caller, or null",
    "causation_id": "null so far: kept for events that are caused by others",
    "corrects": "id of the event reversed, or of the disbursement returned; else null",
    "basis": "on what it rests: `recorded reported assumed invented`",
    "source": "document, report or row it was taken from, or null",
    "data": "the fact: below, by type",
    "private": (
        "commitments to private values; what opens them stands outside the log, until it is erased: "
        "`GET /v1/ledgers/{ledger}/events/{position}/opening`"
    ),
}


def page() -> str:
    """The whole page."""
    found = samples()
    sections = [HEAD, _envelope(found["funds-disbursed.v1"]), *(_section(*each) for each in found.items())]
    return "\n".join(sections)


def _envelope(sample: Sample) -> str:
    stored = json.loads(sample.entry)
    assert stored.keys() == ENVELOPE.keys(), "the envelope has other keys: describe them above"
    rows = "\n".join(f"| `{key}` | {words} |" for key, words in ENVELOPE.items())
    return f"## Envelope\n\nThe keys around `data`, the same for every type.\n\n| key | holds |\n|---|---|\n{rows}\n"


def _section(name: str, sample: Sample) -> str:
    data_type = EVENT_TYPES[name]
    assert data_type.__doc__ is not None
    rows = "\n".join(f"| `{row.path}` | {row.holds} | {row.left_out} |" for row in field_rows(data_type))
    return "\n".join(
        [
            f"## {name}\n",
            " ".join(data_type.__doc__.split()).replace("None", "null") + "\n",
            _made_by(sample, data_type) + "\n",
            f"| field | holds | left out |\n|---|---|---|\n{rows}\n",
            f"Tags: {', '.join(f'`{tag}`' for tag in sample.event.tags)}\n",
            "```json\n" + "\n".join(_wrapped(_stored_data(sample))) + "\n```\n",
        ]
    )


def _made_by(sample: Sample, data_type: type[Any]) -> str:
    if sample.command is None:
        return _made_by_service(data_type)
    command = sample.command
    words = [f"Made by `{command.name}` (`POST /v1/ledgers/{{ledger}}{command.path}`)."]
    if command.body is not data_type:
        names = ", ".join(f"`{each.name}`" for each in fields(command.body))
        words.append(f"The request has the fields {names}; the log fills in the rest.")
    if "event_id" in {each.name for each in fields(command.body)}:
        words.append("In place of `event_id` the request may give `event_key`, the key of the command that made it.")
    if "event_ids" in {each.name for each in fields(command.body)}:
        words.append(
            "Events are named by id alone, not by `event_key`; ids follow from keys, so one of the same batch can be "
            "named too."
        )
    if command.private:
        names = ", ".join(f"`{name}`" for name in command.private)
        words.append(f"Private, stored as a commitment and never shown: {names}.")
    return "\n".join(words)


def _made_by_service(data_type: type[Any]) -> str:
    """How an event comes about that no command of callers states."""
    if data_type is LedgerOpened:
        return "Made by `POST /v1/ledgers`."
    asked = ", also when `POST /v1/ledgers/{ledger}/digests` asks for it" if data_type is LedgerDigest else ""
    return f"Recorded by the service alone{asked}: no command of callers, batches or files states it."


def _stored_data(sample: Sample) -> str:
    data: dict[str, Any] = json.loads(sample.entry)["data"]
    if "log_id" in data:
        data["log_id"] = "<128 random bits, hex>"
    return json.dumps(data, ensure_ascii=False)


def _wrapped(text: str) -> Iterator[str]:
    """The text in lines, broken after commas."""
    line = ""
    for piece in text.replace(", ", ",\n").split("\n"):
        if line and len(line) + len(piece) > WIDTH:
            yield line.rstrip()
            line = " "
        line += piece + " "
    yield line.rstrip()
