"""The event that a command is about: found by the position or the id that was typed, and said in words."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from api.console.asked import Asked
from api.console.field_names import FIELD_NAMES
from api.console.figures import amount
from api.console.forms.choices import one_now
from api.console.forms.fields import Field, Input, fields_of_class
from api.console.forms.form import Complaint
from api.console.forms.sent import Sent
from api.console.view import AmountUnit
from domain.registry import FACT_TYPES
from domain.shape import Shape, text_problem

NAMED_BY: Final = ("event_id", "event_ids")
_MOST_DIGITS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedEvent:
    """An event, and what is said of it: (what, which) in order."""

    event: Mapping[str, Any]
    title: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What was sent, with the ids of events in place of the positions that were typed.

    `event` is the first of those events; None where none is named, or the caller may not see it. `complaints` stand at
    the fields whose position leads to no event: those are left as they were typed, and no command is to be sent.
    """

    sent: Sent
    event: Mapping[str, Any] | None
    complaints: tuple[Complaint, ...]


async def meant_by(asked: Asked, sent: Sent) -> Meant:
    """The events that are named, found."""
    body, events, complaints = dict(sent.body), [], []
    for name, text in _named_in(sent):
        event = await _event_named(asked, text)
        events.append(event)
        if event is not None:
            _put(body, name, event["event_id"])
        elif (number := _number(text)).isdecimal():
            complaints.append(
                Complaint(name=name, text=asked.say("未找到流水 #{position}", position=number), code="unknown-event")
            )
    return Meant(sent=replace(sent, body=body), event=next(iter(events), None), complaints=tuple(complaints))


def _named_in(sent: Sent) -> Iterator[tuple[str, str]]:
    """Each text that names an event, with the name of its field."""
    for name in NAMED_BY:
        value = sent.body.get(name)
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, list):
            yield from ((f"{name}/{row}", text) for row, text in enumerate(value))


def _put(body: dict[str, Any], name: str, event_id: str) -> None:
    first, _, row = name.partition("/")
    if not row:
        body[first] = event_id
        return
    body[first] = [event_id if number == int(row) else each for number, each in enumerate(body[first])]


async def _event_named(asked: Asked, text: str) -> Mapping[str, Any] | None:
    """The event of a position (`12` or `#12`) or an id; None where there is none, or the caller may not see it."""
    number = _number(text)
    if number.isascii() and number.isdecimal() and len(number) <= _MOST_DIGITS:
        return await one_now(asked, "events", str(int(number))) if int(number) else None
    if text_problem(Shape.EVENT_ID, text) or not asked.may_ask("events"):
        return None
    found = await asked.inside.get(asked.address("events"), {"event_id": text})
    return next(iter(found["items"]), None)


def _number(text: str) -> str:
    """A position as it was typed, without what stands around its digits."""
    return unicodedata.normalize("NFKC", text).removeprefix("#").strip()


def in_words(asked: Asked, event: Mapping[str, Any]) -> NamedEvent:
    """The event for people."""
    facts = [(asked.say(FIELD_NAMES["effective_date"]), str(event["effective_date"]))]
    fact_type: Any = FACT_TYPES.get(event["type"])
    if fact_type is not None and event["type"] != "project-amended.v1":
        facts += list(_said(asked, fields_of_class(fact_type, ""), event["data"]))
    return NamedEvent(event=event, title=asked.event_type(event["type"]), facts=tuple(facts))


def _said(asked: Asked, fields: tuple[Field, ...], data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields that are one value each."""
    for field in fields:
        value = data.get(field.name)
        if value is None or field.input in {Input.GROUP, Input.ROWS}:
            continue
        yield asked.say(field.label), _shown(asked, field, value)


def _shown(asked: Asked, field: Field, value: Any) -> str:
    if field.input is Input.AMOUNT:
        return asked.say("{amount} 元", amount=amount(value, AmountUnit.YUAN))
    if field.words is not None:
        return asked.word(field.words, value)
    if isinstance(value, bool):
        return asked.say("是") if value else asked.say("否")
    return str(value)
