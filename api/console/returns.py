"""退回: what came back of disbursements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from api.console.asked import Asked
from api.console.figures import hundredths_of
from api.console.report_movements import DISBURSEMENT, RETURN
from api.console.table import Row


async def returns_of(asked: Asked, event: Row) -> Sequence[Row]:
    """The returns of an event as the page knows them, reversed ones too; of what is no disbursement there are none."""
    if event["type"] != DISBURSEMENT:
        return ()
    # Of its line, not of the log: who sees the lines of some units alone has those with all their events.
    found = await asked.get_all(f"lines/{event['data']['line_id']}/history", as_of=date.max.isoformat())
    returns = (each for each in found["items"] if each["type"] == RETURN)
    return [each for each in returns if each["data"]["disbursement"]["position"] == event["position"]]


def standing_returns(events: Iterable[Row], undone: Collection[int]) -> Mapping[int, Sequence[Row]]:
    """The returns among the events by the position of their disbursement, without those at the undone positions."""
    found: dict[int, list[Row]] = defaultdict(list)
    for event in events:
        if event["type"] == RETURN and event["position"] not in undone:
            found[event["data"]["disbursement"]["position"]].append(event)
    return found


def left_of(disbursement: Row, standing: Iterable[Row]) -> int:
    """What has not come back of a disbursement, in fen; `standing` are its returns that were not reversed."""
    came_back = sum(hundredths_of(each["data"]["amount"]) for each in standing)
    return hundredths_of(disbursement["data"]["amount"]) - came_back
