"""The projector of a server, in a process of its own: it shares no interpreter with the writers and the readers.

The server tells it through a pipe that something was appended or that a reader waits, and hears through another how
far it has come. It ends with the server, however the server ends, and is started again when it ends before.
"""

import os
import subprocess
import sys
import threading
from typing import Final

import structlog

from projections.projector import Projector

APPENDED: Final = b"a"
HURRY: Final = b"h"
RESTART_S: Final = 1.0
STOP_TIMEOUT_S: Final = 30.0
URL_VARIABLE: Final = "FUNDTRAIL_DATABASE_URL"

_logger = structlog.get_logger(__name__)


class ProjectorProcess:
    """Keeps one projector process running from `start` to `stop`; what it reaches is told to the given projector."""

    def __init__(self, database_url: str, log_level: str, projector: Projector) -> None:
        self._environment = os.environ | {URL_VARIABLE: database_url, "FUNDTRAIL_LOG_LEVEL": log_level}
        self._projector = projector
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._listener = threading.Thread(target=self._run, name="projector-listener", daemon=True)

    def start(self) -> None:
        """Starts it; it moves the views as soon as it has started."""
        self._projector.moved_elsewhere(self.hurry)
        self._listener.start()

    def appended(self) -> None:
        """Says that there is something new in the log."""
        self._tell(APPENDED)

    def hurry(self) -> None:
        """Says that a reader waits."""
        self._tell(HURRY)

    def stop(self) -> None:
        """Ends it, after the page it is at."""
        self._stopping.set()
        self._tell_end()
        self._listener.join(STOP_TIMEOUT_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._started() as process:
                self._process = process
                if self._stopping.is_set():
                    self._tell_end()
                self._listen(process)
            self._process = None
            if not self._stopping.is_set():
                _logger.error("projector-ended", exit_code=process.returncode)
                self._stopping.wait(RESTART_S)

    def _started(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            (sys.executable, "-m", "api.projector_child"),
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        assert process.stdin is not None
        # A full pipe means that it has been told already: nobody may wait for it to read.
        os.set_blocking(process.stdin.fileno(), False)
        return process

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        with os.fdopen(os.dup(process.stdout.fileno()), encoding="ascii") as lines:
            for line in lines:
                position, _, ledger_id = line.rstrip("\n").partition(" ")
                self._projector.reached(ledger_id, int(position))

    def _tell(self, message: bytes) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            os.write(process.stdin.fileno(), message)
        except (OSError, ValueError):
            # Full: it was told. Closed: it looks at the log by itself when it starts.
            return

    def _tell_end(self) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
