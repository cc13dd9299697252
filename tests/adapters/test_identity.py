"""What is kept of keys, of the first start, and of persons behind pseudonyms, on both kinds of database."""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import insert, text

from adapters.access.api_keys import ApiKeys, MadeKey, NewKey, UnknownKeyError, parse_key
from adapters.access.audit import audit_access_log
from adapters.access.first_key import SetupTokens
from adapters.access.pseudonyms import Pseudonyms
from adapters.access.reading import read_page
from adapters.access.tables import setup_token
from adapters.database import BUSY_TIMEOUT_MS, Database, open_database
from adapters.guards import event_triggers
from adapters.migrations.schema import migrate
from domain.access import Grant, Role
from domain.access_log import AccessEntry, AccessQuery
from domain.errors import AccessLogUnavailable
from tests.support.identified import by
from tests.support.schema import bring_up

BEGIN: Final = datetime(2024, 1, 2, 1, 0, tzinfo=UTC)
CLERK: Final = Grant(role=Role.CLERK, ledgers=frozenset({"qingshi"}), units=frozenset({"U1", "U2"}))


class MovableClock:
    def __init__(self) -> None:
        self.instant = BEGIN

    def now(self) -> datetime:
        return self.instant


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url)
    bring_up(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def keys(database: Database, clock: MovableClock) -> ApiKeys:
    return ApiKeys(database, clock)


def test_a_key_is_found_with_all_that_it_was_made_with(keys: ApiKeys) -> None:
    new = NewKey(grant=CLERK, label="cashier-1", expires_at=BEGIN + timedelta(days=1))
    made = keys.create(new, by("key:admin"))
    found = keys.find(made.key.key_id)
    assert found == made.key
    assert (found.grant, found.label, found.created_by) == (CLERK, "cashier-1", "key:admin")


def test_nothing_of_the_database_tells_a_key(keys: ApiKeys, database: Database) -> None:
    made = keys.create(NewKey(grant=CLERK), by("local"))
    secret = secret_of(made)
    with database.access_reader.begin() as connection:
        row = connection.execute(text("SELECT * FROM " + table(database, "api_key"))).one()
    assert secret not in str(row)
    assert made.key.has_secret(secret)
    assert not made.key.has_secret(secret[:-1] + ("A" if secret[-1] != "A" else "E"))


def test_a_key_can_be_used_until_it_expires_or_is_revoked(keys: ApiKeys, clock: MovableClock) -> None:
    expiring = keys.create(NewKey(grant=CLERK, expires_at=BEGIN + timedelta(hours=1)), by("local")).key
    assert expiring.is_usable(BEGIN + timedelta(minutes=59))
    assert not expiring.is_usable(BEGIN + timedelta(hours=1))
    standing = keys.create(NewKey(grant=CLERK), by("local")).key
    assert keys.is_any_usable()
    clock.instant += timedelta(hours=2)
    revoked = keys.revoke(standing.key_id, by("key:admin"))
    assert (revoked.revoked_at, revoked.revoked_by) == (clock.instant, "key:admin")
    assert not keys.is_any_usable()
    clock.instant += timedelta(hours=1)
    assert keys.revoke(standing.key_id, by("somebody")) == revoked


@pytest.mark.parametrize("key_id", ["aaaaaaaaaaaa", "", "\x00", "' OR 1=1 --", "a" * 13])
def test_a_key_that_is_not_there_cannot_be_revoked(keys: ApiKeys, key_id: str) -> None:
    with pytest.raises(UnknownKeyError):
        keys.revoke(key_id, by("local"))


@pytest.mark.parametrize(
    "text_of_key", ["", "ft_", "ft_aaaaaaaaaaaa_short", "ft_AAAAAAAAAAAA_" + "A" * 43, "ft_aaaaaaaaaaaa_" + "A" * 44,
                    "ft_aaaaaaaaaaaa_" + "A" * 42 + "\n", "xx_aaaaaaaaaaaa_" + "A" * 43]
)  # fmt: skip
def test_what_is_no_key_is_not_looked_up(text_of_key: str) -> None:
    assert parse_key(text_of_key) is None


def test_keys_are_listed_by_the_time_they_were_made(keys: ApiKeys, clock: MovableClock) -> None:
    made = []
    for _ in range(3):
        made.append(keys.create(NewKey(grant=CLERK), by("local")).key)
        clock.instant += timedelta(seconds=1)
    assert keys.every() == made


def test_a_setup_token_makes_one_administrator_once_whoever_uses_it_at_once(
    database: Database, database_url: str, clock: MovableClock
) -> None:
    token = issued(SetupTokens(database, clock))
    with ExitStack() as stack:
        # As several processes would: each has connections of its own.
        databases = [open_database(database_url) for _ in range(4)]
        for each in databases:
            stack.callback(each.dispose)
        made = at_once([SetupTokens(each, clock) for each in databases], token)
    assert [each.key.grant for each in made] == [Grant(role=Role.ADMIN)]
    assert [key.key_id for key in ApiKeys(database, clock).every()] == [made[0].key.key_id]


def at_once(setups: list[SetupTokens], token: str) -> list[MadeKey]:
    barrier = threading.Barrier(len(setups))
    made: list[MadeKey] = []

    def use(setup: SetupTokens) -> None:
        barrier.wait()
        key = used(setup, token)
        if key is not None:
            made.append(key)

    threads = [threading.Thread(target=use, args=(setup,)) for setup in setups]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return made


def test_a_setup_token_is_good_for_a_day_and_until_the_next_one(database: Database, clock: MovableClock) -> None:
    setup = SetupTokens(database, clock)
    first, second = issued(setup), issued(setup)
    assert used(setup, first) is None
    clock.instant += timedelta(hours=24)
    assert used(setup, second) is None
    third = issued(setup)
    clock.instant += timedelta(hours=23)
    assert used(setup, third) is not None
    assert used(setup, third) is None


def test_a_key_made_in_another_way_ends_the_first_start(database: Database, keys: ApiKeys, clock: MovableClock) -> None:
    setup = SetupTokens(database, clock)
    token = issued(setup)
    keys.create(NewKey(grant=CLERK), by("local"))
    assert used(setup, token) is None


def test_no_token_is_issued_and_none_is_good_while_a_key_can_be_used(
    database: Database, keys: ApiKeys, clock: MovableClock
) -> None:
    setup = SetupTokens(database, clock)
    token = issued(setup)
    key = keys.create(NewKey(grant=CLERK, expires_at=BEGIN + timedelta(hours=1)), by("local")).key
    assert setup.issue() is None
    # As where the token was issued by a process that had looked before the key was made.
    row = {"token_hash": hashlib.sha256(token.encode()).digest(), "expires_at_us": 2**60}
    with database.access_writer.begin() as connection:
        connection.execute(insert(setup_token), row)
    assert used(setup, token) is None
    clock.instant += timedelta(hours=1)
    assert not key.is_usable(clock.instant)
    assert used(setup, token) is not None


def test_a_token_that_is_not_good_is_told_without_waiting_for_who_writes(sqlite_url: str, clock: MovableClock) -> None:
    database = open_database(sqlite_url)
    try:
        with database.access_writer.begin() as connection:
            connection.execute(text("UPDATE setup_token SET expires_at_us = 0"))
            begin = time.monotonic()
            assert used(SetupTokens(database, clock), "setup_" + "A" * 43) is None
            assert time.monotonic() - begin < BUSY_TIMEOUT_MS / 1000 / 2
    finally:
        database.dispose()


def test_what_is_done_with_keys_is_written_down_in_the_order_in_which_it_is_done(
    database: Database, keys: ApiKeys, clock: MovableClock
) -> None:
    first = used(SetupTokens(database, clock), issued(SetupTokens(database, clock)))
    assert first is not None
    made = keys.create(NewKey(grant=CLERK), by(first.key.subject))
    keys.revoke(made.key.key_id, by("local"))
    with pytest.raises(UnknownKeyError):
        keys.revoke("aaaaaaaaaaaa", by("local"))
    said = [(each.code, each.action, each.subject, each.concerns) for each in entries(database)]
    assert said == [
        ("key-created", "setup", "setup", (first.key.subject,)),
        ("key-created", "create-key", first.key.subject, (made.key.subject,)),
        ("key-revoked", "create-key", "local", (made.key.subject,)),
    ]
    assert list(audit_access_log(database, ())) == []


def test_what_cannot_be_written_down_is_not_done(database: Database, keys: ApiKeys, clock: MovableClock) -> None:
    setup, pseudonyms = SetupTokens(database, clock), Pseudonyms(database, clock)
    name = pseudonyms.of("https://login.example", "wang")
    token = issued(setup)
    with access_log_hidden(database):
        with pytest.raises(AccessLogUnavailable):
            used(setup, token)
        with pytest.raises(AccessLogUnavailable):
            keys.create(NewKey(grant=CLERK), by("local"))
        with pytest.raises(AccessLogUnavailable):
            pseudonyms.erase(name, by("local"))
    assert keys.every() == []
    assert pseudonyms.find(name) is not None
    made = used(setup, token)
    assert made is not None
    with access_log_hidden(database), pytest.raises(AccessLogUnavailable):
        keys.revoke(made.key.key_id, by("local"))
    assert keys.every() == [made.key]


@contextmanager
def access_log_hidden(database: Database) -> Iterator[None]:
    """Nothing can be added to the access log while the block runs; whatever ends a process there does the same."""
    name = table(database, "access_record")
    with database.access_writer.begin() as connection:
        if not database.is_sqlite:
            event_triggers.take_down(connection)
        connection.execute(text(f"ALTER TABLE {name} RENAME TO hidden"))
    yield
    with database.access_writer.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table(database, 'hidden')} RENAME TO access_record"))


def test_a_subject_has_one_pseudonym_in_every_process_and_another_in_every_deployment(
    database: Database, database_url: str, clock: MovableClock, tmp_path: object
) -> None:
    name = Pseudonyms(database, clock).of("https://login.example", "wang")
    second = open_database(database_url)
    try:
        assert Pseudonyms(second, clock).of("https://login.example", "wang") == name
    finally:
        second.dispose()
    others = [
        Pseudonyms(database, clock).of(*each) for each in (("https://login.example", "li"), ("https://l", "wang"))
    ]
    assert len({name, *others}) == 3
    assert "wang" not in name
    elsewhere = open_database(f"sqlite:///{tmp_path}/elsewhere.db")
    try:
        migrate(elsewhere)
        assert Pseudonyms(elsewhere, clock).of("https://login.example", "wang") != name
    finally:
        elsewhere.dispose()


def test_whom_a_pseudonym_stands_for_can_be_told_and_erased(database: Database, clock: MovableClock) -> None:
    pseudonyms = Pseudonyms(database, clock)
    name = pseudonyms.of("https://login.example", "wang")
    found = pseudonyms.find(name)
    assert found is not None
    assert (found.issuer, found.subject, found.first_seen_at) == ("https://login.example", "wang", BEGIN)
    assert pseudonyms.tell(name, by("local")) == found
    # As the command line does: in another process than the one that lets the subject in.
    elsewhere = Pseudonyms(database, clock)
    assert elsewhere.erase(name, by("local"))
    assert pseudonyms.find(name) is None
    assert pseudonyms.tell(name, by("local")) is None
    assert not pseudonyms.erase(name, by("local"))
    assert codes(database) == ["pseudonym-shown", "pseudonym-erased"]
    # Who comes again is known again, under the same name.
    assert pseudonyms.of("https://login.example", "wang") == name
    assert pseudonyms.find(name) is not None


def issued(setup: SetupTokens) -> str:
    token = setup.issue()
    assert token is not None
    return token


def used(setup: SetupTokens, token: str) -> MadeKey | None:
    return setup.use(token, "setup", "127.0.0.1")


def entries(database: Database) -> list[AccessEntry]:
    """Everything that is written down, oldest first."""
    return [record.entry for record in read_page(database.access_reader, AccessQuery(limit=1_000)).records]


def codes(database: Database) -> list[str]:
    return [each.code for each in entries(database)]


def secret_of(made: MadeKey) -> str:
    parts = parse_key(made.text)
    assert parts is not None
    assert parts[0] == made.key.key_id
    return parts[1]


def table(database: Database, name: str) -> str:
    return name if database.is_sqlite else f"access.{name}"
