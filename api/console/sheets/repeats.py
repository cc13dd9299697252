"""Rows that say what the ledger, or a row before them, says already: nothing is wrong with them, but look twice.

A voucher is recorded once; nothing keeps the other moves of money from being recorded anew where a file was saved anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from api.console.asked import Asked
from api.console.reach import may_ask
from api.console.sheets.examined import Examined, RowState, place_of
from api.console.sheets.file_rows import FileRow
from api.console.texts import mark as _
from domain.registry import COMMANDS, EVENT_TYPES
from domain.spelling import plain_spelling

PAGE: Final = 1_000
PAGES: Final = 10
"""Of entries that are looked through for one report."""

_IN_LEDGER: Final = _("账上已有同日、同文号、同金额的 #{position}")
_IN_FILE: Final = _("与{row}同日、同文号、同金额")
_COMPARED: Final = ("line_id", "amount")
"""Beside the date and the document. Money received has no line, and a file saved anew may number it anew."""
_COMMANDS: Final = frozenset({"receive-appropriation", "allocate-funds", "reduce-allocation", "recover-funds"})
_NAMES: Final[dict[type[Any], str]] = {data_type: name for name, data_type in EVENT_TYPES.items()}
_TYPES: Final = {each.name: _NAMES[each.body] for each in COMMANDS if each.name in _COMMANDS}

_Said = tuple[str | None, ...]
"""What two of them have in common: the type, the date, and what is compared."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """The rows, each with what is said of it; `is_cut`: not all entries of these dates were compared."""

    rows: list[tuple[FileRow, str]] = field(default_factory=list)
    is_cut: bool = False


async def repeats_of(asked: Asked, found: Examined) -> Repeats:
    """Those of the rows that could be recorded. Who may not list entries is told of rows of the same file alone."""
    rows = [row for row in found.those(RowState.POSSIBLE) if row.source.form.command in _COMMANDS]
    if not rows:
        return Repeats()
    recorded, is_cut = await _recorded(asked, rows)
    first: dict[_Said, FileRow] = {}
    told = []
    for row in rows:
        said = _said_of_row(row)
        if said in recorded:
            told.append((row, asked.say(_IN_LEDGER, position=recorded[said])))
        elif said in first:
            told.append((row, asked.say(_IN_FILE, row=place_of(asked, first[said], row))))
        first.setdefault(said, row)
    return Repeats(told, is_cut)


async def _recorded(asked: Asked, rows: Sequence[FileRow]) -> tuple[dict[_Said, int], bool]:
    """The positions of entries of these types and dates that were not reversed; whether there are more."""
    if not may_ask(asked.caller, asked.view.ledger_id, "events"):
        return {}, False
    dates = [row.item["effective_date"] for row in rows]
    asking: dict[str, Any] = {
        "type": sorted({_TYPES[row.source.form.command] for row in rows}),
        "effective_from": min(dates),
        "effective_until": max(dates),
        "limit": PAGE,
    }
    recorded: dict[_Said, int] = {}
    for _page in range(PAGES):
        page = await asked.inside.get(asked.address("events"), asking)
        for event in page["items"]:
            if event["reversed_by"] is None:
                recorded.setdefault(_said(event["type"], event["effective_date"], event["data"]), event["position"])
        if page["next"] is None:
            return recorded, False
        asking["after"] = page["items"][-1]["position"]
    return recorded, True


def _said_of_row(row: FileRow) -> _Said:
    return _said(_TYPES[row.source.form.command], row.item["effective_date"], row.item)


def _said(event_type: str, day: str, said: Mapping[str, Any]) -> _Said:
    return (event_type, day, plain_spelling(said["document_no"]), *(said.get(name) for name in _COMPARED))
