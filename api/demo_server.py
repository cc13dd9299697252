"""`fundtrail demo`: builds the example ledgers in a folder of their own and serves them on this machine."""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

from api.bootstrap import running_services
from api.databases import recording_database
from api.demo import build_examples, command_count
from api.demo_guide import guide
from api.logs import configure_logging
from api.progress import ROWS, progress
from api.serve import listen, serve_services
from api.settings import Settings
from api.terminal import say, write_text

HOST: Final = "127.0.0.1"
KEPT_FOLDER: Final = Path("fundtrail-demo")
DATABASE_FILE: Final = "demo.db"


def run_demo(port: int, *, keep: bool) -> None:
    """Serves until a signal ends it. The folder is new and thrown away at the end, unless it is to be kept.

    Raises:
        CommandFailed: the examples cannot be read.
    """
    with _folder(keep=keep) as folder:
        url = f"sqlite:///{folder / DATABASE_FILE}"
        settings = _settings(url, port)
        with (
            recording_database(settings) as database,
            progress("recording the examples", command_count(), ROWS) as tick,
        ):
            build_examples(database, tick)
        configure_logging(settings.log_level)
        with running_services(settings, projector_process=True) as services:
            serve_services(services, _announce)


def _settings(database_url: str, port: int) -> Settings:
    """Settings of the demo alone: what the environment says of the real database and server is not for it."""
    values: dict[str, Any] = {
        "_env_file": None,
        "database_url": database_url,
        "keys_folder": "",
        "host": HOST,
        "port": free_port_near(port),
        "workers": 1,
        "auth": "off",
        "projector": True,
        # What was recorded in the examples is all that the guide and the README speak of.
        "daily_digest": False,
        "log_level": "warning",
    }
    return Settings(**values)


def free_port_near(port: int) -> int:
    """The port, or 0 (which takes a free one) when another server has it."""
    try:
        listen(HOST, port).close()
    except OSError:
        say(f"port {port} is taken, so the demo takes a free one")
        return 0
    return port


def _announce(url: str) -> None:
    write_text(f"fundtrail demo: {url}")
    write_text("")
    for line in guide(url):
        write_text(line)
    say("Ctrl+C ends the demo")


@contextmanager
def _folder(*, keep: bool) -> Iterator[Path]:
    if keep:
        KEPT_FOLDER.mkdir(exist_ok=True)
        yield KEPT_FOLDER.resolve()
        return
    # A signal that ends the process must not leave the folder behind, nor must a second one while it is removed.
    signal.signal(signal.SIGTERM, _end)
    with tempfile.TemporaryDirectory(prefix="fundtrail-demo-", ignore_cleanup_errors=True) as folder:
        try:
            yield Path(folder)
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
