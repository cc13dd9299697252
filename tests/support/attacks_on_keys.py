"""What someone writes into the table of keys itself: with the rights of the service, and with every right.

`{}` stands before the name of each table, as in `tests.support.access`.
"""

from typing import Final, NamedTuple

STRANGER: Final = "strangerkeys"
"""Id of a key that nobody made."""
SECRET: Final = "A" * 43


class KeyAttack(NamedTuple):
    """A statement, with the id of a standing key and of a revoked one to be filled in, and what is then said of one."""

    name: str
    statement: str
    detail: str
    of_revoked: bool = False


_STANDING: Final = "WHERE key_id = :standing"
_REVOKED: Final = "WHERE key_id = :revoked"
INVENTED: Final = (
    "INSERT INTO {}api_key (key_id, secret_hash, role, created_at_us, created_by) "
    f"VALUES ('{STRANGER}', :hash, 'approver', 1, 'setup')"
)
"""An approver of every ledger; `:hash` is that of the secret."""
REVOKED_BY_HAND: Final = f"UPDATE {{}}api_key SET revoked_at_us = 1, revoked_by = 'local' {_STANDING}"

ON_KEYS: Final = (
    KeyAttack("revoked", REVOKED_BY_HAND, "it is revoked, and no record says so"),
    KeyAttack(
        "raised",
        f"UPDATE {{}}api_key SET role = 'approver', ledgers = NULL, units = NULL {_STANDING}",
        "role, ledgers, units: not as its record says",
    ),
    KeyAttack(
        "given another unit",
        f"UPDATE {{}}api_key SET units = 'U1 U9' {_STANDING}",
        "units: not as its record says",
    ),
    KeyAttack(
        "given another secret",
        f"UPDATE {{}}api_key SET secret_hash = (SELECT secret_hash FROM {{}}api_key {_REVOKED}) {_STANDING}",
        "its secret is not the one of its record",
    ),
    KeyAttack(
        "made good for ever", f"UPDATE {{}}api_key SET expires_at_us = NULL {_STANDING}", "end: not as its record says"
    ),
    KeyAttack(
        "given an end that is none",
        f"UPDATE {{}}api_key SET expires_at_us = {2**62} {_STANDING}",
        "its end is no instant",
    ),
    KeyAttack(
        "made by another",
        f"UPDATE {{}}api_key SET created_by = 'setup' {_STANDING}",
        "it was made by somebody else than its record says",
    ),
    KeyAttack("deleted", f"DELETE FROM {{}}api_key {_STANDING}", "its records are there, and it is not"),
    KeyAttack(
        "revocation taken back",
        f"UPDATE {{}}api_key SET revoked_at_us = NULL, revoked_by = NULL {_REVOKED}",
        "a record says that it was revoked, and it is not",
        of_revoked=True,
    ),
    KeyAttack(
        "revoked by another",
        f"UPDATE {{}}api_key SET revoked_by = 'nobody' {_REVOKED}",
        "it was revoked by somebody else than its record says",
        of_revoked=True,
    ),
)
