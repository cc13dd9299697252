"""What `fundtrail keys` and `fundtrail pseudonyms` do."""

from collections.abc import Mapping
from typing import Any, Final

from adapters.access.api_keys import ApiKeys, UnknownKeyError
from adapters.access.pseudonyms import PseudonymAlteredError, Pseudonyms
from adapters.clock import SystemClock
from api.databases import existing_database, guarded_database, recording_database
from api.field_wording import field_detail
from api.rendering.keys import key_json
from api.schemas.access_keys import read_key_request
from api.settings import Settings
from api.terminal import USAGE, CommandFailed, fail, language_of_terminal
from domain.access import LOCAL_ACTOR
from domain.access_log import Act
from domain.dates import format_instant

_ALTERED: Final = (
    "the row of that pseudonym names somebody whom it does not stand for: it was changed in the database. Run "
    "`fundtrail verify`; once it is erased, it is known again when its subject comes again"
)
_NOT_KNOWN: Final = "it is not known whom that stands for: no such pseudonym, or erased"


def create(settings: Settings, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The key as JSON, and its text; the database is made when there is none."""
    clock = SystemClock()
    new = read_key_request(wanted, clock.now())
    if isinstance(new, list):
        language = language_of_terminal()
        fail("; ".join(f"{each.pointer[1:]}: {field_detail(each, language)}" for each in new), USAGE)
    with recording_database(settings) as database:
        made = ApiKeys(database, clock).create(new, _by_hand("create-key"))
    return key_json(made.key, clock.now()) | {"key": made.text}


def every(settings: Settings) -> list[dict[str, Any]]:
    """Every key as JSON, by the time it was made."""
    clock = SystemClock()
    with existing_database(settings.database_url) as database:
        return [key_json(key, clock.now()) for key in ApiKeys(database, clock).every()]


def revoke(settings: Settings, key_id: str) -> dict[str, Any]:
    """The revoked key as JSON.

    Raises:
        CommandFailed: there is none of that id.
    """
    clock = SystemClock()
    with guarded_database(settings.database_url) as database:
        try:
            key = ApiKeys(database, clock).revoke(key_id, _by_hand("revoke-key"))
        except UnknownKeyError:
            raise CommandFailed("there is no key of that id: `fundtrail keys list` shows them") from None
    return key_json(key, clock.now())


def line_of(key: Mapping[str, Any]) -> str:
    """A key in one line of text."""
    state = _state_of(key)
    where = " ".join(key["ledgers"] or ["every-ledger" if key["role"] != "admin" else "-"])
    units = f" units {' '.join(key['units'])}" if key["units"] else ""
    until = f" until {key['expires_at']}" if key["expires_at"] else ""
    return f"{key['key_id']}  {state}  {key['role']:<8}  {where}{units}{until}  {key['label'] or ''}".rstrip()


def _state_of(key: Mapping[str, Any]) -> str:
    if not key["as_recorded"]:
        return "not as recorded"
    return "usable " if key["usable"] else "revoked" if key["revoked_at"] else "expired"


def person(settings: Settings, name: str) -> dict[str, Any]:
    """Whom a pseudonym stands for, as JSON.

    Raises:
        CommandFailed: that is not known, or what is stored of it is not true.
    """
    with guarded_database(settings.database_url) as database:
        try:
            found = Pseudonyms(database, SystemClock()).tell(name, _by_hand("show-pseudonym"))
        except PseudonymAlteredError as error:
            raise CommandFailed(_ALTERED) from error
    if found is None:
        raise CommandFailed(_NOT_KNOWN)
    return {
        "pseudonym": found.pseudonym,
        "issuer": found.issuer,
        "subject": found.subject,
        "first_seen_at": format_instant(found.first_seen_at),
    }


def erase(settings: Settings, name: str) -> None:
    """Erases whom a pseudonym stands for.

    Raises:
        CommandFailed: that is not known.
    """
    with guarded_database(settings.database_url) as database:
        if not Pseudonyms(database, SystemClock()).erase(name, _by_hand("erase-pseudonym")):
            raise CommandFailed(_NOT_KNOWN)


def _by_hand(action: str) -> Act:
    """An act of who has a shell on this machine."""
    return Act(actor=LOCAL_ACTOR, action=action)
