"""Checkpoints that reach a witness at the same moment: what was cosigned is one history, and it only grows."""

import threading
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from adapters.transparency.witness_state import WitnessState, create_state
from api.witness import Witness, witness_app
from tests.support.witness import (
    DEADLINE_S,
    NOW,
    WITNESS,
    InProcess,
    SmallLog,
    cosigned,
    listening_witness,
)

LOG = SmallLog()


class MeetingClock:
    """Lets nobody past before two have read it."""

    def __init__(self) -> None:
        self._barrier = threading.Barrier(2)

    def now(self) -> datetime:
        """See ports.Clock."""
        self._barrier.wait(DEADLINE_S)
        return NOW


@pytest.mark.parametrize("round_", range(5))
@pytest.mark.parametrize("count", [1, 2], ids=["one state", "two states on one file"])
def test_of_two_checkpoints_checked_at_once_one_is_cosigned(tmp_path: Path, count: int, round_: int) -> None:
    """Both are found to go on from 5 before either is kept: the race that the specification describes."""
    create_state(tmp_path / "state").replace(cosigned(LOG.note(5)), old_size=0)
    states = [WitnessState(tmp_path / "state") for _ in range(count)]
    clock, logs = MeetingClock(), [LOG.signer.key]
    apps = [
        InProcess(witness_app(Witness(signer=WITNESS, logs=logs, state=states[each % count], clock=clock)))
        for each in range(2)
    ]
    answers: dict[int, httpx.Response] = {}

    def ask(app: InProcess, size: int) -> None:
        answers[size] = app.add_checkpoint(LOG.request(5, size))

    sizes = (8, 12) if round_ % 2 else (12, 8)
    threads = [threading.Thread(target=ask, args=each) for each in zip(apps, sizes, strict=True)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(DEADLINE_S)
    (cosigned_size,) = [size for size, answer in answers.items() if answer.status_code == 200]
    (refused,) = [answer for answer in answers.values() if answer.status_code != 200]
    assert (refused.status_code, refused.text) == (409, f"{cosigned_size}\n")
    latest = states[0].latest(LOG.origin)
    assert latest is not None
    assert latest.size == cosigned_size


def test_many_at_once_get_cosignatures_of_one_history_that_only_grows(tmp_path: Path) -> None:
    with listening_witness(tmp_path, LOG) as url, httpx.Client(base_url=url, timeout=DEADLINE_S) as client:
        barrier = threading.Barrier(6)
        cosigned_sizes: list[int] = []

        def grow(start: int) -> None:
            barrier.wait(DEADLINE_S)
            known = 0
            for size in range(start, 60, 6):
                answer = client.post("/add-checkpoint", content=LOG.request(min(known, size), size))
                assert answer.status_code in {200, 409}
                if answer.status_code == 200:
                    cosigned_sizes.append(size)
                known = size if answer.status_code == 200 else int(answer.text)

        threads = [threading.Thread(target=grow, args=(start,)) for start in range(1, 7)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(DEADLINE_S)
        at_the_end = client.post("/add-checkpoint", content=LOG.request(200, 200))
    assert cosigned_sizes
    assert at_the_end.text == f"{max(cosigned_sizes)}\n"
