"""What `fundtrail verify` looks at: every ledger, the access log, the guards, and on SQLite the files themselves."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.database import Database
from adapters.database_faults import database_errors, is_damage, words_of
from adapters.sqlite_integrity import StorageProblem, storage_problems
from adapters.transparency.log_keys import LogKeys
from adapters.transparency.signed_logs import signed_logs
from api import verifying
from api.access_verdict import AccessVerdict, access_verdict_json, access_verdict_lines, verify_access_log
from api.database_guards import guard_lines, guard_problems, powers_beside_guards
from api.progress import EVENTS, progress
from api.settings import Settings
from api.terminal import fail, write_text
from api.transparency import policy_of
from api.vanished import place_among
from domain.access_log import AccessMark


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was found. `access` is None where the access log was not looked at."""

    guards: Sequence[str]
    storage: Sequence[StorageProblem]
    verdicts: Sequence[verifying.Verdict]
    access: AccessVerdict | None

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        counts = [each.count for each in self.verdicts] + ([] if self.access is None else [self.access.count])
        return not (self.guards or self.storage or any(counts))


def verify_all(
    settings: Settings, database: Database, ledgers: Collection[str], noted: Collection[AccessMark], *, quiet: bool
) -> Verified:
    """Looks at the ledgers, or at everything where none is named; unless `quiet`, each verdict is said as it is found.

    Ends the process when a ledger is neither there nor was ever signed here.
    """
    keys = LogKeys(settings.keys_path(), settings.deployment)
    # Listed before the ledgers are: what is signed was in the database before.
    signed = signed_logs(keys)
    present = verifying.ledger_ids(database)
    missing = verifying.missing_verdicts(database, keys, signed, place_among(settings, database))
    known = {*present, *(each.ledger_id for each in missing)}
    if unknown := [each for each in ledgers if each not in known]:
        fail(f"there is no ledger {', '.join(unknown)}")
    guards, storage = _guards(database), storage_problems(database)
    verdicts = []
    for verdict in _each(
        settings, database, keys, [each for each in present if not ledgers or each in ledgers], missing
    ):
        if not ledgers or verdict.ledger_id in ledgers:
            verdicts.append(verdict)
            for line in () if quiet else verifying.verdict_lines(verdict):
                write_text(line)
    access = None if ledgers and not noted else verify_access_log(database, noted)
    return Verified(guards=guards, storage=storage, verdicts=verdicts, access=access)


def verified_json(found: Verified) -> dict[str, Any]:
    """What was found, for machines."""
    told = {
        "sound": found.is_sound,
        "guards": list(found.guards),
        "storage": storage_json(found.storage),
        "ledgers": [verifying.verdict_json(verdict) for verdict in found.verdicts],
    }
    return told | access_verdict_json(found.access)


def last_lines(found: Verified) -> Iterator[str]:
    """What is said once every verdict was."""
    yield from guard_lines(list(found.guards))
    yield from storage_lines(found.storage)
    yield from access_verdict_lines(found.access)


def storage_json(problems: Sequence[StorageProblem]) -> list[dict[str, Any]]:
    """What is wrong with the files, for machines."""
    return [each._asdict() for each in problems]


def storage_lines(problems: Sequence[StorageProblem]) -> Iterator[str]:
    """What is wrong with the files, one line each."""
    for each in problems:
        table = "" if each.table is None else f", table {each.table}"
        ledger = "" if each.ledger_id is None else f", ledger {each.ledger_id}"
        position = "" if each.position is None else f" position {each.position}"
        yield f"storage: {each.file}{table}{ledger}{position}: {each.detail}"


def _guards(database: Database) -> list[str]:
    try:
        return [*guard_problems(database), *powers_beside_guards(database)]
    except database_errors() as error:
        if not is_damage(error):
            raise
        return [f"cannot be looked at: {words_of(error)}"]


def _each(
    settings: Settings,
    database: Database,
    keys: LogKeys,
    present: Sequence[str],
    missing: Sequence[verifying.Verdict],
) -> Iterator[verifying.Verdict]:
    witnesses = [each.key for each in policy_of(settings).witnesses]
    for ledger_id in present:
        with progress(f"verifying {ledger_id}", None, EVENTS) as advance:
            verdict = verifying.verify(database, ledger_id, advance.to, keys, witnesses)
        yield verdict
    yield from missing
