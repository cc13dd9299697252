"""The real server on a database of its own: empty for the reports, and with the invented ledger for the story."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from adapters.database import open_database
from adapters.migrations.schema import migrate
from api.demo import build_examples
from tests.support.processes import Server, serving


@dataclass(frozen=True)
class StoryReader:
    """Reads the ledger of examples/story.jsonl over HTTP."""

    client: httpx.Client

    def get(self, path: str, **params: str) -> dict[str, Any]:
        """The answer to GET /v1/ledgers/story/<path>."""
        response = self.client.get(f"/v1/ledgers/story/{path}", params=params)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without ledgers."""
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, f"sqlite:///{folder}/fundtrail.db") as running:
        yield running


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoryReader]:
    """The ledgers as the demo builds them: the story at its scripted instants."""
    folder = tmp_path_factory.mktemp("story")
    url = f"sqlite:///{folder}/fundtrail.db"
    database = open_database(url)
    migrate(database)
    build_examples(database)
    database.dispose()
    with serving(folder, url) as running, httpx.Client(base_url=running.url, timeout=60) as client:
        yield StoryReader(client)
