"""The witness is killed while it cosigns, again and again. It never goes back behind an answer it gave."""

import threading
from pathlib import Path

import httpx

from domain.note import format_verifier_key
from tests.support.effort import effort
from tests.support.processes import DEADLINE_S, Server, witnessing
from tests.support.seeds import seeded
from tests.support.witness import SmallLog

KILLS = effort(quick=1, full=10)
MOST_ANSWERS = 15
"""Before a kill, and some more while it comes: the log has no more than 255 entries for all of them."""
LOG = SmallLog()
FORK = SmallLog(forked_at=0)
VKEY = format_verifier_key(LOG.signer.key)


def test_a_killed_witness_knows_every_answer_it_gave(tmp_path: Path) -> None:
    chance = seeded("answers before each kill")
    answered = 0
    for _ in range(KILLS):
        with witnessing(tmp_path, "--log", VKEY) as witness:
            held = size_told(witness.url)
            # What it was at when it was killed may have been kept, and nobody was told.
            assert answered <= held <= answered + 1
            answered = cosigned_until_killed(witness, held, chance.randint(1, MOST_ANSWERS))
    with witnessing(tmp_path, "--log", VKEY) as witness:
        held = size_told(witness.url)
        assert answered <= held <= answered + 1
        forked = httpx.post(f"{witness.url}/add-checkpoint", content=FORK.request(held, held + 1), timeout=DEADLINE_S)
        assert forked.status_code == 422
        witness.stop()


def size_told(url: str) -> int:
    """Where the witness stands; no log has gone on to the size it is asked for."""
    answer = httpx.post(f"{url}/add-checkpoint", content=LOG.request(255, 255), timeout=DEADLINE_S)
    assert answer.status_code == 409
    return int(answer.text)


def cosigned_until_killed(witness: Server, held: int, answers: int) -> int:
    """The last size that was answered. The log goes on, one entry at a time, while the witness is killed."""
    enough = threading.Event()
    sizes = [held]

    def grow() -> None:
        with httpx.Client(base_url=witness.url, timeout=DEADLINE_S) as client:
            try:
                while True:
                    request = LOG.request(sizes[-1], sizes[-1] + 1)
                    assert client.post("/add-checkpoint", content=request).status_code == 200
                    sizes.append(sizes[-1] + 1)
                    if len(sizes) > answers:
                        enough.set()
            except httpx.TransportError:
                return

    log = threading.Thread(target=grow)
    log.start()
    assert enough.wait(DEADLINE_S), witness.said()
    witness.kill()
    log.join(DEADLINE_S)
    return sizes[-1]
