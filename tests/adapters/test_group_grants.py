"""The file that says which roles the groups of tokens have."""

from pathlib import Path

import pytest

from adapters.access.group_grants import UnusableGrantFileError, read_grants
from domain.access import Grant, Role

GOOD = """
[[grant]]
group = "finance"
role = "clerk"
ledgers = ["qingshi"]
units = ["U1", "U2"]

[[grant]]
group = "audit"
role = "auditor"
"""


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "grants.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_groups_give_what_the_file_says_in_its_order(tmp_path: Path) -> None:
    grants = read_grants(written(tmp_path, GOOD))
    clerk = Grant(role=Role.CLERK, ledgers=frozenset({"qingshi"}), units=frozenset({"U1", "U2"}))
    auditor = Grant(role=Role.AUDITOR)
    assert grants.of({"audit", "finance", "choir"}) == (clerk, auditor)
    assert grants.of({"audit"}) == (auditor,)
    assert grants.of(set()) == ()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "at least one"),
        ("colour = 1", "nothing else"),
        ("[[grant]]\ngroup = 'a'", "grant 1: role"),
        ("[[grant]]\ngroup = 'a'\nrole = 'king'", "grant 1: role"),
        ("[[grant]]\ngroup = 'a'\nrole = ['clerk']", "grant 1: role"),
        ("[[grant]]\ngroup = ''\nrole = 'clerk'", "grant 1: group"),
        ("[[grant]]\ngroup = 'a'\nrole = 'clerk'\ncolour = 1", "there is no field colour"),
        ("[[grant]]\ngroup = 'a'\nrole = 'clerk'\nledgers = 'qingshi'", "ledgers"),
        ("[[grant]]\ngroup = 'a'\nrole = 'clerk'\nledgers = ['a b']", "ledgers"),
        ("[[grant]]\ngroup = 'a'\nrole = 'clerk'\nunits = ['U1']", "exactly one ledger"),
        (GOOD + "[[grant]]\ngroup = 'a'\nrole = 'admin'\nledgers = ['a']", "grant 3: an administrator"),
        ("grant = [1]", "grant 1"),
        ("[[grant]", "grants.toml"),
        (b"\xff", "grants.toml"),
    ],
)
def test_a_file_that_is_wrong_says_where_and_why(tmp_path: Path, content: str | bytes, why: str) -> None:
    with pytest.raises(UnusableGrantFileError, match=why):
        read_grants(written(tmp_path, content))


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnusableGrantFileError, match="No such file"):
        read_grants(tmp_path / "none.toml")
