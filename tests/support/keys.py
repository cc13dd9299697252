"""Where keys and uploads of PostgreSQL are during a test run; those of SQLite are beside their database."""

import atexit
import shutil
import tempfile
from functools import cache


def keys_folder_of(database_url: str) -> str:
    """The setting; empty where the default is what a test wants."""
    return "" if database_url.startswith("sqlite") else _folder()


def uploads_folder_of(database_url: str) -> str:
    """The setting; empty as above."""
    return "" if database_url.startswith("sqlite") else f"{_folder()}/uploads"


@cache
def _folder() -> str:
    folder = tempfile.mkdtemp(prefix="fundtrail-test-keys-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
