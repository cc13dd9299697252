"""docs/security.md is done step by step, names tests that there are, and counts what they do."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from tests.support.attacks_on_postgresql import AS_APP, AS_AUDITOR, AS_OWNER, AS_PROJECTOR
from tests.support.attacks_on_sqlite import REFUSED
from tests.support.effort import full_only
from tests.support.pages import Example, examples
from tests.support.processes import FUNDTRAIL, ROOT, answering, fundtrail, in_shell, started, wait_for
from tests.support.psql import psql_here

PAGE: Final = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
SHOWN_URL: Final = re.compile(r"postgresql\+psycopg://(\w+)(?::\$\(cat secrets/(\w+)\))?@localhost/fundtrail")
SUPERUSERS_URL: Final = "postgresql://postgres@localhost/fundtrail"
"""As PostgreSQL's own programs write it."""
EXPORT, MIGRATE, LOGINS, PROJECT, SERVE, VERIFY = examples(PAGE)
PASSWORDS: Final = ("api_password", "projector_password", "auditor_password")
REFUSALS: Final = re.findall(r"^```refused\n(.*)\n(.*)\n```$", PAGE, re.MULTILINE)


@dataclass(frozen=True)
class Bureau:
    """The page's server, and a folder with the files that the page speaks of."""

    url: str
    folder: Path

    def url_of(self, command: str) -> str:
        """The URL that a command of the page names, on the server of the tests."""
        found = SHOWN_URL.search(command)
        assert found is not None, command
        if found[1] == "postgres":
            return self.url
        password = (self.folder / "secrets" / found[2]).read_text(encoding="utf-8")
        return make_url(self.url).set(username=found[1], password=password).render_as_string(hide_password=False)

    def make_logins(self) -> None:
        """Does what the page does with psql."""
        address = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        assert SUPERUSERS_URL in LOGINS.command
        command = f"PATH={shlex.quote(psql_here())}:$PATH; export PATH; " + LOGINS.command.replace(
            SUPERUSERS_URL, shlex.quote(address)
        )
        done = in_shell(self.folder, self.url, command)
        assert (done.returncode, done.stdout) == (0, LOGINS.output), done.stderr

    def run(self, url: str, statement: str) -> None:
        engine = create_engine(url)
        try:
            with engine.begin() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()


@pytest.fixture
def bureau(postgresql_url: str, tmp_path: Path) -> Bureau:
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    (tmp_path / "secrets").mkdir()
    for name in PASSWORDS:
        (tmp_path / "secrets" / name).write_text(f"{name}-of-a-test", encoding="utf-8")
    return Bureau(postgresql_url, tmp_path)


def arguments(example: Example) -> list[str]:
    """What follows the program's name."""
    words = shlex.split(example.command)
    return words[words.index(".venv/bin/fundtrail") + 1 :]


@full_only
def test_each_part_runs_with_the_role_that_the_page_gives_it(bureau: Bureau) -> None:
    migrated = fundtrail(bureau.folder, bureau.url_of(EXPORT.command), *arguments(MIGRATE))
    assert migrated.returncode == 0, migrated.stderr
    # The address of the tests' server is another one; nothing was left out.
    assert migrated.stderr.strip().partition(" has ")[2] == MIGRATE.output.partition(" has ")[2]
    bureau.make_logins()
    with started([*FUNDTRAIL, *arguments(PROJECT)], bureau.folder, bureau.url_of(PROJECT.command)) as projector:
        wait_for("it projects", lambda: PROJECT.output in projector.messages.read_text("utf-8"), projector)
        with answering(arguments(SERVE), bureau.folder, bureau.url_of(SERVE.command)) as server:
            assert "serving-role-could-change-the-log" not in server.said()
            verified = fundtrail(bureau.folder, bureau.url_of(VERIFY.command), *arguments(VERIFY))
            assert (verified.returncode, (verified.stdout + verified.stderr).strip()) == (0, VERIFY.output)
            server.stop()
        projector.stop()
    for statement, message in REFUSALS:
        with pytest.raises(DBAPIError, match=re.escape(message)):
            bureau.run(bureau.url_of(SERVE.command), statement)
    assert len(REFUSALS) == 2


def test_the_page_names_files_that_there_are() -> None:
    missing = [
        path
        for line in PAGE.splitlines()
        for path in re.findall(r"`((?:tests|api|adapters)/[\w/]+\.py)`", line)
        if not (ROOT / path).is_file()
    ]
    assert missing == []


def test_the_page_counts_the_attempts() -> None:
    counts = re.findall(
        r"\((\d+) attempts as `fundtrail_app`, (\d+) as the owner of the tables,\s+(\d+) on SQLite", PAGE
    )
    assert counts == [(str(len(AS_APP)), str(len(AS_OWNER)), str(len(REFUSED)))]
    every = ", ".join(str(len(each)) for each in (AS_APP, AS_OWNER, AS_PROJECTOR, AS_AUDITOR, REFUSED))
    assert f"on SQLite | {every} | none succeeded |" in (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
