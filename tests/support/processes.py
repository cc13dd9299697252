"""The real program in processes of its own, which a test may end at any moment."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.forked import OURS, ForkedProgram
from tests.support.keys import keys_folder_of

ROOT = Path(__file__).resolve().parents[2]
FUNDTRAIL = (sys.executable, "-c", "from api.cli import main; main()")
MODULE = (sys.executable, "-m")
"""Before the name of a module that is run as a program."""
Process = ForkedProgram | subprocess.Popen[bytes]
DEADLINE_S = 60.0
_LOOK_AGAIN_S = 0.002


@dataclass(frozen=True)
class Child:
    """A process that was started, and the files that it writes to."""

    process: Process
    output: Path
    messages: Path

    def kill(self) -> None:
        """SIGKILL: it gets no chance to finish anything."""
        self.process.kill()
        self.process.wait(DEADLINE_S)

    def stop(self) -> None:
        """SIGTERM: it finishes what it is at. Fails unless it ends well."""
        self.process.terminate()
        assert self.process.wait(DEADLINE_S) == 0, self.said()

    def said(self) -> str:
        """What it wrote, for the message of a failing test."""
        return self.output.read_text("utf-8") + self.messages.read_text("utf-8")

    def wait(self) -> str:
        """What it wrote to standard output, once it has ended well."""
        assert self.process.wait(DEADLINE_S) == 0, self.said()
        return self.output.read_text("utf-8")


@dataclass(frozen=True)
class Server(Child):
    """A process that answers at an address."""

    url: str


def wait_for(what: str, condition: Callable[[], bool], child: Child | None = None) -> None:
    """Looks until the condition holds. Fails after a minute, or when the child has ended before."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert child is None or child.process.poll() is None, f"ended before {what}: {child.said()}"
        assert time.monotonic() < deadline, f"{what}: not in {DEADLINE_S:.0f} s. {child.said() if child else ''}"
        time.sleep(_LOOK_AGAIN_S)


@contextmanager
def started(
    command: Sequence[str], folder: Path, database_url: str, temporary: Path | None = None, **settings: str
) -> Iterator[Child]:
    """A process in a group of its own, working in the folder; it is killed at the end, if not before.

    Settings are named as in `api.settings`. `temporary` is where it puts temporary files; None: where all do.
    """
    number = len(list(folder.glob("child-*.out")))
    output, messages = folder / f"child-{number}.out", folder / f"child-{number}.err"
    environment = _environment(database_url) | {f"FUNDTRAIL_{name.upper()}": value for name, value in settings.items()}
    environment |= {} if temporary is None else {"TMPDIR": str(temporary)}
    with output.open("wb") as to_output, messages.open("wb") as to_messages:
        process: Process
        if (ours := _as_forked(command)) is not None:
            process = ForkedProgram(ours, folder, environment, output, messages)
        else:
            process = subprocess.Popen(  # noqa: S603 (the command is the test's own)
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=to_output,
                stderr=to_messages,
                start_new_session=True,
            )
    child = Child(process, output, messages)
    try:
        yield child
    finally:
        child.kill()


def _as_forked(command: Sequence[str]) -> list[str] | None:
    """The same for a `ForkedProgram`; None for one that needs an interpreter of its own, with its options."""
    if tuple(command[: len(FUNDTRAIL)]) == FUNDTRAIL:
        return [OURS, *command[len(FUNDTRAIL) :]]
    return list(command[len(MODULE) :]) if tuple(command[: len(MODULE)]) == MODULE else None


@contextmanager
def serving(folder: Path, database_url: str, *options: str, **settings: str) -> Iterator[Server]:
    """`fundtrail serve` on a free port, once it answers. See `started`."""
    with answering(["serve", "--host", "127.0.0.1", *options], folder, database_url, **settings) as server:
        yield server


@contextmanager
def witnessing(folder: Path, *options: str) -> Iterator[Server]:
    """`fundtrail witness` with its key and state in the folder, on a free port, once it answers."""
    with answering(["witness", "--key", "witness.key", "--state", "witness.state", *options], folder, "") as server:
        yield server


def fundtrail(folder: Path, database_url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """What a command of the program answered."""
    with started([*FUNDTRAIL, *arguments], folder, database_url) as child:
        code = child.process.wait(DEADLINE_S)
        return subprocess.CompletedProcess(
            arguments, code, child.output.read_text("utf-8"), child.messages.read_text("utf-8")
        )


def in_shell(folder: Path, database_url: str, command: str) -> "subprocess.CompletedProcess[str]":
    """What a shell answered to a line as a page shows it."""
    return subprocess.run(  # noqa: S603 (the command is our own page's)
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=_environment(database_url),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


@contextmanager
def answering(
    command: Sequence[str], folder: Path, database_url: str, *, program: Sequence[str] = FUNDTRAIL, **settings: str
) -> Iterator[Server]:
    """A command of the program that serves, on a free port whatever it names, once it answers. See `started`."""
    with started([*program, *command, "--port", "0"], folder, database_url, None, **settings) as child:
        wait_for("the server prints its address", lambda: address_of(child) is not None, child)
        yield Server(child.process, child.output, child.messages, url=address_of(child) or "")


def address_of(child: Child) -> str | None:
    """Where a server says that it answers; None as long as it has not said so."""
    found = re.search(r"http://[\w.:\[\]]+(?=\s)", child.output.read_text("utf-8"))
    return found.group() if found else None


def _environment(database_url: str) -> dict[str, str]:
    # Unbuffered output would hide that an address is printed too late.
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("FUNDTRAIL_") and name != "PYTHONUNBUFFERED"
    }
    path = os.pathsep.join(filter(None, [str(ROOT), inherited.get("PYTHONPATH")]))
    keys = {
        "FUNDTRAIL_KEYS_FOLDER": keys_folder_of(database_url),
        "FUNDTRAIL_DAILY_DIGEST": "false",
        "FUNDTRAIL_AUTH": "off",
    }
    return inherited | {"FUNDTRAIL_DATABASE_URL": database_url, "PYTHONPATH": path} | keys
