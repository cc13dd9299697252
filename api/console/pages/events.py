"""流水: the recorded events, filtered, a page at a time."""

from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from api.console.asked import EVERY_ROW, Asked, Content
from api.console.event_rows import events_table, is_late
from api.console.form_parameters import optional, recorded
from api.console.inside import Refused
from api.console.page import Page
from api.console.posted import refused
from api.console.returns import returned_in_log
from api.console.table import Row
from api.console.telling import amount_of, paper_of, sentence
from api.console.texts import mark as _
from api.console.typed import typed_day, typed_position
from api.console.worded_choice import worded_choice
from api.console.words import EVENT_TYPES
from api.invalid import InvalidParameter
from api.parameters import MAX_POSITION, day, plain_text, position

SHOWN: Final = 100
MOST_EXPORTED: Final = 20_000
"""More rows are refused: a file that lacks some would look whole."""
BY_TAG: Final = {"project": "project", "line": "line", "appropriation": "appropriation", "of_unit": "unit"}
"""Kind of the tag by the name of the parameter; `unit` is that of amounts on every page."""
ENDS: Final = (("from", "until"), ("from_position", "until_position"))
"""Parameters that are the first and the last of what is shown."""
NEWEST, OLDEST = "-position", "position"


async def make_events(asked: Asked) -> Content:
    """The page; as a file everything that the filter lets through."""
    for first, last in ENDS:
        _refuse_reversed(asked, first, last)
    ledger = await asked.inside.get(asked.address(""))
    if "format" in asked.request.path_params:
        events, following = await _every_event(asked), None
    else:
        found = await asked.inside.get(asked.address("events"), {**_question(asked), "limit": SHOWN})
        events, following = found["items"], _place_of(found["next"])
    returned = await returned_in_log(asked, events)
    return Content(
        title=asked.say("流水"),
        values={
            "events": events,
            "returned": returned,
            "following": following,
            "sort": asked.values["sort"],
            "chosen": asked.values,
            "event_types": EVENT_TYPES,
            "most_exported": f"{MOST_EXPORTED:,}",
            "is_first": asked.values["before"] is None and asked.values["after"] is None,
            "sentence": lambda event: sentence(asked, event),
            "paper_of": paper_of,
            "amount_of": amount_of,
            "is_late": is_late,
        },
        tables=(events_table(asked, events, returned, ledger["time_zone"]),),
    )


def _refuse_reversed(asked: Asked, first: str, last: str) -> None:
    """Refuses a filter that nothing can pass, because it begins after it ends."""
    begin, end = asked.values[first], asked.values[last]
    if begin is not None and end is not None and begin > end:
        raise refused(InvalidParameter.of(first, "beyond-other", other=last, value=str(end)), asked.view.language)


def _question(asked: Asked) -> dict[str, Any]:
    values = asked.values
    return {
        **recorded(asked),
        "sort": values["sort"],
        "type": values["type"],
        "tag": [f"{kind}:{values[name]}" for name, kind in BY_TAG.items() if values[name] is not None],
        "effective_from": None if values["from"] is None else values["from"].isoformat(),
        "effective_until": None if values["until"] is None else values["until"].isoformat(),
        **_positions(asked, before=values["before"], after=values["after"]),
    }


def _positions(asked: Asked, *, before: int | None = None, after: int | None = None) -> dict[str, int | None]:
    """Between which positions, both exclusive: those of the filter, and where a page of it begins."""
    first, last = asked.values["from_position"], asked.values["until_position"]
    lower = [each for each in (after, first and first - 1) if each is not None]
    upper = [each for each in (before, None if last is None else min(last + 1, MAX_POSITION)) if each is not None]
    return {"after": max(lower, default=None), "before": min(upper, default=None)}


async def _every_event(asked: Asked) -> list[Row]:
    question = {**_question(asked), **_positions(asked), "limit": EVERY_ROW}
    events: list[Row] = []
    while True:
        found = await asked.inside.get(asked.address("events"), question)
        events += found["items"]
        if len(events) > MOST_EXPORTED or (len(events) == MOST_EXPORTED and found["next"]):
            raise _too_many(asked)
        if found["next"] is None:
            return events
        question |= _place_of(found["next"]) or {}


def _place_of(following: str | None) -> dict[str, str] | None:
    """Where the next page begins, as the parameter of this one."""
    if following is None:
        return None
    return {name: value for name, value in parse_qsl(urlsplit(following).query) if name in {"before", "after"}}


def _too_many(asked: Asked) -> Refused:
    detail = asked.say("一次最多导出 {count} 笔流水，请缩小筛选范围，或下载完整日志。", count=f"{MOST_EXPORTED:,}")
    return Refused(422, {"title": asked.say("导出的流水过多"), "detail": detail, "code": "too-many", "errors": []})


EVENTS: Final = Page(
    name="events",
    path="events",
    make=make_events,
    template="events.html",
    section="events",
    parameters=(
        worded_choice("sort", "Order.", {NEWEST: _("新的在前"), OLDEST: _("旧的在前")}, NEWEST),
        optional(worded_choice("type", "Only events of the type.", EVENT_TYPES)),
        *(optional(plain_text(name, f"Only events of that {kind}.", max_length=64)) for name, kind in BY_TAG.items()),
        optional(typed_day(day("from", "Only events with that business date or a later one."))),
        optional(typed_day(day("until", "Only events with that business date or an earlier one."))),
        optional(typed_position(position("from_position", "Only events at that position or a later one."))),
        optional(typed_position(position("until_position", "Only events at that position or an earlier one."))),
        optional(position("before", "Only events before that position.")),
        optional(position("after", "Only events after that position.")),
    ),
)
