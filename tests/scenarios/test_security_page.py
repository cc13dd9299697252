"""docs/security.md is done step by step, names tests that there are, and counts what they do."""

import re
import shlex
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from tests.support.attacks_on_postgresql import AS_APP, AS_OWNER
from tests.support.attacks_on_sqlite import REFUSED
from tests.support.pages import Example, examples
from tests.support.processes import FUNDTRAIL, ROOT, answering, fundtrail, started, wait_for

PAGE: Final = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
SHOWN_URL: Final = re.compile(r"postgresql\+psycopg://(\w+)(?::([\w-]+))?@localhost/fundtrail")
EXPORT, MIGRATE, PROJECT, SERVE, VERIFY = examples(PAGE)
(LOGINS,) = re.findall(r"^```sql\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
REFUSALS: Final = re.findall(r"^```refused\n(.*)\n(.*)\n```$", PAGE, re.MULTILINE)


@dataclass(frozen=True)
class Bureau:
    """The page's server and its roles, under names that no other test has."""

    url: str
    folder: Path
    prefix: str

    def url_of(self, command: str) -> str:
        """The URL that a command of the page names, on the server of the tests."""
        found = SHOWN_URL.search(command)
        assert found is not None, command
        if found[1] == "postgres":
            return self.url
        login = make_url(self.url).set(username=self.named(found[1]), password=found[2])
        return login.render_as_string(hide_password=False)

    def named(self, shown: str) -> str:
        return shown.replace("bureau_", f"{self.prefix}_")

    def run(self, url: str, *statements: str) -> None:
        engine = create_engine(url)
        try:
            with engine.begin() as connection:
                for statement in statements:
                    connection.execute(text(self.named(statement)))
        finally:
            engine.dispose()


@pytest.fixture
def bureau(postgresql_url: str, tmp_path: Path) -> Iterator[Bureau]:
    made = Bureau(postgresql_url, tmp_path, f"b{uuid.uuid4().hex[:8]}")
    yield made
    for role in re.findall(r"CREATE ROLE (\w+)", LOGINS):
        made.run(postgresql_url, f"DROP ROLE IF EXISTS {role}")


def arguments(example: Example) -> list[str]:
    """What follows the program's name."""
    words = shlex.split(example.command)
    return words[words.index(".venv/bin/fundtrail") + 1 :]


def test_each_part_runs_with_the_role_that_the_page_gives_it(bureau: Bureau) -> None:
    migrated = fundtrail(bureau.folder, bureau.url_of(EXPORT.command), *arguments(MIGRATE))
    assert migrated.returncode == 0, migrated.stderr
    # The address of the tests' server is another one; nothing was left out.
    assert migrated.stderr.strip().partition(" has ")[2] == MIGRATE.output.partition(" has ")[2]
    bureau.run(bureau.url, *filter(str.strip, LOGINS.split(";")))
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
