"""What a clerk whose grant is limited to a unit gets from pages that show whole projects."""

from collections.abc import Iterator

import httpx
import pytest

from domain.access import Role
from tests.support.console import Console
from tests.support.identified import client_with, identifying_server, made_key, open_founded


@pytest.fixture(scope="module")
def clerk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with identifying_server(f"sqlite:///{tmp_path_factory.mktemp('console-units')}/fundtrail.db") as server:
        with client_with(server, made_key(server, Role.APPROVER, "town").text) as approver:
            open_founded(approver, "town")
        with client_with(server, made_key(server, Role.CLERK, "town", units=("U1",)).text) as client:
            yield client


def test_the_overview_leads_to_the_lines_that_may_be_seen(clerk: httpx.Client) -> None:
    first = clerk.get("/console/ledgers/town/overview")
    answer = clerk.get(first.headers["location"])
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/ledgers/town/lines?as_of=")


def test_the_page_of_a_project_and_its_evidence_are_refused(clerk: httpx.Client) -> None:
    console = Console(clerk, "town")
    for path in ("projects/P1", "projects/P1/evidence", "projects/P1/events.csv"):
        shown = console.open(path)
        assert shown.response.status_code == 403, path
        assert "村村通公路" not in shown.response.text
