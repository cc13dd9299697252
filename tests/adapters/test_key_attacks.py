"""Attacks on the table of keys: what the access log does not say of a key is found, and such a key opens nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import Connection, text

from adapters.access.api_keys import ApiKeys, MadeKey, NewKey, hash_of
from adapters.access.audit import audited, left_out
from adapters.access.chain import Encoded, append, lock_head
from adapters.access.encoding import encode_entry
from adapters.access.key_records import DIGEST
from adapters.access.retention import take_away
from domain.access import Grant, Role
from domain.access_log import KEY_CREATED, administered
from tests.support.access import LONG_AGO, AccessBook, access_book, disarm
from tests.support.attacks_on_keys import INVENTED, ON_KEYS, REVOKED_BY_HAND, SECRET, STRANGER
from tests.support.identified import by
from tests.support.ledger import CLERK as PRUNING

CLERK: Final = Grant(role=Role.CLERK, ledgers=frozenset({"qingshi"}), units=frozenset({"U1"}))
END: Final = LONG_AGO + timedelta(days=9_000)


@pytest.fixture
def book(database_url: str) -> Iterator[AccessBook]:
    with access_book(database_url) as opened:
        yield opened


@pytest.fixture
def keys(book: AccessBook) -> ApiKeys:
    return ApiKeys(book.database, book.clock)


@pytest.fixture
def standing(keys: ApiKeys) -> MadeKey:
    return keys.create(NewKey(grant=CLERK, expires_at=END), by("local"))


@pytest.fixture
def revoked(keys: ApiKeys, standing: MadeKey) -> MadeKey:
    made = keys.create(NewKey(grant=CLERK), by(standing.key.subject))
    keys.revoke(made.key.key_id, by("local"))
    return made


def test_what_is_written_into_the_table_with_every_right_is_found_with_the_key(
    book: AccessBook, standing: MadeKey, revoked: MadeKey
) -> None:
    disarm(book)
    ids = {"standing": standing.key.key_id, "revoked": revoked.key.key_id}
    for attack in ON_KEYS:
        with undone(book) as connection:
            used = {name: key_id for name, key_id in ids.items() if f":{name}" in attack.statement}
            connection.execute(text(book.statement(attack.statement)), used)
            found = [(each.key_id, each.detail) for each in audited(connection, ())]
        assert found == [(ids["revoked" if attack.of_revoked else "standing"], attack.detail)], attack.name
    assert book.differences() == []


def test_a_key_that_was_put_in_with_the_rights_of_the_service_is_found_and_opens_nothing(
    book: AccessBook, keys: ApiKeys, standing: MadeKey
) -> None:
    assert keys.find(standing.key.key_id) is not None
    with book.database.access_writer.begin() as connection:
        connection.execute(text(book.statement(INVENTED)), {"hash": hash_of(SECRET)})
        connection.execute(text(book.statement(REVOKED_BY_HAND)), {"standing": standing.key.key_id})
        no_key = INVENTED.replace(STRANGER, "bbbbbbbbbbbb").replace("approver", "king")
        connection.execute(text(book.statement(no_key)), {"hash": hash_of("B")})
    now = book.clock.now()
    assert [(each.key_id, each.is_as_recorded, each.is_usable(now)) for each in keys.every()] == [
        (STRANGER, False, False),
        (standing.key.key_id, False, False),
    ], "and none that can be no key"
    assert keys.find("bbbbbbbbbbbb") is None
    assert {(each.key_id, each.detail) for each in book.differences()} == {
        (STRANGER, "no record says that it was made"),
        ("bbbbbbbbbbbb", "no record says that it was made"),
        (standing.key.key_id, "it is revoked, and no record says so"),
    }


def test_a_second_record_of_a_key_gives_it_no_other_rights(book: AccessBook, keys: ApiKeys, standing: MadeKey) -> None:
    said_again = administered(by("local"), KEY_CREATED, standing.key.subject, {"granted_role": "approver"})
    assert keys.find(standing.key.key_id) == standing.key
    book.keep(said_again)
    contested = keys.find(standing.key.key_id)
    assert contested is not None
    assert not contested.is_usable(book.clock.now())
    (found,) = book.differences()
    assert (found.key_id, found.detail) == (standing.key.key_id, "2 records say that it was made")


def test_a_key_counts_whose_record_took_the_place_of_one_that_a_failover_lost(
    book: AccessBook, keys: ApiKeys, standing: MadeKey
) -> None:
    lost = keys.create(NewKey(grant=CLERK), by("local"))
    assert keys.find(lost.key.key_id) == lost.key
    disarm(book)
    book.execute("DELETE FROM {}access_record WHERE sequence = 2")
    book.execute(
        "UPDATE {}access_head SET (sequence, recorded_at_us, hash) = "
        "(SELECT sequence, recorded_at_us, hash FROM {}access_record WHERE sequence = 1)"
    )
    book.execute(f"DELETE FROM {{}}api_key WHERE key_id = '{lost.key.key_id}'")
    made = keys.create(NewKey(grant=CLERK), by("local"))
    assert [keys.find(each.key.key_id) for each in (standing, lost, made)] == [standing.key, None, made.key]


def test_keys_can_be_proven_after_their_records_were_taken_away(
    book: AccessBook, keys: ApiKeys, standing: MadeKey, revoked: MadeKey
) -> None:
    assert keys.find(standing.key.key_id) == standing.key
    for day in (datetime(2022, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)):
        book.clock.instant = day
        assert take_away(book.database, book.clock, 365, PRUNING) >= 3
        assert book.differences() == []
    said = [(each.entry.code, each.entry.subject, each.entry.address) for each in book.page().records]
    assert said == [
        ("records-taken-away", "clerk", None),
        ("key-creation-restated", "local", None),
        ("key-creation-restated", revoked.key.created_by, None),
        ("key-revocation-restated", "local", None),
    ]
    firsts = [each.entry.figures.get("first_recorded_at") for each in book.page().records[1:]]
    assert all(str(each).startswith("2020-01-10") for each in firsts)
    # A process that starts now knows only what is kept, one that started before what it has read.
    for each in (ApiKeys(book.database, book.clock), keys):
        assert each.find(standing.key.key_id) == standing.key
    disarm(book)
    book.execute("UPDATE {}api_key SET role = 'approver', ledgers = NULL, units = NULL WHERE revoked_at_us IS NULL")
    assert [each.key_id for each in book.differences()] == [standing.key.key_id]


def test_a_record_of_an_older_version_is_compared_in_what_it_has(book: AccessBook, standing: MadeKey) -> None:
    older = Grant(role=Role.VIEWER)
    with book.database.access_writer.begin() as connection:
        connection.execute(text(book.statement(INVENTED)), {"hash": hash_of(SECRET)})
        said = administered(by("setup"), KEY_CREATED, f"key:{STRANGER}", {"granted_role": "approver"})
        stored = Encoded(said.kind, None, encode_entry(said))
        append(connection, lock_head(connection), book.clock.now(), [stored])
    assert book.differences() == []
    (told,) = left_out(book.database)
    assert (STRANGER in told, standing.key.key_id in told) == (True, False)
    older_key = ApiKeys(book.database, book.clock).find(STRANGER)
    assert older_key is not None
    assert older_key.is_usable(book.clock.now())
    disarm(book)
    book.execute(f"UPDATE {{}}api_key SET role = '{older.role.value}' WHERE key_id = '{STRANGER}'")
    assert [(each.key_id, each.detail) for each in book.differences()] == [(STRANGER, "role: not as its record says")]


def test_a_record_tells_of_the_secret_without_what_is_stored_of_it(book: AccessBook, standing: MadeKey) -> None:
    (record,) = book.page().records
    assert len(str(record.entry.figures[DIGEST])) == 64
    assert standing.key.secret_hash.hex() not in str(record)


@contextmanager
def undone(book: AccessBook) -> Iterator[Connection]:
    """A transaction that leaves nothing."""
    with book.database.access_writer.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()
