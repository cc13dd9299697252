"""A program in a process that is forked from one which has imported ours already: the import is half of a short life.

It is that program all the same: a process of its own, with its own session, environment, folder and files, that a test
may end at any moment.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

OURS: Final = "fundtrail"
_IMPORTED: Final = ["api.cli", "api.start", "api.serve", "api.projecting", "adapters.migrations.schema"]


class ForkedProgram:
    """`fundtrail` or a module with arguments, started; used as a `subprocess.Popen` is."""

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str], output: Path, messages: Path
    ) -> None:
        """The first word of the command is OURS, or the name of the module."""
        self.args = list(command)
        given = (self.args, str(folder), dict(environment), str(output), str(messages))
        self._process: BaseProcess = imported_context().Process(target=_run, args=given)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float) -> int:
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.args, timeout)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


def imported_context() -> ForkServerContext:
    """Where processes begin that have imported the program."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    return context


def _run(arguments: list[str], folder: str, environment: dict[str, str], output: str, messages: str) -> None:
    """What a shell does before it runs a program, and then the program."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, path, flags in ((0, os.devnull, os.O_RDONLY), (1, output, os.O_WRONLY), (2, messages, os.O_WRONLY)):
        opened = os.open(path, flags)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (open as long as the process lives)
    # Buffered as in any process whose output is a file.
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 (open as long as the process lives)
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115 (the same)
    sys.argv = arguments
    if arguments[0] != OURS:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
        return
    from api.start import main  # noqa: PLC0415 (imported already where it was forked from)

    main()
