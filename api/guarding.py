"""What a start says of the database's own guards: without them nothing is served."""

import structlog

from adapters.database import Database
from adapters.guards import check, event_triggers, roles

_logger = structlog.get_logger(__name__)


class GuardsDownError(Exception):
    """The database does not refuse changes of the log as it should; the text names what is missing or changed."""


def guard_problems(database: Database) -> list[str]:
    """What is wrong with the guards of log and access log, each in words; none when all are as this version makes."""
    return [each.detail for each in check.problems(database)]


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
            "on the database could do that. Run `fundtrail verify` to see what else was done; then `fundtrail migrate` "
            "puts up what is missing or changed, and what is none of ours is for you to drop"
        )
        raise GuardsDownError(message)


def warn_of_powers(database: Database) -> None:
    """Logs what the role that serves could do to the log, and that the database would not refuse."""
    if database.is_sqlite:
        return
    with database.log_reader.connect() as connection:
        power = roles.powers_over_log(connection)
        has_none = event_triggers.are_missing(connection)
    if power is not None:
        help_ = "serve with a role that has fundtrail_app only, see docs/security.md"
        _logger.warning("serving-role-could-change-the-log", because=power, help=help_)
    if has_none:
        _logger.warning("no-event-triggers", help="let a superuser run `fundtrail migrate`, see docs/security.md")
