"""What a start says of the database's own guards: without them nothing is served."""

import stat
from pathlib import Path
from typing import Final

import structlog

from adapters.database import Database, access_file_of
from adapters.guards import check, event_triggers, roles
from adapters.guards.rights import APP, PROJECTOR

_OTHERS: Final = 0o077
"""Rights of everybody but the owner."""

_PARTS: Final = {
    "serving": ("serving-role-could-change-the-log", APP),
    "projecting": ("projecting-role-could-change-the-log", PROJECTOR),
}
"""What a process does: the warning of its role, and the role that would do."""

_logger = structlog.get_logger(__name__)


class GuardsDownError(Exception):
    """The database does not refuse changes of the log as it should; the text names what is missing or changed."""


def guard_problems(database: Database) -> list[str]:
    """What is wrong with the guards of log and access log, each in words; none when all are as this version makes."""
    return [each.detail for each in check.problems(database)]


def powers_beside_guards(database: Database) -> list[str]:
    """What members of the four roles could do beyond them; a start only warns of it."""
    return [f"{each}, beyond what the service has a use for" for each in check.powers_of_members(database)]


def guard_lines(problems: list[str]) -> list[str]:
    """The problems for people, one line each."""
    return [f"guards: {each}" for each in problems]


def refuse_without_guards(database: Database) -> None:
    """Returns when all is as it should be.

    Raises:
        GuardsDownError: see there.
    """
    problems = guard_problems(database)
    if problems:
        message = (
            f"the log is not guarded as this version guards it: {'; '.join(problems)}. Only somebody with every right "
            "on the database, or who owns what is named, could do that. Run `fundtrail verify` to see what else was "
            "done; then `fundtrail migrate` puts up what is missing or changed, and what is none of ours is for you to "
            "drop"
        )
        raise GuardsDownError(message)


def refuse_code_in_views(database: Database) -> None:
    """Returns when the views can be read without running what their owner wrote.

    Raises:
        GuardsDownError: they cannot.
    """
    problems = check.code_in_views(database)
    if problems:
        message = (
            f"nothing is read: {'; '.join(each.detail for each in problems)}. Somebody with the projector's rights did "
            "that: change his password, drop what is named without reading it, and let `fundtrail rebuild` make the "
            "views anew"
        )
        raise GuardsDownError(message)


def warn_of_powers(database: Database, *, doing: str = "serving") -> None:
    """Logs what the database would not refuse to this process's role; of SQLite's files, who else may read keys.

    `doing` is a key of `_PARTS`.
    """
    if database.is_sqlite:
        log_file = database.url.database or ""
        _warn_of_readers("log-file-open-to-others", Path(log_file), "private values, payees above all")
        access_holds = "hashes of keys, and whom pseudonyms stand for"
        _warn_of_readers("access-file-open-to-others", Path(access_file_of(log_file)), access_holds)
        return
    with database.log_reader.connect() as connection:
        power = roles.powers_over_log(connection)
        has_none = event_triggers.are_missing(connection)
    for each in check.powers_of_members(database):
        _logger.warning("member-could-do-more", because=each, help="take it from him, see docs/security.md")
    if power is not None:
        warning, part = _PARTS[doing]
        help_ = f"let a role do it that has {part} only, see docs/security.md"
        _logger.warning(warning, because=power, help=help_)
    if has_none:
        _logger.warning("no-event-triggers", help="let a superuser run `fundtrail migrate`, see docs/security.md")


def _warn_of_readers(warning: str, file: Path, content: str) -> None:
    # Its mode was somebody's choice, or an older version's: we make it for its owner alone.
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & _OTHERS:
        _logger.warning(warning, mode=f"{mode:04o}", help=f"chmod 600 {file}: it holds {content}")
