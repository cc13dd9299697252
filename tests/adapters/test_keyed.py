"""How PostgreSQL finds rows by many keys."""

import pytest
from sqlalchemy import text

from adapters.event_log import store
from adapters.event_log.keyed import KEYS_AT_ONCE, KeyedSelect
from tests.support.commands import register_unit
from tests.support.effort import sampled
from tests.support.ledger import LEDGER, opened_ledger


@pytest.mark.parametrize(
    ("by", "index"),
    [(store._ENTRIES_OF_IDS, "log_entry_event_id"), (store._CORRECTIONS, "log_entry_corrects")],
    ids=["entries by id", "entries by what they correct"],
)
def test_a_ledger_that_statistics_do_not_know_is_not_read_as_a_whole(
    postgresql_url: str, by: KeyedSelect, index: str
) -> None:
    with opened_ledger(postgresql_url) as ledger:
        ledger.submit(*(register_unit(f"U{number}") for number in range(3_000)))
        with ledger.database.log_writer.begin() as connection:
            connection.execute(text("ANALYZE log.log_entry"))
        keys = [number.to_bytes(16, "big") for number in range(100)]
        plans = {}
        with ledger.database.log_reader.connect() as connection:
            for name in (LEDGER, "opened-since"):
                explained = connection.exec_driver_sql(f"EXPLAIN {by._postgresql_text}", {"ledger": name, "keys": keys})
                plans[name] = "\n".join(line for (line,) in explained)
    assert all(index in plan for plan in plans.values()), plans


@pytest.mark.parametrize("count", sampled(KEYS_AT_ONCE, one_in=4))
@pytest.mark.parametrize(
    ("by", "key"),
    [(store._ENTRIES_OF_IDS, "event_id"), (store._ENTRIES_BY_ID, "event_id"), (store._CORRECTIONS, "corrects")],
    ids=["entries of ids", "entries by id", "entries by what they correct"],
)
def test_on_sqlite_the_keys_are_looked_up_and_not_every_position(
    sqlite_url: str, by: KeyedSelect, key: str, count: int
) -> None:
    with opened_ledger(sqlite_url) as ledger, ledger.database.log_reader.connect() as connection:
        parameters = (LEDGER, *[bytes(16)] * count)
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {by._sqlite_texts[count]}", parameters).all()
    assert f"(ledger_id=? AND {key}=?)" in plan[0][-1], plan
