"""One project on a past day, as then known, among 100,000 events: right, how soon, and with how much memory.

    python -m benchmarks.as_of

The workload is recorded in this process, a transaction for each of its days, and its views are made by the server. Then
all 2,000 projects are asked for over HTTP at four coordinates and compared with plain addition, and single projects at
random coordinates are timed: over HTTP as a client sees them, and the same question put to the views in this process.
"""

import random
import time
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from adapters.database import open_database
from adapters.event_log.feed import SqlFeed
from adapters.event_log.sequencer import Sequencer
from adapters.migrations.schema import migrate
from benchmarks.loading import LEDGER, open_with_setup, record_by_day, setup_clock
from benchmarks.machine import ROUNDS, load_average, say, summary, write_result
from benchmarks.requests import UnexpectedAnswerError, ask, get, send
from benchmarks.servers import Served, databases, serve
from benchmarks.workload import (
    CUTS,
    PROJECT_COUNT,
    Cut,
    FlowEvent,
    Sums,
    events,
    expected,
    oracle,
    table_sha256,
    with_possible_reversals,
)
from domain.ports import Coordinates
from projections.views import Views

EVENT_COUNT: Final = 100_000
QUESTIONS_PER_ROUND: Final = 400
GOALS: Final = {"one_project_ms": 5.0, "memory_mb": 250.0}


class Question(NamedTuple):
    """One project at coordinates, as a query says them and as they resolve."""

    project_id: str
    query: str
    at: Coordinates


def load(url: str, stream: list[FlowEvent]) -> tuple[dict[str, int], float]:
    """Records the stream; the last position by day, and events per second."""
    database = open_database(url)
    migrate(database)
    clock = setup_clock()
    sequencer = Sequencer(database, clock)
    try:
        open_with_setup(sequencer)
        begin = time.perf_counter()
        positions = record_by_day(sequencer, clock, stream)
        return positions, len(stream) / (time.perf_counter() - begin)
    finally:
        sequencer.stop()
        database.dispose()


def recorded_until(cut: Cut, positions: dict[str, int]) -> int:
    """The last position recorded before a cut, which is at a midnight."""
    return max(position for day, position in positions.items() if cut.rec is None or day < cut.rec[:10])


def table_at(server: Served, query: str) -> dict[str, Sums]:
    """Every project's sums at the coordinates, page by page, as a client reads them."""
    table: dict[str, Sums] = {}
    path: str | None = f"/v1/ledgers/{LEDGER}/projects?limit=1000&{query}"
    while path is not None:
        answer = ask(server, path)
        for row in answer["items"]:
            sums = (_hundredths(row["adjusted_budget"]), _hundredths(row["disbursed"]), _hundredths(row["score"]))
            table[row["project_id"]] = sums
        path = answer["next"]
    return table


def check_answers(server: Served, stream: list[FlowEvent], positions: dict[str, int]) -> dict[str, Any]:
    """Compares every project at every cut with plain addition over the stream; raises where one differs."""
    figures = expected()["cuts"]
    checked: dict[str, Any] = {}
    for name, cut in CUTS.items():
        right = oracle(stream, cut)
        queries = [f"as_of={cut.biz}&at_position={recorded_until(cut, positions)}"]
        if cut.rec is not None:
            queries.append(f"as_of={cut.biz}&known_at={date.fromisoformat(cut.rec[:10]) - timedelta(days=1)}")
        for query in queries:
            ours = {project: sums for project, sums in table_at(server, query).items() if project in right}
            if ours != right:
                wrong = [project for project in right if ours.get(project) != right[project]]
                message = f"{name}, {query}: {len(wrong)} projects differ, first {wrong[0]}"
                raise AssertionError(message)
        checked[name] = {
            "allocated": sum(each[0] for each in right.values()),
            "disbursed": sum(each[1] for each in right.values()),
            "table_sha256": table_sha256(right),
            "is_that_of_expected_100k": table_sha256(right) == figures[name]["table_sha256"],
        }
        say(f"  {name}: {len(right)} projects right")
    return checked


def questions(dice: random.Random, positions: dict[str, int]) -> list[Question]:
    """Random projects at random pasts: as_of on any day, known by the end of any day not before it."""
    days = sorted(positions)
    asked: list[Question] = []
    for number in range(QUESTIONS_PER_ROUND):
        known = dice.randrange(30, len(days) - 1)
        as_of = days[dice.randrange(30, known + 1)]
        recorded = f"at_position={positions[days[known]]}" if number % 2 else f"known_at={days[known]}"
        at = Coordinates(as_of=date.fromisoformat(as_of), position=positions[days[known]])
        asked.append(Question(f"P{dice.randrange(PROJECT_COUNT):04d}", f"as_of={as_of}&{recorded}", at))
    return asked


def time_over_http(server: Served, asked: list[Question]) -> list[float]:
    """Milliseconds of each question, sorted: from the request to its whole answer, at the client."""
    requests = [get(f"/v1/ledgers/{LEDGER}/projects/{each.project_id}?{each.query}") for each in asked]
    return sorted(each * 1e3 for each in send(server, [requests]).latencies_s)


def time_in_process(views: Views, asked: list[Question]) -> list[float]:
    """Milliseconds of each question put to the views directly, sorted."""
    taken: list[float] = []
    for each in asked:
        begin = time.perf_counter()
        views.project(LEDGER, each.at, each.project_id)
        taken.append((time.perf_counter() - begin) * 1e3)
    return sorted(taken)


def measure(name: str, url: str, stream: list[FlowEvent]) -> dict[str, Any]:
    """Everything on one database."""
    positions, load_per_s = load(url, stream)
    say(f"{name}: {len(stream)} events recorded, {load_per_s:.0f}/s")
    dice = random.Random(1)
    database = open_database(url)
    views = Views(database.views_reader, SqlFeed(database.log_reader))
    http: list[list[float]] = []
    direct: list[list[float]] = []
    processor_ms: list[float] = []
    loads: list[list[float]] = []
    try:
        with serve(url) as server:
            wait_for_views(server)
            begun_mb = server.memory_mb()
            checked = check_answers(server, stream, positions)
            for number in range(ROUNDS):
                asked = questions(dice, positions)
                loads.append(load_average())
                processor_s = server.processor_s()
                http.append(time_over_http(server, asked))
                processor_ms.append((server.processor_s() - processor_s) / len(asked) * 1e3)
                direct.append(time_in_process(views, asked))
                medians = f"{at_share(http[-1], 0.5):.2f} ms over HTTP, {at_share(direct[-1], 0.5):.2f} ms the views"
                say(f"{name} round {number + 1}: {medians}, load {loads[-1][0]}")
            ended_mb = server.memory_mb()
    finally:
        database.dispose()
    return {
        "one_project_ms": summary([at_share(each, 0.5) for each in http], 2),
        "one_project_p99_ms": summary([at_share(each, 0.99) for each in http], 2),
        "server_processor_ms": summary(processor_ms, 2),
        "views_alone_ms": summary([at_share(each, 0.5) for each in direct], 2),
        "memory_mb": {
            "views_made": round(begun_mb[0]),
            "after_questions": round(ended_mb[0]),
            "peak": round(ended_mb[1]),
        },
        "answers": checked,
        "in_process_load_per_s": round(load_per_s),
        "load_average": loads,
    }


def wait_for_views(server: Served) -> None:
    """Waits until the server's views have everything: a read may say for a while that they have not."""
    deadline = time.monotonic() + 600
    while True:
        try:
            ask(server, f"/v1/ledgers/{LEDGER}/projects/P0000")
        except UnexpectedAnswerError:
            if time.monotonic() > deadline:
                raise
        else:
            return


def at_share(taken: list[float], share: float) -> float:
    """The value below which that share of sorted values lies."""
    return taken[int(len(taken) * share)]


def _hundredths(text: str) -> int:
    return int(text.replace(".", ""))


def main() -> None:
    """Measures, and records the result."""
    stream = with_possible_reversals(list(events(EVENT_COUNT)))
    with databases("ours") as kinds:
        measured = {name: measure(name, url, stream) for name, (url,) in kinds}
    conditions = {
        "events": f"{EVENT_COUNT} of the workload and what they name; 12 % late",
        "questions": f"{QUESTIONS_PER_ROUND} in each round, one after the other, half by known_at, half by at_position",
        "server": "fundtrail serve, one process, which also made the views",
    }
    say(str(write_result("as_of", {"goals": GOALS, "conditions": conditions, "measured": measured})))


if __name__ == "__main__":
    main()
