"""`fundtrail export`: a file that imports again to the same figures at every business date."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.clock import SystemClock
from adapters.database import open_database
from adapters.event_log.digests import digest_at_head
from adapters.event_log.feed import SqlFeed
from adapters.event_log.sequencer import Sequencer
from api.custody import record_custody
from api.projecting import projector_of
from domain.access import LOCAL_ACTOR
from domain.custody import LogKeyAdded, LogKeyRetired, ServiceFact
from domain.ports import Coordinates
from domain.submission import KeyedCommand, Submission
from projections.rows import EvaluationDetail, Flag, ProjectDetail, Snapshot
from projections.views import Views
from tests.support.builders import A_VERIFIER_KEY, AN_EPOCH, erasure
from tests.support.command_line import EXAMPLES, CommandLine
from tests.support.command_rows import GROUND, payment
from tests.support.effort import effort, sampled

AS_OF = [date(2020, 12, 31), date(2023, 3, 31), date(2023, 4, 18), date(2023, 6, 30), date(2023, 12, 10)]
AS_OF += [date(2023, 12, 31), date(2024, 12, 31)]


@pytest.fixture
def fundtrail(sqlite_url: str, tmp_path: Path) -> CommandLine:
    return CommandLine(sqlite_url, tmp_path)


@contextmanager
def views_of(fundtrail: CommandLine) -> Iterator[tuple[Views, SqlFeed]]:
    database = open_database(fundtrail.url)
    try:
        feed = SqlFeed(database.log_reader)
        projector = projector_of(database)
        projector.prepare()
        for ledger in feed.ledgers():
            projector.catch_up(ledger.ledger_id)
        yield Views(database.views_reader, feed), feed
    finally:
        database.dispose()


def figures(views: Views, ledger_id: str, at: Coordinates) -> tuple[Any, ...]:
    """Everything the ledger answers at the coordinates, but for the mark that depends on when it was recorded."""
    snapshot = views.snapshot(ledger_id, at)
    details: list[ProjectDetail | EvaluationDetail | None] = [
        *(timeless_detail(views.project(ledger_id, at, each.project_id)) for each in snapshot.projects),
        *(views.evaluation(ledger_id, at, each.evaluation_id) for each in snapshot.evaluations),
    ]
    return timeless(snapshot), details


def timeless(snapshot: Snapshot) -> Snapshot:
    return replace(
        snapshot,
        projects=tuple(replace(row, flags=without_late(row.flags)) for row in snapshot.projects),
        lines=tuple(replace(row, flags=without_late(row.flags)) for row in snapshot.lines),
    )


def timeless_detail(detail: ProjectDetail | None) -> ProjectDetail:
    assert detail is not None
    lines = tuple(replace(row, flags=without_late(row.flags)) for row in detail.lines)
    return replace(detail, flags=without_late(detail.flags), lines=lines)


def without_late(flags: Any) -> tuple[Any, ...]:
    return tuple(flag for flag in flags if flag != Flag.LATE_ENTRY)


def assert_same_figures(fundtrail: CommandLine, one: str, other: str) -> None:
    with views_of(fundtrail) as (views, feed):
        head = feed.head(one)
        assert feed.head(other) == head
        for as_of in AS_OF:
            for position in {head, head * 2 // 3, head // 2}:
                at = Coordinates(as_of=as_of, position=position)
                assert figures(views, one, at) == figures(views, other, at), at


@pytest.mark.parametrize("example", sampled(["story", "jincheng-2023", "tianjiaan-2023", "jiedao-2020"], one_in=3))
def test_a_copy_answers_as_its_original(fundtrail: CommandLine, example: str) -> None:
    assert fundtrail("import", EXAMPLES / f"{example}.jsonl", "--ledger", "original").code == 0
    path = fundtrail.folder / "copy.jsonl"
    exported = fundtrail("export", "--ledger", "original", "--output", path, "--json")
    assert exported.code == 0
    copied = fundtrail("import", path, "--ledger", "copy", "--json")
    assert (copied.code, copied.json["accepted"]) == (0, exported.json[0]["commands"])
    assert_same_figures(fundtrail, "original", "copy")
    again = fundtrail("export", "--ledger", "copy")
    assert without_keys(again.rows) == without_keys(fundtrail("export", "--ledger", "original").rows)


def without_keys(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in {"key", "event_key"}} for row in rows]


DATES = st.sampled_from(["2023-03-01", "2023-04-01", "2023-06-30", "2023-12-31"])
AMOUNTS = st.sampled_from(["0.01", "100.00", "2500.00", "4999.99"])
KEYS = st.integers(0, 11).map(lambda number: f"k{number}")


def money(command: str, **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    given_fields = {name: st.just(value) for name, value in fields.items()}
    return st.fixed_dictionaries(
        {"command": st.just(command), "effective_date": DATES, "line_id": st.just("l"), "amount": AMOUNTS}
        | given_fields
    )


def about(command: str, **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    strategies = {
        name: value if isinstance(value, st.SearchStrategy) else st.just(value) for name, value in fields.items()
    }
    return st.fixed_dictionaries({"command": st.just(command), "effective_date": DATES} | strategies)


STEPS = st.one_of(
    money("record-disbursement", voucher_no="v"),
    money("record-disbursement", voucher_no="t", kind="transfer", method="direct", payee="王某"),
    money("record-disbursement", voucher_no="o", overrun={"authority": "县长办公会", "reason": "抢险"}),
    money("allocate-funds", stage="additional", document_no="3号", reason="追加"),
    money("reduce-allocation", document_no="4号", reason="调减"),
    money("recover-funds", destination="appropriation", document_no="5号"),
    about("return-disbursement", event_key=KEYS, amount=AMOUNTS, reason="退回"),
    about("reverse-event", event_key=KEYS, reason="录入有误"),
    about("amend-project", project_id="p", reason="批复", changes={"planned_amount": "70.00", "programme": None}),
    about("amend-project", project_id="p", reason="更名", changes={"name": "新名", "implementing_unit_ids": ["u"]}),
    about("change-project-status", project_id="p", status=st.sampled_from(["started", "suspended", "resumed"])),
    about(
        "open-evaluation",
        evaluation_id="e",
        subject={"kind": "project", "id": "p"},
        fiscal_year=2023,
        kind="finance",
        indicators=[{"code": "D1", "name": "产出", "level1": "产出", "max_points": "100"}],
    ),
    about("record-score", evaluation_id="e", indicator="D1", score="80"),
    about("adjust-score", evaluation_id="e", indicator="D1", score="76", reason="复核"),
    about("grant-points", evaluation_id="e", points="-3.50", reason="扣分"),
    about("finalise-evaluation", evaluation_id="e"),
)


@settings(max_examples=effort(quick=3, full=60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEPS, min_size=4, max_size=12))
def test_whatever_was_recorded_is_recorded_again(
    tmp_path_factory: pytest.TempPathFactory, steps: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("ledgers")
    fundtrail = CommandLine(f"sqlite:///{folder}/fundtrail.db", folder)
    rows = [*GROUND, *({**step, "key": f"k{number}"} for number, step in enumerate(steps))]
    fundtrail("import", fundtrail.file("rows.jsonl", rows), "--ledger", "original", "--partial")
    path = folder / "copy.jsonl"
    assert fundtrail("export", "--ledger", "original", "--output", path, "--with-private").code == 0
    assert fundtrail("import", path, "--ledger", "copy").code == 0
    assert_same_figures(fundtrail, "original", "copy")


def test_the_key_of_a_command_is_the_id_of_its_event(fundtrail: CommandLine) -> None:
    reverse = {"command": "reverse-event", "effective_date": "2023-04-01", "reason": "重复录入", "event_key": "k"}
    fundtrail("import", fundtrail.file("rows.jsonl", [*GROUND, payment("v", key="k"), reverse]), "--ledger", "x")
    *_, reversed_row, reversal = fundtrail("export", "--ledger", "x").rows
    assert reversal["event_key"] == reversed_row["key"]
    assert len(reversal["key"]) == 36


def test_envelope_fields_come_back(fundtrail: CommandLine) -> None:
    envelope = {
        "date_precision": "month",
        "basis": "assumed",
        "source": {"ref": "报告 第3行", "sha256": "0" * 64, "row": 3},
        "correlation_id": "c-1",
    }
    fundtrail("import", fundtrail.file("rows.jsonl", [{**GROUND[0], **envelope}]), "--ledger", "x")
    (row,) = fundtrail("export").rows
    assert {name: row[name] for name in envelope} == envelope


def test_payees_are_written_only_when_asked_for(fundtrail: CommandLine) -> None:
    fundtrail("import", fundtrail.file("rows.jsonl", [*GROUND, payment("v", payee="王某")]), "--ledger", "x")
    without = fundtrail("export")
    assert "payee" not in without.rows[-1]
    assert "1 payees left out" in without.messages
    assert fundtrail("export", "--with-private").rows[-1]["payee"] == "王某"


def test_facts_about_the_log_itself_are_left_out(fundtrail: CommandLine) -> None:
    fundtrail("import", fundtrail.file("rows.jsonl", [*GROUND, payment("v", payee="王某")]), "--ledger", "x")
    state_custody_facts(fundtrail, "x")
    path = fundtrail.folder / "copy.jsonl"
    exported = fundtrail("export", "--ledger", "x", "--output", path, "--with-private")
    assert "6 commands to position 12; 1 payees left out" in exported.messages
    assert "5 facts about the log itself left out" in exported.messages
    assert fundtrail("export", "--ledger", "x", "--output", path, "--json").json[0]["custody"] == 5
    assert fundtrail("import", path, "--ledger", "copy").code == 0
    with views_of(fundtrail) as (views, feed):
        for as_of in AS_OF:
            here, there = (Coordinates(as_of=as_of, position=feed.head(each)) for each in ("x", "copy"))
            assert figures(views, "x", here) == figures(views, "copy", there)


def state_custody_facts(fundtrail: CommandLine, ledger_id: str) -> None:
    """One fact of each kind, the erasure of the last payment's payee among them."""
    database = open_database(fundtrail.url)
    sequencer = Sequencer(database, SystemClock())
    ledger = SqlFeed(database.log_reader).ledger(ledger_id)
    paid = SqlFeed(database.log_reader).event(ledger_id, ledger.position)
    assert paid is not None
    facts: list[ServiceFact] = [digest_at_head(database.log_reader, ledger_id), AN_EPOCH]
    facts += [LogKeyAdded(verifier_key=A_VERIFIER_KEY), LogKeyRetired(verifier_key=A_VERIFIER_KEY)]
    for number, fact in enumerate(facts):
        record_custody(sequencer, ledger, LOCAL_ACTOR, f"fact-{number}", fact, clock=SystemClock())
    items = (KeyedCommand(key="erase", command=erasure(paid.id)),)
    answer = sequencer.submit(Submission(ledger_id=ledger_id, actor=LOCAL_ACTOR, items=items)).result()
    assert answer.refusal is None
    sequencer.stop()
    database.dispose()


def test_several_ledgers_go_to_a_folder(fundtrail: CommandLine) -> None:
    path = fundtrail.file("rows.jsonl", GROUND)
    for ledger_id in ("x", "y"):
        fundtrail("import", path, "--ledger", ledger_id)
    assert fundtrail("export").code == 2
    summary = fundtrail("export", "--output", fundtrail.folder / "out", "--json")
    assert [(each["ledger_id"], each["commands"]) for each in summary.json] == [("x", 5), ("y", 5)]
    assert sorted(each.name for each in (fundtrail.folder / "out").iterdir()) == ["x.jsonl", "y.jsonl"]


def test_an_unknown_ledger_is_refused(fundtrail: CommandLine) -> None:
    fundtrail("import", fundtrail.file("rows.jsonl", GROUND), "--ledger", "x")
    refused = fundtrail("export", "--ledger", "y")
    assert (refused.code, refused.output) == (1, "")
