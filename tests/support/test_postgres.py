"""The databases that tests run on are real, new and empty, and go away afterwards."""

import psycopg
from sqlalchemy import create_engine, inspect, make_url, text

from tests.support.effort import full_only
from tests.support.postgres import fresh_database


def test_a_test_gets_an_empty_database_it_can_write_to(empty_database_url: str) -> None:
    engine = create_engine(empty_database_url)
    try:
        assert inspect(engine).get_table_names() == []
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE note (body TEXT)"))
        assert inspect(engine).get_table_names() == ["note"]
    finally:
        engine.dispose()


def test_the_server_is_postgresql_14_or_later(postgresql_url: str) -> None:
    engine = create_engine(postgresql_url)
    try:
        with engine.connect() as connection:
            assert str(connection.scalar(text("SELECT version()"))).startswith("PostgreSQL")
            assert int(str(connection.scalar(text("SHOW server_version_num")))) >= 140000
    finally:
        engine.dispose()


@full_only
def test_a_database_is_dropped_even_if_a_connection_to_it_is_open(postgresql_server_url: str) -> None:
    server = create_engine(postgresql_server_url)
    try:
        with fresh_database(postgresql_server_url) as url:
            name = make_url(url).database
            left_open = psycopg.connect(url.replace("+psycopg", ""))
        left_open.close()
        with server.connect() as connection:
            names = connection.scalars(text("SELECT datname FROM pg_database")).all()
            assert name not in names
    finally:
        server.dispose()
