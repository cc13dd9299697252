"""Which grants the groups of an issuer's tokens stand for: a TOML file that the operator writes.

[[grant]]
group = "finance-clerks"
role = "clerk"
ledgers = ["qingshi"]
units = ["U1"]
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from domain.access import Grant, Role, SenselessGrantError
from domain.shape import Shape, text_problem

_FIELDS: Final = frozenset({"group", "role", "ledgers", "units"})
_MOST_BYTES: Final = 1024 * 1024


class UnusableGrantFileError(ValueError):
    """The file of grants cannot be read as one; the text says which entry is wrong, and why."""


class GroupGrants:
    """The grants of every group, in the order of the file."""

    def __init__(self, grants: Collection[tuple[str, Grant]]) -> None:
        self._grants = tuple(grants)

    def of(self, groups: Collection[str]) -> tuple[Grant, ...]:
        """What the groups give together; nothing for groups that are not in the file."""
        return tuple(grant for group, grant in self._grants if group in groups)


def read_grants(path: Path) -> GroupGrants:
    """The grants of a file.

    Raises:
        UnusableGrantFileError: it cannot be read, or an entry of it is wrong.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise UnusableGrantFileError(f"{path}: longer than {_MOST_BYTES} bytes")
        document = tomllib.loads(content.decode())
    except OSError as error:
        raise UnusableGrantFileError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise UnusableGrantFileError(f"{path}: {error}") from error
    entries = document.get("grant")
    if document.keys() - {"grant"} or not isinstance(entries, list) or not entries:
        raise UnusableGrantFileError(f"{path}: it holds [[grant]] entries, at least one, and nothing else")
    return GroupGrants(list(_grants_of(path, entries)))


def _grants_of(path: Path, entries: list[Any]) -> Iterator[tuple[str, Grant]]:
    for number, entry in enumerate(entries, start=1):
        try:
            yield _grant_of(entry)
        except ValueError as error:
            raise UnusableGrantFileError(f"{path}: grant {number}: {error}") from None


def _grant_of(entry: Any) -> tuple[str, Grant]:
    if not isinstance(entry, dict):
        raise SenselessGrantError("it must be a table")
    unknown = sorted(entry.keys() - _FIELDS)
    if unknown:
        raise SenselessGrantError(f"there is no field {unknown[0]}")
    group, role = entry.get("group"), entry.get("role")
    if not isinstance(group, str) or not group:
        raise SenselessGrantError("group must be text")
    if role not in list(Role):
        raise SenselessGrantError(f"role must be one of {', '.join(Role)}")
    return group, Grant(role=Role(role), ledgers=_ids(entry, "ledgers"), units=_ids(entry, "units"))


def _ids(entry: Mapping[str, Any], name: str) -> frozenset[str] | None:
    given = entry.get(name)
    if given is None:
        return None
    if not isinstance(given, list) or any(
        not isinstance(each, str) or text_problem(Shape.IDENTIFIER, each) for each in given
    ):
        raise SenselessGrantError(f"{name} must be a list of ids")
    return frozenset(given)
