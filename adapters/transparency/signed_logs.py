"""Which logs were signed on this machine, by the folders of their keys: a log that vanished leaves its folder behind.

One folder of keys may serve several databases: logs of other deployments, and of other databases, are left alone.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from adapters.transparency.log_keys import LogKeys
from adapters.transparency.log_signer import noted_place, signed_last, was_signed

SignedLog = tuple[str, str]
"""Ledger and log id."""


class MissingLog(NamedTuple):
    """A log that was signed here and is not in the database. `size`: so many entries were signed; 0 if unknown."""

    ledger_id: str
    size: int
    detail: str


def signed_logs(keys: LogKeys) -> list[SignedLog]:
    """Every log that was signed on this machine. To be asked before the database is: what is signed is in it."""
    return [each for each in keys.logs() if was_signed(keys, *each)]


def missing_logs(
    keys: LogKeys, signed: Sequence[SignedLog], present: Collection[SignedLog], place: str | None
) -> list[MissingLog]:
    """Those that were signed for this deployment and database and are not among those present.

    `place` is that of the database (see database_place.py); None where all of the folder is this database's. Logs that
    are present and were signed elsewhere came from there, and those that were there with them are looked for as well.
    Where nobody noted the database of a log, or the note may not be read, the log may be another's, and is left alone.
    """
    lost = [each for each in signed if each not in present and not keys.is_of_another_deployment(*each)]
    places = {place, *(noted_place(keys, *each) for each in present)} - {None}
    return [_missing(keys, *each) for each in lost if place is None or noted_place(keys, *each) in places]


def _missing(keys: LogKeys, ledger_id: str, log_id: str) -> MissingLog:
    last = signed_last(keys, ledger_id, log_id)
    signed = (
        "it was signed here" if last is None or not last.size else f"its first {last.size} entries were signed here"
    )
    folder = keys.folder(ledger_id, log_id)
    detail = (
        f"{signed}, and the log is not in the database ({folder}). Bring it back from a backup; if it is another "
        "database's, or given up for good, move that folder elsewhere"
    )
    return MissingLog(ledger_id, 0 if last is None else last.size, detail)
