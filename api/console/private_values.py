"""私密内容: the fields of an event that stand in the log as commitments, and what they hold for who may see that."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from api.console.asked import Asked
from api.console.field_names import FIELD_NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateValue:
    """One field. `value` is None unless it was asked for, and where it was erased."""

    name: str
    value: str | None
    is_erased: bool


async def private_values(asked: Asked, position: int, entry: bytes, *, is_opened: bool) -> Sequence[PrivateValue]:
    """Those of the event at the position, whose stored bytes are `entry`; with what they hold where they are opened.

    Raises:
        Refused: the caller may not open them.
    """
    names = sorted(msgspec.json.decode(entry).get("private") or {})
    held: dict[str, str] = {}
    if names and is_opened:
        told = await asked.inside.get(asked.address(f"events/{position}/opening"))
        held = {each["field"]: each["value"] for each in told["openings"]}
    return [
        PrivateValue(
            name=asked.say(FIELD_NAMES.get(name, name)),
            value=held.get(name),
            is_erased=is_opened and name not in held,
        )
        for name in names
    ]
