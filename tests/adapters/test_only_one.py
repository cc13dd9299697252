"""Work of which one may go on at a time on a database."""

import pytest

from adapters.database import open_database
from adapters.only_one import AlreadyRunningError, only_one


def test_one_at_a_time(database_url: str) -> None:
    first, second = open_database(database_url), open_database(database_url)
    try:
        with only_one(first, "rebuild"):
            with pytest.raises(AlreadyRunningError), only_one(second, "rebuild"):
                pass
            with only_one(second, "another"):
                pass
        with only_one(second, "rebuild"):
            pass
    finally:
        first.dispose()
        second.dispose()
