"""`fundtrail import`: what is recorded, what is refused, and what another try does."""

import re
import signal
import tempfile
from pathlib import Path
from typing import Any, get_args

import pytest

from api import import_command, importing, progress
from domain.custody import CustodyFact
from domain.registry import COMMAND_NAMES
from tests.support.command_line import EXAMPLES, CommandLine
from tests.support.command_rows import DAY, GROUND, payment, payments
from tests.support.effort import full_only, quick_on_sqlite_only
from tests.support.processes import FUNDTRAIL, started, wait_for


@pytest.fixture
def fundtrail(sqlite_url: str, tmp_path: Path) -> CommandLine:
    return CommandLine(sqlite_url, tmp_path)


def test_a_file_makes_its_ledger(fundtrail: CommandLine) -> None:
    done = fundtrail("import", EXAMPLES / "jiedao-2020.jsonl", "--ledger", "street", "--name", "街道", "--json")
    assert done.code == 0
    assert done.json == {
        "ledger_id": "street",
        "opened": True,
        "dry_run": False,
        "complete": True,
        "rows": 11,
        "accepted": 11,
        "replayed": 0,
        "refused": 0,
        "last_line": 11,
        "position": 12,
        "errors": [],
    }
    (ledger,) = fundtrail("ledgers", "--json").json["items"]
    assert (ledger["name"], ledger["position"], ledger["demo"]) == ("街道", 12, False)


def test_the_same_file_again_changes_nothing(fundtrail: CommandLine) -> None:
    path = fundtrail.file("rows.jsonl", [*GROUND, payment("v")])
    assert fundtrail("import", path, "--ledger", "x").code == 0
    again = fundtrail("import", path, "--ledger", "x", "--json")
    assert (again.code, again.json["accepted"], again.json["replayed"], again.json["opened"]) == (0, 6, 6, False)
    assert fundtrail.position("x") == 7


def test_an_import_that_was_cut_off_goes_on_where_it_stopped(
    fundtrail: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fundtrail.file("rows.jsonl", [*GROUND, *payments(20)])
    monkeypatch.setattr(importing, "UNIT", 10)
    asked = 0
    send = importing._sent

    def cut_off(*arguments: Any, **named: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise OSError("the machine went away")
        return send(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(importing, "_sent", cut_off)
        assert fundtrail("import", path, "--ledger", "x").code == 1
    assert fundtrail.position("x") == 11
    resumed = fundtrail("import", path, "--ledger", "x", "--json")
    assert (resumed.code, resumed.json["accepted"], resumed.json["replayed"]) == (0, 25, 10)
    assert fundtrail.position("x") == 26


def test_rows_that_are_no_commands_are_all_listed_and_nothing_is_written(without_database: CommandLine) -> None:
    rows: list[Any] = [
        GROUND[0],
        "",
        {**GROUND[1], "amount": 12},
        "not json",
        {"command": "spend"},
        {**GROUND[4], "amount": "0.00", "stage": "additional", "colour": "red"},
        '{"command": "register-unit", "command": "register-unit"}',
    ]
    path = without_database.file("rows.jsonl", rows)
    refused = without_database("import", path, "--ledger", "x")
    assert (refused.code, refused.output) == (1, "")
    assert [line.split(":")[0] for line in refused.messages.splitlines()[:-1]] == [
        "line 3",
        "line 4",
        "line 5",
        "line 6",
        "line 7",
    ]
    assert "text-expected /amount" in refused.messages
    assert "unknown-field /colour" in refused.messages
    assert "nothing was written" in refused.messages
    assert not (without_database.folder / "fundtrail.db").exists()


def test_two_rows_of_one_key_are_a_wrong_file(fundtrail: CommandLine) -> None:
    path = fundtrail.file("rows.jsonl", [{**GROUND[0], "key": "k"}, {**GROUND[1], "key": "k"}])
    refused = fundtrail("import", path, "--ledger", "x", "--json")
    assert refused.code == 1
    errors = [(each["line"], each["problem"]["errors"][0]["code"]) for each in refused.json["errors"]]
    assert errors == [(2, "repeated-key")]


def test_the_first_refused_row_ends_the_import_without_its_unit(
    fundtrail: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "UNIT", 4)
    path = fundtrail.file("rows.jsonl", [*GROUND, payment("v", "9000.00"), payment("w")])
    refused = fundtrail("import", path, "--ledger", "x", "--json")
    assert refused.code == 1
    assert (refused.json["accepted"], refused.json["last_line"], refused.json["complete"]) == (4, 4, False)
    (error,) = refused.json["errors"]
    assert error["line"] == 6
    assert error["problem"]["code"] == "insufficient-funds"
    assert (error["problem"]["available"], error["problem"]["requested"]) == ("5000.00", "9000.00")
    assert fundtrail.position("x") == 5


def test_a_refused_row_is_said_with_code_reason_and_figures(fundtrail: CommandLine) -> None:
    path = fundtrail.file("rows.jsonl", [*GROUND, payment("v", "9000.00")])
    english = fundtrail("import", path, "--ledger", "x")
    assert "line 6: insufficient-funds /amount: CNY 5,000.00 is available; 9,000.00 was requested." in english.messages
    assert "[available 5000.00, requested 9000.00]" in english.messages
    assert "no row was recorded" in english.messages
    chinese = fundtrail("import", path, "--ledger", "x", environment={"LC_ALL": "zh_CN.UTF-8"})
    assert "可用余额 5,000.00 元，申请 9,000.00 元。" in chinese.messages


def test_partial_records_every_accepted_row(fundtrail: CommandLine) -> None:
    rows = [*GROUND, payment("v", "9000.00"), payment("w"), payment("w")]
    path = fundtrail.file("rows.jsonl", rows)
    done = fundtrail("import", path, "--ledger", "x", "--partial", "--json")
    assert done.code == 1
    assert (done.json["accepted"], done.json["refused"], done.json["position"]) == (6, 2, 7)
    assert [(each["line"], each["problem"]["code"]) for each in done.json["errors"]] == [
        (6, "insufficient-funds"),
        (8, "duplicate-voucher"),
    ]
    assert done.json["errors"][1]["problem"]["position"] == fundtrail.position("x") == 7


@pytest.mark.parametrize("options", [["--dry-run"], []], ids=["tried", "atomic"])
@pytest.mark.parametrize("unit", [4, 500])
def test_what_another_row_stands_against_is_told_by_its_line_while_it_is_not_recorded(
    fundtrail: CommandLine, monkeypatch: pytest.MonkeyPatch, unit: int, options: list[str]
) -> None:
    fundtrail("import", fundtrail.file("before.jsonl", GROUND), "--ledger", "x")
    for module in (importing, import_command):
        monkeypatch.setattr(module, "UNIT", unit)
    path = fundtrail.file("rows.jsonl", [payment("u"), payment("v"), payment("w"), payment("v"), *payments(2)])
    (error,) = fundtrail("import", path, "--ledger", "x", "--json", *options).json["errors"]
    assert (error["line"], error["problem"]["other_line"], "position" in error["problem"]) == (4, 2, False)
    assert "[other_line 2]" in fundtrail("import", path, "--ledger", "x", *options).messages


@pytest.mark.parametrize("ground_count", [0, 1])
def test_a_dry_run_decides_the_whole_file_and_writes_nothing(without_database: CommandLine, ground_count: int) -> None:
    if ground_count:
        without_database("import", without_database.file("ground.jsonl", GROUND[:ground_count]), "--ledger", "x")
    rows = [*GROUND[ground_count:], payment("v", "9000.00"), payment("w"), payment("x", "4999.01")]
    decided = without_database(
        "import", without_database.file("rows.jsonl", rows), "--ledger", "x", "--dry-run", "--json"
    )
    assert decided.code == 1
    assert (decided.json["dry_run"], decided.json["opened"], decided.json["position"]) == (True, False, None)
    assert [each["problem"]["code"] for each in decided.json["errors"]] == ["insufficient-funds"] * 2
    assert without_database.position("x") == 2 * ground_count
    assert (without_database.folder / "fundtrail.db").exists() == bool(ground_count)


@pytest.fixture
def small_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few rows are several units, and more than a dry run decides in one submission."""
    monkeypatch.setattr(importing, "UNIT", 4)
    monkeypatch.setattr(import_command, "UNIT", 4)


@quick_on_sqlite_only
@pytest.mark.usefixtures("small_units")
def test_a_long_dry_run_on_a_ledger_that_is_there_says_what_the_import_then_does(
    database_url: str, tmp_path: Path
) -> None:
    fundtrail = CommandLine(database_url, tmp_path)
    before = [*GROUND, payment("v0", key="k0"), payment("v1", payee="甲公司")]
    assert fundtrail("import", fundtrail.file("before.jsonl", before), "--ledger", "x").code == 0
    reverse = {"command": "reverse-event", "effective_date": DAY, "reason": "重复录入"}
    rows = [
        payment("v0", key="k0"),
        *(payment(f"w{number}", payee="乙公司") for number in range(9)),
        {**reverse, "event_key": "k0"},
        payment("v1"),
        payment("y", "4990.00"),
        payment("z", "4989.01"),
    ]
    path = fundtrail.file("rows.jsonl", rows)
    tried = fundtrail("import", path, "--ledger", "x", "--dry-run", "--json")
    assert fundtrail.position("x") == 8
    done = fundtrail("import", path, "--ledger", "x", "--partial", "--json")
    assert [each["problem"]["code"] for each in done.json["errors"]] == ["duplicate-voucher", "insufficient-funds"]
    assert (tried.json["replayed"], tried.json["position"], tried.json["opened"]) == (1, None, False)
    without = {"dry_run", "position"}
    assert {name: value for name, value in tried.json.items() if name not in without} == {
        name: value for name, value in done.json.items() if name not in without
    }


@pytest.mark.usefixtures("small_units")
def test_a_dry_run_leaves_no_files(fundtrail: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    place = fundtrail.folder / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    assert fundtrail("import", fundtrail.file("rows.jsonl", GROUND), "--ledger", "x").code == 0
    path = fundtrail.file("more.jsonl", payments(10))
    for ledger in ("x", "new"):
        fundtrail("import", path, "--ledger", ledger, "--dry-run")
        assert list(place.iterdir()) == []


@pytest.mark.usefixtures("small_units")
def test_rows_that_were_refused_before_are_decided_anew_among_those_that_were_recorded(fundtrail: CommandLine) -> None:
    rows = [*GROUND, payment("v", "9000.00"), *payments(10)]
    path = fundtrail.file("rows.jsonl", rows)
    assert fundtrail("import", path, "--ledger", "x", "--partial").code == 1
    more = {**GROUND[-1], "amount": "9000.00", "stage": "additional"}
    assert fundtrail("import", fundtrail.file("more.jsonl", [more]), "--ledger", "x").code == 0
    again = fundtrail("import", path, "--ledger", "x", "--json").json
    assert (again["complete"], again["accepted"], again["replayed"], again["last_line"]) == (True, 16, 15, 16)
    assert again["position"] == 18


@pytest.mark.usefixtures("small_units")
def test_a_key_that_another_command_has_is_refused_among_rows_that_were_recorded(fundtrail: CommandLine) -> None:
    rows = [{**row, "key": f"k{number}"} for number, row in enumerate([*GROUND, *payments(10)])]
    assert fundtrail("import", fundtrail.file("rows.jsonl", rows), "--ledger", "x").code == 0
    rows[9] = {**rows[9], "amount": "2.00"}
    refused = fundtrail("import", fundtrail.file("changed.jsonl", rows), "--ledger", "x", "--partial", "--json").json
    assert [(each["line"], each["problem"]["code"]) for each in refused["errors"]] == [(10, "idempotency-key-reused")]
    assert (refused["accepted"], refused["replayed"]) == (14, 14)
    assert fundtrail.position("x") == 16


@full_only
def test_thousands_of_refused_rows_are_all_told(fundtrail: CommandLine) -> None:
    rows = [*GROUND, *(payment(f"v{number}", "6000.00") for number in range(6_000))]
    path = fundtrail.file("rows.jsonl", rows)
    told = fundtrail("import", path, "--ledger", "x", "--partial", "--json").json
    assert (told["accepted"], told["refused"]) == (5, 6_000)
    assert [each["line"] for each in told["errors"]] == list(range(6, 6_006))
    messages = fundtrail("import", path, "--ledger", "x", "--dry-run").messages.splitlines()
    assert len(messages) == 6_001
    assert messages[0].startswith("line 6: insufficient-funds")


@full_only
def test_a_log_is_told_now_and_then_how_far_an_import_is(
    fundtrail: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fundtrail.file("rows.jsonl", [*GROUND, *payments(1_500)])
    quick = fundtrail("import", path, "--ledger", "quick")
    assert quick.messages.splitlines() == ["opened ledger quick", "1505 rows recorded, 0 refused; ledger quick"]
    monkeypatch.setattr(progress, "LINE_INTERVAL_S", 0)
    told = fundtrail("import", path, "--ledger", "x", "--json")
    assert told.json["accepted"] == 1_505
    lines = told.messages.splitlines()
    figures = r"[\d,]+ rows/s, \d+ s left"
    for done in ("500", "1,000", "1,500", "1,505"):
        assert any(re.fullmatch(rf"recording: {done} of 1,505 rows, {figures}", line) for line in lines), lines
    assert any(re.fullmatch(r"recording: done in \d+ s: 1,505 rows, [\d,]+ rows/s", line) for line in lines)
    assert any(re.match(r"checking: 0\.1 of 0\.2 MB, [\d.,]+ MB/s", line) for line in lines)


def test_what_a_log_says_during_an_import_does_not_get_into_its_answer(fundtrail: CommandLine) -> None:
    path = fundtrail.file("rows.jsonl", GROUND)
    fundtrail("import", path, "--ledger", "x")
    more = fundtrail.file("more.jsonl", payments(1))
    other_keys = {"FUNDTRAIL_KEYS_FOLDER": str(fundtrail.folder / "other-keys"), "LC_ALL": "C.UTF-8"}
    told = fundtrail("import", more, "--ledger", "x", "--json", environment=other_keys)
    assert "checkpoint-refused" in told.messages
    assert told.json["accepted"] == 1


def test_amounts_may_be_in_wan(fundtrail: CommandLine) -> None:
    ground = [*GROUND[:4], {**GROUND[4], "amount": "1.5", "unit": "wan"}]
    path = fundtrail.file("rows.jsonl", [*ground, payment("v", "1.500001", unit="wan")])
    refused = fundtrail("import", path, "--ledger", "x", "--json").json
    assert [each["problem"]["available"] for each in refused["errors"]] == ["15000.00"]
    assert [each["problem"]["requested"] for each in refused["errors"]] == ["15000.01"]


def test_a_row_may_name_an_earlier_one_by_its_key(fundtrail: CommandLine) -> None:
    reverse = {"command": "reverse-event", "effective_date": "2023-04-01", "reason": "重复录入"}
    rows = [*GROUND, payment("v", key="k"), {**reverse, "event_key": "k"}, {**reverse, "event_key": "nothing"}]
    done = fundtrail("import", fundtrail.file("rows.jsonl", rows), "--ledger", "x", "--partial", "--json")
    assert [(each["line"], each["problem"]["code"]) for each in done.json["errors"]] == [(8, "unknown-event")]
    assert [each["problem"]["errors"][0]["pointer"] for each in done.json["errors"]] == ["/event_key"]


def test_byte_order_mark_and_windows_lines_are_no_problem(fundtrail: CommandLine) -> None:
    path = fundtrail.file("rows.jsonl", GROUND)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    assert fundtrail("import", path, "--ledger", "x").code == 0


@pytest.mark.parametrize("body_type", get_args(CustodyFact), ids=lambda each: each.__name__)
def test_facts_about_a_log_are_no_commands_of_a_file(fundtrail: CommandLine, body_type: type[CustodyFact]) -> None:
    row = {"command": COMMAND_NAMES[body_type], "effective_date": "2023-03-01", "event_ids": [], "legal_basis": "a"}
    refused = fundtrail("import", fundtrail.file("rows.jsonl", [GROUND[0], row]), "--ledger", "x", "--json")
    assert refused.code == 1
    (error,) = refused.json["errors"]
    assert (error["line"], error["problem"]["errors"][0]["pointer"]) == (2, "/command")
    assert error["problem"]["errors"][0]["code"] == "command"
    assert fundtrail.position("x") == 0


def test_a_line_too_long_for_any_command_is_an_error_of_that_line(fundtrail: CommandLine) -> None:
    path = fundtrail.file("rows.jsonl", [GROUND[0], {**GROUND[0], "name": "长" * 800_000}, {"command": "spend"}])
    refused = fundtrail("import", path, "--ledger", "x", "--json").json
    assert [(each["line"], each["problem"]["code"]) for each in refused["errors"]] == [
        (2, "body-too-large"),
        (3, "invalid-body"),
    ]


def test_another_name_for_a_ledger_that_is_there_is_said_and_ignored(fundtrail: CommandLine) -> None:
    path = fundtrail.file("rows.jsonl", GROUND)
    fundtrail("import", path, "--ledger", "x", "--name", "甲")
    again = fundtrail("import", path, "--ledger", "x", "--name", "乙")
    assert again.code == 0
    assert "甲: --name is ignored" in again.messages


@pytest.mark.parametrize(
    "arguments",
    [
        ["import", "missing.jsonl", "--ledger", "x"],
        ["import", "rows.jsonl"],
        ["import", "rows.jsonl", "--ledger", "not an id"],
        ["import", "rows.jsonl", "--ledger", "x", "--name", ""],
    ],
)
def test_wrong_usage_exits_2(fundtrail: CommandLine, arguments: list[str]) -> None:
    fundtrail.file("rows.jsonl", GROUND)
    assert fundtrail(*arguments).code == 2


@full_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_process_that_was_stopped_is_gone_on_with(fundtrail: CommandLine, number: signal.Signals) -> None:
    path = fundtrail.file("rows.jsonl", [*GROUND, *payments(4_000)])
    with started([*FUNDTRAIL, "import", str(path), "--ledger", "x"], fundtrail.folder, fundtrail.url) as child:
        wait_for("some rows are recorded", lambda: fundtrail.position("x") > importing.UNIT, child)
        child.process.send_signal(number)
        code = child.process.wait(60)
    stopped_at = fundtrail.position("x")
    assert stopped_at < 4_006
    assert (stopped_at - 1) % importing.UNIT == 0
    if number is signal.SIGINT:
        assert code == 1
        assert "import the same file again" in child.messages.read_text("utf-8")
    resumed = fundtrail("import", path, "--ledger", "x", "--json")
    assert (resumed.code, resumed.json["accepted"], resumed.json["replayed"]) == (0, 4_005, stopped_at - 1)
    assert fundtrail("verify").code == 0
