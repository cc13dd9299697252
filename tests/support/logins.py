"""Roles that log in to the PostgreSQL of the tests, as an operator makes them."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url, text

_PASSWORD = "of-a-test"


@contextmanager
def login(database_url: str, *groups: str, options: str = "") -> Iterator[str]:
    """The URL of the database for a new role that is in the groups; it is dropped at the end.

    The groups are there already. What the role owns then goes with it.
    """
    name = f"login_{uuid.uuid4().hex[:12]}"
    _as_superuser(database_url, f"CREATE ROLE {name} LOGIN PASSWORD '{_PASSWORD}' {options}")
    try:
        for group in groups:
            _as_superuser(database_url, f"GRANT {group} TO {name}")
        url = make_url(database_url).set(username=name, password=_PASSWORD)
        yield url.render_as_string(hide_password=False)
    finally:
        _as_superuser(database_url, f"REASSIGN OWNED BY {name} TO CURRENT_USER", f"DROP OWNED BY {name}")
        _as_superuser(database_url, f"DROP ROLE {name}")


def _as_superuser(url: str, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()
