"""退回: what came back of disbursements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from api.console.asked import Asked
from api.console.figures import hundredths_of
from api.console.form_parameters import recorded
from api.console.report_movements import DISBURSEMENT, RETURN
from api.console.table import Row
from api.console.texts import mark as _

_IN_PART: Final = _("部分退回")
_WHOLE: Final = _("已全部退回")


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """That money of a disbursement came back: how much of it in a word, and the positions of the returns that count."""

    word: str
    positions: Sequence[int]

    def said(self, asked: Asked) -> str:
        """It in one line."""
        return f"{asked.say(self.word)} {' '.join(f'#{position}' for position in self.positions)}"


async def returns_of(asked: Asked, event: Row) -> Sequence[Row]:
    """The returns of an event as the page knows them, reversed ones too; of what is no disbursement there are none."""
    if event["type"] != DISBURSEMENT:
        return ()
    # Of its line, not of the log: who sees the lines of some units alone has those with all their events.
    found = await asked.get_all(f"lines/{event['data']['line_id']}/history", as_of=date.max.isoformat())
    returns = (each for each in found["items"] if each["type"] == RETURN)
    return [each for each in returns if each["data"]["disbursement"]["position"] == event["position"]]


async def returned_in_log(asked: Asked, events: Sequence[Row]) -> Mapping[int, Returned]:
    """Which of the events are disbursements that money came back of, as recorded up to the page, whatever its date."""
    first = min((each["position"] for each in events if each["type"] == DISBURSEMENT), default=None)
    if first is None:
        return {}
    found = await asked.get_all("events", **{**recorded(asked), "as_of": None, "type": RETURN, "after": first})
    returns: Sequence[Row] = found["items"]
    return returned_among((*events, *returns), {each["position"] for each in returns if each["reversed_by"]})


def returned_among(events: Iterable[Row], undone: Collection[int]) -> Mapping[int, Returned]:
    """By position the disbursements among the events that money came back of; returns at undone positions count not."""
    disbursements: dict[int, Row] = {}
    returns: dict[int, dict[int, Row]] = defaultdict(dict)
    for event in events:
        if event["type"] == DISBURSEMENT:
            disbursements[event["position"]] = event
        elif event["type"] == RETURN and event["position"] not in undone:
            returns[event["data"]["disbursement"]["position"]][event["position"]] = event
    return {
        position: _returned(disbursements[position], list(own.values()))
        for position, own in returns.items()
        if position in disbursements
    }


def return_said(asked: Asked, event: Row, returned: Mapping[int, Returned]) -> str | None:
    """Of a disbursement what came back of it, of a return whose money it is; None of everything else."""
    if event["type"] == RETURN:
        return asked.say("退回 #{position}", position=event["data"]["disbursement"]["position"])
    own = returned.get(event["position"])
    return None if own is None else own.said(asked)


def left_of(disbursement: Row, standing: Iterable[Row]) -> int:
    """What has not come back of a disbursement, in fen; `standing` are its returns that were not reversed."""
    came_back = sum(hundredths_of(each["data"]["amount"]) for each in standing)
    return hundredths_of(disbursement["data"]["amount"]) - came_back


def _returned(disbursement: Row, standing: Sequence[Row]) -> Returned:
    word = _WHOLE if left_of(disbursement, standing) == 0 else _IN_PART
    return Returned(word=word, positions=[each["position"] for each in standing])
