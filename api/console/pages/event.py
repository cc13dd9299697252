"""One event: what it says, the bytes that are stored, the proof that they are in the log, and what corrects it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from api.console.asked import Asked, Content
from api.console.event_facts import facts_of
from api.console.event_rows import is_late
from api.console.form_parameters import recorded
from api.console.forms.doubts import doubts_of
from api.console.inside import Answer, Refused
from api.console.page import Page
from api.console.private_values import private_values
from api.console.report_movements import DISBURSEMENT
from api.console.returns import left_of, returns_of
from api.console.signed import Signed, Step, hashes_of, signed_at, steps_of
from api.console.table import Row
from api.console.telling import sentence
from api.invalid import NotFound
from api.parameters import flag
from domain.access import Right
from domain.identifiers import leaf_hash
from domain.merkle import InvalidProofError, verify_inclusion

BYTES: Final = "application/octet-stream"
PROOF: Final = "text/plain"
FILES: Final = {("entry", "json"), ("proof", "txt")}
NOT_REVERSIBLE: Final = ("ledger-opened.", "event-reversed.", "ledger-digest.", "personal-data-", "epoch-", "log-key-")
FINALISATION: Final = "evaluation-finalised."
_FIRST_BAD: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """The proof under the first checkpoint that covers the event. `holds`: it leads from the bytes to the root."""

    signed: Signed
    steps: Sequence[Step]
    holds: bool


async def make_event(asked: Asked) -> Content | Response:
    """The page; or the stored bytes, or the proof, as a file."""
    position = asked.path("position")
    if "format" in asked.request.path_params:
        return await _file(asked, position)
    event, entry = await asyncio.gather(
        asked.inside.get(asked.address(f"events/{position}"), recorded(asked)), _entry(asked, position)
    )
    leaf = leaf_hash(entry)
    proven, returns, private, doubts = await asyncio.gather(
        _proven(asked, event["position"], leaf),
        returns_of(asked, event),
        private_values(asked, event["position"], entry, is_opened=asked.values["opening"]),
        doubts_of(asked, {**event["data"], "effective_date": event["effective_date"]}),
    )
    return Content(
        title=asked.say("流水 #{position}", position=event["position"]),
        values={
            "event": event,
            "sentence": sentence(asked, event),
            "facts": list(facts_of(asked, event["type"], event["data"])),
            "private": private,
            "is_openable": asked.caller.may(Right.READ_PRIVATE, asked.view.ledger_id),
            "is_opened": asked.values["opening"],
            "is_late": is_late(event),
            "doubts": doubts,
            "entry": entry.decode("utf-8", "replace"),
            "entry_bytes": len(entry),
            "leaf": leaf.hex(),
            "leaf_matches": leaf.hex() == event["leaf_hash"],
            "proven": proven,
            "corrected": _corrected(event),
            "returns": returns,
            "is_returnable": _is_returnable(event, returns),
            "head": asked.here["position"],
            "is_reversible": _is_reversible(event, returns) and not await _is_finalised(asked, event),
        },
    )


async def _entry(asked: Asked, position: str) -> bytes:
    address = asked.address(f"events/{position}")
    return _content(await asked.inside.send("GET", address, recorded(asked), {"accept": BYTES}))


async def _proven(asked: Asked, position: int, leaf: bytes) -> Proven | None:
    """None: no checkpoint covers it yet."""
    listed = await asked.inside.get(asked.address("checkpoints"), {"after": position - 1, "limit": 1})
    if not listed["items"]:
        return None
    size = listed["items"][0]["size"]
    signed = await signed_at(asked, size)
    proof = await asked.inside.get(asked.address("proofs/inclusion"), {"position": position, "size": size})
    if signed is None:
        return None
    hashes = hashes_of(proof)
    steps = tuple(steps_of(leaf, position - 1, size, hashes))
    return Proven(signed=signed, steps=steps, holds=holds(leaf, position, signed, hashes))


def holds(leaf: bytes, position: int, signed: Signed, hashes: Sequence[bytes]) -> bool:
    """Whether the proof leads from the leaf to the root of a checkpoint that the log's key has signed."""
    try:
        verify_inclusion(leaf, position - 1, signed.checkpoint.size, hashes, signed.checkpoint.root)
    except InvalidProofError:
        return False
    return bool(signed.signers)


def _corrected(event: Mapping[str, Any]) -> int | None:
    """Position of the event that this one reverses or returns."""
    data = event["data"]
    named = data.get("reverses") or data.get("disbursement")
    return None if named is None else int(named["position"])


def _is_returnable(event: Row, returns: Sequence[Row]) -> bool:
    """Whether money of the event can still come back."""
    if event["type"] != DISBURSEMENT or event["reversed_by"] is not None:
        return False
    return left_of(event, [each for each in returns if each["reversed_by"] is None]) > 0


def _is_reversible(event: Row, returns: Sequence[Row]) -> bool:
    """Whether the event itself lets it be taken back: a payment not while money that came back of it counts."""
    if event["reversed_by"] is not None or event["type"].startswith(NOT_REVERSIBLE):
        return False
    return all(each["reversed_by"] is not None for each in returns)


async def _is_finalised(asked: Asked, event: Row) -> bool:
    """Whether it is of an evaluation that is finalised by now, so that only the finalisation can be reversed."""
    evaluation_id = event["data"].get("evaluation_id")
    if evaluation_id is None or event["type"].startswith(FINALISATION) or not asked.may_ask("one-of-evaluations"):
        return False
    try:
        evaluation = await asked.inside.get(asked.address(f"evaluations/{evaluation_id}"))
    except Refused:
        # It is not on the books of today: what is to come is not finalised.
        return False
    return bool(evaluation["finalised"])


async def _file(asked: Asked, position: str) -> Response:
    table, ending = asked.request.path_params.get("table"), asked.request.path_params["format"]
    if (table, ending) not in FILES:
        raise NotFound
    if table == "entry":
        content, media_type = await _entry(asked, position), BYTES
    else:
        content, media_type = await _proof_text(asked, position), PROOF
    name = f"{asked.view.ledger_id}-{position}-{table}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, 200, headers, media_type)


async def _proof_text(asked: Asked, position: str) -> bytes:
    event = await asked.inside.get(asked.address(f"events/{position}"), recorded(asked))
    after = event["position"] - 1
    listed = await asked.inside.get(asked.address("checkpoints"), {"after": after, "limit": 1})
    if not listed["items"]:
        raise NotFound
    question = {"position": event["position"], "size": listed["items"][0]["size"]}
    return _content(await asked.inside.send("GET", asked.address("proofs/inclusion"), question, {"accept": PROOF}))


def _content(answer: Answer) -> bytes:
    if answer.status >= _FIRST_BAD:
        raise Refused(answer.status, answer.json())
    return answer.content


EVENT: Final = Page(
    name="event",
    path="events/{position}",
    make=make_event,
    template="event.html",
    section="events",
    parameters=(flag("opening", "Whether private values are shown, to who may see them."),),
)
