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
from api.console.forms.sent import Sent
from api.console.inside import FORBIDDEN, Refused
from api.console.view import AmountUnit
from domain.registry import FACT_TYPES
from domain.shape import Shape, text_problem

NAMED_BY: Final = ("event_id", "event_ids")
_MOST_DIGITS: Final = 16
_NO_SUCH_EVENT: Final = "00000000-0000-0000-0000-000000000000"
"""Stands for a position that is not there: the interface then says so as of any other event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedEvent:
    """An event, and what is said of it: (what, which) in order."""

    event: Mapping[str, Any]
    title: str
    facts: tuple[tuple[str, str], ...]


async def event_named(asked: Asked, text: str) -> Mapping[str, Any] | None:
    """The event of a position (`12` or `#12`) or an id; None where there is none, or the caller may not see events."""
    number = _number(text)
    if number.isascii() and number.isdecimal() and len(number) <= _MOST_DIGITS:
        return await one_now(asked, "events", str(int(number))) if int(number) else None
    if text_problem(Shape.EVENT_ID, text):
        return None
    try:
        found = await asked.inside.get(asked.address("events"), {"event_id": text})
    except Refused as refused:
        if refused.status != FORBIDDEN:
            raise
        return None
    return next(iter(found["items"]), None)


async def with_ids(asked: Asked, sent: Sent) -> Sent:
    """With the ids of events in place of the positions that were typed."""
    body = dict(sent.body)
    for name in NAMED_BY:
        value = body.get(name)
        if isinstance(value, str):
            body[name] = await _id_of(asked, value)
        elif isinstance(value, list):
            body[name] = [await _id_of(asked, each) for each in value]
    return replace(sent, body=body)


async def _id_of(asked: Asked, text: str) -> str:
    """The id that is meant; a text that is no position stays as it is."""
    if not _number(text).isdecimal():
        return text
    event = await event_named(asked, text)
    found: str = _NO_SUCH_EVENT if event is None else event["event_id"]
    return found


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
