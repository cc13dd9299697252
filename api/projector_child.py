"""The process that `projector_process` starts: `python -m api.projector_child`.

Standard input says when to look and ends with the server; every position reached is a line on standard output.
"""

import os
import signal
import sys
import threading
from typing import Final

from adapters.database import open_database
from api.collector import settle_collector
from api.logs import configure_logging
from api.projecting import projector_of
from api.projector_process import HURRY, URL_VARIABLE
from projections.projector import Projector

_READ_BYTES: Final = 4096


def main() -> None:
    """Keeps the views up until standard input ends."""
    configure_logging(os.environ.get("FUNDTRAIL_LOG_LEVEL", "info"))
    # A terminal tells everyone to end at once; this process ends when its server does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settle_collector()
    stop, wake = threading.Event(), threading.Event()
    projector = projector_of(open_database(os.environ[URL_VARIABLE], must_exist=True), on_moved=_say)
    threading.Thread(target=_listen, args=(projector, stop, wake), daemon=True).start()
    projector.run(stop, wake)


def _say(ledger_id: str, position: int) -> None:
    try:
        os.write(sys.stdout.fileno(), f"{position} {ledger_id}\n".encode("ascii"))
    except BrokenPipeError:
        # The server is gone; standard input says so as well.
        return


def _listen(projector: Projector, stop: threading.Event, wake: threading.Event) -> None:
    while received := os.read(sys.stdin.fileno(), _READ_BYTES):
        if HURRY in received:
            projector.hurry()
        wake.set()
    stop.set()
    projector.hurry()
    wake.set()


if __name__ == "__main__":
    main()
