"""What someone with every right on the database and the log's key can do: which check catches it, where, and what not.

One row for each attack. Whoever attacks has neither the key of the witness nor the files of the auditor: the log's
verifier key, the policy, and the checkpoint kept from the last visit. `verify` is what `fundtrail verify` finds.
"""

import re
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.support.attack import PASSES, UNASKED, UNCOVERED, Attack, outcome_of
from tests.support.attacks_by_adding_rows import ADDED
from tests.support.attacks_by_appending import APPENDING
from tests.support.attacks_on_evidence import EVIDENCE
from tests.support.attacks_on_history import HISTORY
from tests.support.attacks_on_storage import STORAGE
from tests.support.effort import IS_FULL, sampled
from tests.support.watched_log import BACKUP, NOW, SEEN, Story, told

MATRIX: Final = (*STORAGE, *ADDED, *HISTORY, *APPENDING, *EVIDENCE)
AT_LEAST: Final = 40
"""Attacks, and of them so many changes with every right on the database that `fundtrail verify` finds."""
CHECKS: Final = ("signer", "witness", "export", "bundle", "verify")
UNTOUCHED: Final = tuple(
    Attack(name=f"nothing, {name}", at=at, export=PASSES, bundle=PASSES, verify=PASSES)
    for name, at in {"claim with a tail": None, "claim that a digest covers": 273}.items()
)
PROOFS: Final = Path(__file__).resolve().parents[2] / "docs" / "proofs.md"
NOTHING_TO_LOOK_AT: Final = {"What was never entered."}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Made once; every attack is on a copy."""
    return told(tmp_path_factory.mktemp("story"))


@pytest.mark.parametrize("attack", sampled([*UNTOUCHED, *MATRIX], one_in=6), ids=lambda attack: attack.name)
def test_an_attack_is_caught_where_the_matrix_says(attack: Attack, story: Story, tmp_path: Path) -> None:
    outcome = outcome_of(attack, story, tmp_path)
    assert {check: getattr(outcome, check) for check in CHECKS} == {check: getattr(attack, check) for check in CHECKS}
    if attack.remark:
        assert any(remark.startswith(attack.remark) for remark in outcome.remarks), outcome.remarks


@pytest.mark.parametrize("stage", [BACKUP, SEEN, NOW])
def test_each_stage_is_whole_before_it_is_attacked(stage: str, story: Story, tmp_path: Path) -> None:
    with story.copied(tmp_path, stage) as log:
        assert log.verdict().differences == []
        assert log.latest().size == log.head


def caught_by(attack: Attack) -> list[str]:
    """The checks that do not let it pass."""
    return [check for check in CHECKS if getattr(attack, check) not in {PASSES, UNASKED}]


def documented() -> list[str]:
    """The beginnings of what docs/proofs.md says cannot be caught."""
    _, _, listed = PROOFS.read_text(encoding="utf-8").partition("## What cannot be caught")
    return re.findall(r"^- \*\*(.+?)\*\*", listed, re.MULTILINE)


def test_what_is_said_to_be_beyond_evidence_has_a_case_that_shows_it() -> None:
    shown = {attack.documented for attack in MATRIX}
    missing = [each for each in documented() if each not in shown | NOTHING_TO_LOOK_AT]
    assert not missing
    assert len(documented()) > len(NOTHING_TO_LOOK_AT)


def test_nothing_passes_everywhere_that_is_not_said_to() -> None:
    text = " ".join(PROOFS.read_text(encoding="utf-8").split())
    silent = [attack for attack in MATRIX if not caught_by(attack)]
    assert [attack.name for attack in silent if not attack.documented and not attack.remark] == []
    assert [attack.name for attack in MATRIX if attack.documented and attack.documented not in text] == []


def found_by_verify(attack: Attack) -> bool:
    """Whether `fundtrail verify` alone finds it, without anything from outside."""
    return attack.verify not in {PASSES, UNASKED}


def as_table() -> list[str]:
    """One line for each check of each attack that was asked."""
    return [
        f"{attack.name} | {check} | {getattr(attack, check)}"
        for attack in MATRIX
        for check in CHECKS
        if getattr(attack, check) != UNASKED and (check in CHECKS[2:] or getattr(attack, check) != PASSES)
    ]


def test_the_matrix_in_one_place() -> None:
    """`pytest -s` shows it."""
    names = [attack.name for attack in MATRIX]
    assert len(names) == len(set(names)) >= AT_LEAST
    assert len({attack.name for attack in MATRIX if attack.on_log and found_by_verify(attack)}) >= AT_LEAST
    caught = [attack.name for attack in MATRIX if caught_by(attack)]
    found = sum(map(found_by_verify, MATRIX))
    tried = f"{'all' if IS_FULL else 'one in four'} tried in this run"
    counts = f"{len(MATRIX)} attacks, {len(caught)} caught, {found} of them by verify alone; {tried}"
    sys.stdout.write("\n".join(["", *as_table(), counts, ""]))
    assert all(any(name in line for line in as_table()) for name in names)
    assert UNCOVERED in {attack.bundle for attack in MATRIX}
