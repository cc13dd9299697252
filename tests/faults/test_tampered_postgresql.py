"""What someone with every right on PostgreSQL changes in the rows of the log is found there as it is on SQLite.

The triggers are disabled first. The rows of the matrix, and what `fundtrail verify` says of each, are those of
test_tamper_matrix.py; what only the verifier finds is found on the bytes, which are the same on both.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from api.database_guards import guard_problems
from tests.support.attack import PASSES, Attack, in_words
from tests.support.attacks_by_adding_rows import ADDED
from tests.support.attacks_on_storage import BESIDE, EDITS, ENTRIES
from tests.support.effort import IS_FULL, full_but
from tests.support.postgres import fresh_database
from tests.support.tampered_postgresql import copied, copy_story
from tests.support.watched_log import Story, told

ALL: Final = tuple(each for each in (*EDITS, *ENTRIES, *BESIDE, *ADDED) if each.verify != PASSES)
QUICK: Final = (EDITS[8], ENTRIES[1], BESIDE[1], ADDED[0])
"""One of each kind; `make test-faults` makes them all."""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return told(tmp_path_factory.mktemp("story"))


@pytest.fixture(scope="module")
def template_url(postgresql_server_url: str, story: Story, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with fresh_database(postgresql_server_url) as url:
        copy_story(story, tmp_path_factory.mktemp("template"), url)
        yield url


@pytest.mark.parametrize("attack", full_but(ALL, QUICK), ids=lambda attack: attack.name)
def test_what_was_changed_with_every_right_is_found_with_its_position(
    attack: Attack, story: Story, template_url: str, tmp_path: Path
) -> None:
    with copied(story, tmp_path, template_url) as log:
        assert attack.on_log is not None
        attack.on_log(log)
        assert in_words(log.verdict()) == attack.verify
        # The triggers are still disabled: that is found as well, whatever was changed behind them.
        if "amount in the views" not in attack.name:
            assert any("is not always enabled" in each for each in guard_problems(log.database))


def test_a_copy_that_nobody_touched_is_whole(story: Story, template_url: str, tmp_path: Path) -> None:
    with copied(story, tmp_path, template_url) as log:
        assert log.verdict().differences == []
        assert guard_problems(log.database) == []


def test_there_are_as_many_as_were_asked_for() -> None:
    assert len({each.name for each in ALL}) >= 40
    assert {each.name for each in QUICK} <= {each.name for each in ALL}
    tried = len(ALL) if IS_FULL else len(QUICK)
    sys.stdout.write(f"\nPostgreSQL with every right: {len(ALL)} changes, {tried} tried in this run, 0 not found\n")
