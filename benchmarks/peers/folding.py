"""Events as event stores keep them, in JSON with all of their fields, and the sums of what is read back."""

from collections.abc import Iterable
from typing import Final

import msgspec

from benchmarks.workload import Cut, FlowEvent, Sums


class Kept(msgspec.Struct):
    """What a fold needs of a stored event; its other fields are passed over."""

    proj: str
    type: str
    amount: int
    biz: str
    rec: str
    score: int


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Kept)


def encoded(event: FlowEvent) -> bytes:
    """The event in JSON, with all of its fields."""
    return _ENCODER.encode(event._asdict())


def decoded(content: bytes | str) -> Kept:
    """What a fold needs of an event in JSON."""
    return _DECODER.decode(content)


def fold(stream: Iterable[Kept], cut: Cut) -> dict[str, Sums]:
    """The sums of every project with an event at the cut."""
    sums: dict[str, list[int]] = {}
    for event in stream:
        if event.biz > cut.biz or (cut.rec is not None and event.rec >= cut.rec):
            continue
        project = sums.get(event.proj)
        if project is None:
            project = sums[event.proj] = [0, 0, 0]
        if event.type == "allocation":
            project[0] += event.amount
        elif event.type == "disbursement":
            project[1] += event.amount
        elif event.type == "reversal":
            project[1] -= event.amount
        else:
            project[2] += event.score
    return {name: (allocated, disbursed, score) for name, (allocated, disbursed, score) in sums.items()}
