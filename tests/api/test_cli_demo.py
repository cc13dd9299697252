"""`fundtrail demo`, as someone meets it: four ledgers, and addresses that show what is said of them."""

import os
import re
import shlex
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.database import open_database
from adapters.event_log.feed import SqlFeed
from api.databases import prepared_database
from api.demo import EXAMPLE_LEDGERS, build_examples
from api.demo_guide import STOPS
from domain.dates import format_instant
from tests.support.effort import full_only
from tests.support.processes import FUNDTRAIL, Child, started, wait_for
from tests.support.tls import NO_TLS

URL_OF_SOMETHING_ELSE = "sqlite:////nowhere/production.db"


@dataclass(frozen=True)
class Demo:
    child: Child
    url: str

    def get(self, path: str) -> Any:
        response = httpx.get(f"{self.url}{path}", timeout=30, verify=NO_TLS)
        assert response.status_code == 200, response.text
        return response.json() if "json" in response.headers["content-type"] else response.text


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[Demo]:
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    # A demo that is killed leaves its folder behind: it shall be among the test's own files.
    command = [*FUNDTRAIL, "demo", *options]
    with started(command, folder, URL_OF_SOMETHING_ELSE, temporary) as child:
        wait_for("the demo prints its guide", lambda: "Ctrl+C" in child.messages.read_text("utf-8"), child)
        address = re.search(r"http://\S+", child.output.read_text("utf-8"))
        assert address is not None
        yield Demo(child, address.group())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("demo"), "--port", "0") as found:
        yield found


@full_only
@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.path)
def test_every_address_of_the_guide_answers(running: Demo, stop: Any) -> None:
    assert running.get(stop.path)
    assert f"{running.url}{stop.path}" in running.child.said()


@full_only
def test_the_ledgers_are_marked_as_demo(running: Demo) -> None:
    ledgers = {each["ledger_id"]: each for each in running.get("/v1/ledgers")["items"]}
    assert ledgers.keys() == {"story", "jincheng-2023", "tianjiaan-2023", "jiedao-2020"}
    assert all(each["demo"] for each in ledgers.values())
    assert ledgers["story"]["name"] == "青石县财政局演示账套"
    assert ledgers["story"]["opened_at"] == "2023-01-04T01:00:00.000000Z"


@full_only
def test_the_guide_says_what_is_shown(running: Demo) -> None:
    shown = [running.get(stop.path) for stop in STOPS if "projects?" in stop.path]
    rows = [{row["project_id"]: row for row in answer["items"]} for answer in shown]
    assert rows[1]["public-services"]["execution_rate"] == "124.06"
    assert [rows[number]["road"]["disbursed"] for number in (2, 3)] == ["300000.00", "30000.00"]
    (diff,) = (running.get(stop.path) for stop in STOPS if "/diff?" in stop.path)
    assert {each["project_id"]: each["events"] for each in diff["items"]} == {"care-home": [56], "farmland": [55]}
    assert running.get("/v1/ledgers/story/events/26")["type"] == "event-reversed.v1"


@full_only
def test_the_refused_payment_is_refused(running: Demo) -> None:
    line = next(each for each in running.child.said().splitlines() if "/disbursements" in each)
    words = shlex.split(line)
    headers = dict(word.split(": ", 1) for word in words if re.match(r"[A-Z][\w-]+: ", word))
    body = words[words.index("-d") + 1]
    response = httpx.post(words[2], content=body.encode(), headers=headers, timeout=30, verify=NO_TLS)
    assert (response.status_code, response.json()["code"]) == (409, "insufficient-funds")
    assert response.json()["available"] == "200000.00"


@full_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_behind(tmp_path: Path, number: signal.Signals) -> None:
    temporary = tmp_path / "temporary"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with demo(tmp_path, "--port", str(port)) as found:
            # A taken port is no obstacle.
            assert not found.url.endswith(f":{port}")
            assert found.get("/healthz")
            assert len(list(temporary.iterdir())) == 1
            os.kill(found.child.process.pid, number)
            assert found.child.process.wait(30) == 0
    assert not list(temporary.iterdir())
    assert not (tmp_path / "fundtrail-demo").exists()


@full_only
def test_a_kept_demo_goes_on_where_it_was(tmp_path: Path) -> None:
    log_ids = []
    for _ in range(2):
        with demo(tmp_path, "--keep", "--port", "0") as found:
            log_ids.append([each["log_id"] for each in found.get("/v1/ledgers")["items"]])
            os.kill(found.child.process.pid, signal.SIGTERM)
            assert found.child.process.wait(30) in {0, -signal.SIGTERM}
    assert log_ids[0] == log_ids[1]
    assert (tmp_path / "fundtrail-demo" / "demo.db").exists()


def test_building_goes_on_after_an_interruption(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/demo.db"
    left = 30

    def interrupt(_count: int) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise KeyboardInterrupt

    with prepared_database(url) as database:
        with pytest.raises(KeyboardInterrupt):
            build_examples(database, interrupt)
        build_examples(database)
    database = open_database(url)
    feed = SqlFeed(database.log_reader)
    assert {each.ledger_id for each in feed.ledgers()} == {each.ledger_id for each in EXAMPLE_LEDGERS}
    assert feed.head("story") == 56
    recorded_at = feed.recorded_at("story", 56)
    assert recorded_at is not None
    assert format_instant(recorded_at) == "2024-01-12T02:00:00.000000Z"
    database.dispose()
