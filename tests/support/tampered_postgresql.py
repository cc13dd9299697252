"""The story of the tamper matrix on PostgreSQL: copied there row by row, and then from database to database."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, select, text

from adapters.database import open_database
from adapters.event_log.bulk import insert_rows
from adapters.event_log.tables import metadata
from adapters.migrations.schema import migrate
from tests.support.watched_log import NOW, Story, WatchedLog

_ZEROBLOB = (
    "CREATE FUNCTION public.zeroblob(n int) RETURNS bytea LANGUAGE sql AS $$ SELECT decode(repeat('00', n), 'hex') $$"
)
"""What the statements of the matrix call so many zeros."""


def copy_story(story: Story, folder: Path, url: str) -> None:
    """Makes today's stage of the story, and the views that follow from it, in an empty database."""
    source = open_database(f"sqlite:///{story.folder / NOW}/fundtrail.db")
    log = WatchedLog(folder, story.folder, url=url)
    try:
        migrate(log.database)
        for table in metadata.sorted_tables:
            with source.log_reader.connect() as reading, log.database.log_writer.begin() as writing:
                rows = reading.execute(select(table).order_by(*table.primary_key)).all()
                insert_rows(writing, table, [tuple(row) for row in rows])
        with log.database.log_writer.begin() as connection:
            connection.execute(text(_ZEROBLOB))
        log.catch_up()
    finally:
        source.dispose()
        log.database.dispose()


@contextmanager
def copied(story: Story, folder: Path, template_url: str) -> Iterator[WatchedLog]:
    """A copy of that database, with the keys in the folder; it is dropped at the end."""
    template = make_url(template_url)
    name = f"tampered_{uuid.uuid4().hex}"
    _run(template_url, f"CREATE DATABASE {name} TEMPLATE {template.database}")
    try:
        shutil.copytree(story.folder / NOW, folder, dirs_exist_ok=True)
        log = WatchedLog(folder, story.folder, url=template.set(database=name).render_as_string(hide_password=False))
        try:
            yield log
        finally:
            log.database.dispose()
    finally:
        _run(template_url, f"DROP DATABASE {name} WITH (FORCE)")


def _run(beside_url: str, statement: str) -> None:
    """Nobody may be connected to a database that is copied: said from another one."""
    url = make_url(beside_url).set(database="postgres")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()
