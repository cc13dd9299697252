"""A new event type or command cannot be forgotten: the type checker names every place of the domain that must know it.

The check runs on a copy of the domain alone, so it takes seconds: a first run on the unchanged copy, then one on the
changed files with what the first run has cached.
"""

import re
import shutil
from pathlib import Path
from typing import Final

import pytest
from mypy import api as mypy

from tests.support.effort import full_only

DOMAIN: Final = Path(__file__).resolve().parents[2] / "domain"
NEW_FACT: Final = """

@dataclass(frozen=True, slots=True, kw_only=True)
class FundsCarriedOver:
    line_id: Identifier
    amount: Amount

"""


@pytest.fixture
def copied_domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the domain that may be changed; mypy runs beside it."""
    shutil.copytree(DOMAIN, tmp_path / "domain", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "domain"


def type_errors() -> list[str]:
    """The errors mypy finds in the copy."""
    output, complaint, _ = mypy.run(["--strict", "--config-file=", "--cache-dir=cache", "--no-pretty", "domain"])
    assert complaint == ""
    return [line for line in output.splitlines() if ": error: " in line]


def replace_once(path: Path, old: str, new: str) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count(old) == 1
    path.write_text(source.replace(old, new), encoding="utf-8")


def function_of(folder: Path, error: str) -> str:
    """`file.function` in which the error is."""
    place = re.match(r"domain.(\w+)\.py:(\d+):", error)
    assert place is not None
    lines = (folder / f"{place[1]}.py").read_text(encoding="utf-8").splitlines()[: int(place[2])]
    function = next(match[1] for line in reversed(lines) if (match := re.match(r"def (\w+)", line)))
    return f"{place[1]}.{function}"


@full_only
def test_a_new_fact_and_its_command_are_missed_by_name_wherever_they_must_be_handled(copied_domain: Path) -> None:
    assert type_errors() == []
    replace_once(copied_domain / "flow.py", "\nMoneyFact = (\n", NEW_FACT + "\nMoneyFact = (\n    FundsCarriedOver |")
    registry = copied_domain / "registry.py"
    replace_once(registry, "from domain.flow import (\n", "from domain.flow import (\n    FundsCarriedOver,\n")
    replace_once(registry, "\nFact = (\n", "\nFact = (\n    FundsCarriedOver |")
    replace_once(registry, "\nBody = (\n", "\nBody = (\n    FundsCarriedOver |")
    errors = type_errors()
    unhandled = [error for error in errors if 'to "assert_never" has incompatible type "FundsCarriedOver"' in error]
    assert {function_of(copied_domain, error) for error in unhandled} == {
        "registry.boundaries",
        "registry._decide_body",
        "reversal.refuse_when_rested_upon",
        "tagging._tags_of_fact",
    }
    incomplete = [error for error in errors if "Missing return statement" in error]
    assert {function_of(copied_domain, error) for error in incomplete} == {"flow.flow_of"}
