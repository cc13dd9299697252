"""Attacks that put rows into the log that no entry accounts for, or entries where none belongs."""

from typing import Final

from tests.support.attack import PASSES, Attack
from tests.support.attacks_on_storage import runs, stored

_COPY: Final = (
    "INSERT INTO {{log}}log_entry SELECT ledger_id, {position}, {event_id}, type, effective_date, recorded_at_us, "
    "corrects, leaf_hash, entry FROM {{log}}log_entry WHERE {{here}} AND position = 9"
)
"""An entry stored once more, under the id that another event has, or will have."""
ADDED: Final = (
    *(
        Attack(
            name=f"entry copied to position {position}",
            on_log=runs(_COPY.format(position=position, event_id="zeroblob(16)")),
            export=PASSES,
            bundle=PASSES,
            verify=f"positions: position {position}",
        )
        for position in (0, -7)
    ),
    *(
        Attack(
            name=f"entry copied to position {position}",
            on_log=runs(_COPY.format(position=position, event_id="zeroblob(16)")),
            export=PASSES,
            bundle=PASSES,
            verify=f"entry+columns+positions+tags+head+views: position {position}",
        )
        for position in (10**12, 2**63 - 1)
    ),
    stored(
        "tag row of an entry that does not bear it",
        "INSERT INTO {log}log_tag VALUES ('qingshi', 'line:L9', 9, 1)",
        bundle="completeness: completeness.json",
        verify="tags: position 9",
    ),
    stored(
        "tag row at position 0",
        "INSERT INTO {log}log_tag VALUES ('qingshi', 'line:L9', 0, 1)",
        bundle="completeness: completeness.json",
        verify="tags: position 0",
    ),
    stored(
        "tag row behind the head",
        "INSERT INTO {log}log_tag VALUES ('qingshi', 'line:L9', 900000, 1)",
        verify="tags: position 900000",
    ),
    stored(
        "boundary state of no event",
        "INSERT INTO {log}boundary_state VALUES ('qingshi', 'line:L9', 1, 9, NULL)",
        verify="states: position 9",
    ),
    stored(
        "private value of no event",
        "INSERT INTO {log}private_value VALUES ('qingshi', zeroblob(16), 'payee', zeroblob(32), 'x')",
        verify="private: the ledger",
    ),
    stored(
        "tile that no entries fill",
        "INSERT INTO {log}log_tile VALUES ('qingshi', 1, 0, zeroblob(8192), zeroblob(32))",
        bundle="consistency+inclusion+completeness: consistency.json",
        verify="tiles+signed: the ledger",
    ),
    stored(
        "tile below the first",
        "INSERT INTO {log}log_tile VALUES ('qingshi', 0, -1, zeroblob(8192), zeroblob(32))",
        verify="tiles: the ledger",
    ),
    stored(
        "cosignature of no checkpoint",
        "INSERT INTO {log}log_cosignature VALUES ('qingshi', 900000, 'w', zeroblob(76))",
        verify="cosignatures: position 900000",
    ),
    Attack(
        name="cosignature that is none",
        on_log=runs(
            "INSERT INTO {log}log_cosignature SELECT ledger_id, size, 'w', zeroblob(1) FROM {log}log_checkpoint "
            "WHERE {here} AND size = 270"
        ),
        verify="checkpoints: position 270",
    ),
)
