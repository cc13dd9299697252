"""Why the log numbers its events under a lock: a reader that goes by an id from a sequence misses some.

The control beside `test_racing_writers`, where a reader of the log itself misses nothing.
"""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine, text

from tests.support.effort import full_only

WRITERS = 6
ROWS = 60
LONGEST_S = 0.01


@full_only
def test_a_reader_by_id_without_order_misses_rows_that_are_committed_late(postgresql_url: str) -> None:
    with engine_of(postgresql_url) as engine:
        run(engine, "CREATE TABLE noted (id bigserial PRIMARY KEY, writer int)")
        done = threading.Event()
        with ThreadPoolExecutor(WRITERS + 1) as pool:
            reader = pool.submit(read_by_id, engine, done)
            for each in [pool.submit(write, engine, number) for number in range(WRITERS)]:
                each.result()
            done.set()
            seen = reader.result()
        with engine.connect() as connection:
            stored = connection.execute(text("SELECT count(*) FROM noted")).scalar_one()
    print(f"reader by id without order: {stored} rows stored, {stored - len(seen)} missed")  # noqa: T201 (the counts are what the test shows)
    assert stored == WRITERS * ROWS
    assert len(seen) == len(set(seen)) < stored, "this control shows nothing: no row was committed late"


def write(engine: Engine, number: int) -> None:
    """Transactions that hold their id for a moment before they commit."""
    chance = random.Random(number)  # noqa: S311 (chance, not a secret)
    for _ in range(ROWS):
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO noted (writer) VALUES (:writer)"), {"writer": number})
            connection.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": chance.uniform(0, LONGEST_S)})


def read_by_id(engine: Engine, done: threading.Event) -> list[int]:
    """What it saw; it only ever asks for what is after the last it has seen, and once more at the end."""
    seen: list[int] = []
    while True:
        last_look = done.is_set()
        with engine.connect() as connection:
            statement = text("SELECT id FROM noted WHERE id > :last ORDER BY id")
            seen += connection.scalars(statement, {"last": seen[-1] if seen else 0}).all()
        if last_look:
            return seen


@contextmanager
def engine_of(url: str) -> Iterator[Engine]:
    engine = create_engine(url, pool_size=WRITERS + 2)
    try:
        yield engine
    finally:
        engine.dispose()


def run(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))
