"""Why a thing is not on the books of a page: it was taken back, it was registered later, or it never was."""

from dataclasses import dataclass
from typing import Any, Final

from api.console.asked import EVERY_ROW, Asked
from api.console.inside import Parameters, Refused

_OF_BOOKS: Final = {
    "unknown-appropriation": ("appropriations", "appropriation", "appropriation-received.v1"),
    "unknown-evaluation": ("evaluations", "evaluation", "evaluation-opened.v1"),
    "unknown-line": ("lines", "line", "line-opened.v1"),
    "unknown-project": ("projects", "project", "project-registered.v1"),
}
"""Refusals of what may be on other books: the page of such things, their kind, and the event that registers one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """`registered` is the position of the entry that registers the thing, `reversed_by` of the one that took it back.

    Both are None where the reader may not see entries, so that it is open whether the thing is on other books.
    """

    registered: int | None = None
    reversed_by: int | None = None


async def absence_of(asked: Asked, refused: Refused) -> Absence | None:
    """What the whole log says of a thing that its page did not find; None: nothing, or it is no page of a thing."""
    if refused.problem["code"] not in _OF_BOOKS:
        return None
    section, kind, event_type = _OF_BOOKS[refused.problem["code"]]
    identifier = asked.request.path_params.get("id")
    if identifier is None or not asked.view.path.startswith(f"{section}/"):
        return None
    if not asked.may_ask("events"):
        return Absence()
    question: Parameters = {"type": event_type, "tag": f"{kind}:{identifier}", "limit": EVERY_ROW}
    try:
        found = await asked.inside.get(asked.address("events"), question)
    except Refused:
        # What cannot be the id of a thing was never registered.
        return None
    own = [each for each in found["items"] if each["data"][f"{kind}_id"] == identifier]
    if not own:
        return None
    known = [each for each in own if _is_on_books(asked, each)]
    event = (known or own)[-1]
    return Absence(registered=event["position"], reversed_by=event["reversed_by"] if known else None)


def _is_on_books(asked: Asked, event: Any) -> bool:
    """Whether the entry counts where the page stands."""
    return bool(event["position"] <= asked.here["position"] and event["effective_date"] <= asked.here["as_of"])
