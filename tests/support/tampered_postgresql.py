"""The story of the tamper matrix on PostgreSQL: copied there row by row, and then from database to database."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url, select, text

from adapters.database import open_database
from adapters.event_log.bulk import insert_rows
from adapters.event_log.tables import log_entry, metadata
from adapters.migrations.schema import migrate
from tests.support.postgres import fresh_database
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
        # A checkpoint is of entries that are there.
        for table in sorted(metadata.sorted_tables, key=lambda each: each is not log_entry):
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
    # Nobody may be connected to a database that is copied: said from another one.
    beside = template.set(database="postgres").render_as_string(hide_password=False)
    with fresh_database(beside, str(template.database)) as url:
        shutil.copytree(story.folder / NOW, folder, dirs_exist_ok=True)
        log = WatchedLog(folder, story.folder, url=url)
        try:
            yield log
        finally:
            log.database.dispose()
