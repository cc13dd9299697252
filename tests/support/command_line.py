"""The command line inside the test's own process: quicker than a new one for each command."""

import io
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from tests.support.keys import keys_folder_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ENGLISH = {"LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Finished:
    """How a command ended, and what it wrote."""

    code: int
    output: str
    messages: str

    @property
    def json(self) -> Any:
        return json.loads(self.output)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.splitlines()]


@dataclass(frozen=True)
class CommandLine:
    """`fundtrail` on one database, working in one folder."""

    url: str
    folder: Path

    def __call__(self, *arguments: str | Path, environment: Mapping[str, str] = ENGLISH) -> Finished:
        output, messages = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            patch.setenv("FUNDTRAIL_DATABASE_URL", self.url)
            patch.setenv("FUNDTRAIL_KEYS_FOLDER", keys_folder_of(self.url))
            patch.setenv("FUNDTRAIL_AUTH", "off")
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["fundtrail", *map(str, arguments)])
            patch.setattr(sys, "stdout", output)
            patch.setattr(sys, "stderr", messages)
            code = _exit_code()
        output.flush()
        written = output.buffer
        assert isinstance(written, io.BytesIO)
        return Finished(code, written.getvalue().decode(), messages.getvalue())

    def file(self, name: str, rows: Iterable[Mapping[str, Any] | str]) -> Path:
        """A file of rows; a text stands as it is."""
        lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
        path = self.folder / name
        path.write_bytes("".join(f"{line}\n" for line in lines).encode())
        return path

    def position(self, ledger_id: str) -> int:
        """Number of events of a ledger; 0 where there is none."""
        listed = self("ledgers", "--json")
        items = listed.json["items"] if listed.code == 0 else []
        return next((int(each["position"]) for each in items if each["ledger_id"] == ledger_id), 0)


def _exit_code() -> int:
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
