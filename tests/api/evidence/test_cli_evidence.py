"""`fundtrail evidence` and `fundtrail log-export`, without a server."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from tests.support.auditor import VERDICT_OF_ALL, judged, verdicts
from tests.support.command_line import EXAMPLES, CommandLine
from tests.support.command_rows import GROUND, payment
from tests.support.effort import sampled
from verifier.fundtrail_verify import Trust, parse_verifier_key


@pytest.fixture
def program(database_url: str, tmp_path: Path) -> CommandLine:
    """A ledger `t` from the figures of a report."""
    program = CommandLine(database_url, tmp_path)
    assert program("import", EXAMPLES / "tianjiaan-2023.jsonl", "--ledger", "t").code == 0
    return program


def trust_of(program: CommandLine) -> Trust:
    keys = json.loads(program("log-key", "list", "--ledger", "t", "--json").output)["items"]
    return Trust(
        log_keys=tuple(parse_verifier_key(key["verifier_key"]) for key in keys),
        policy=None,
        last_seen=None,
        accepted_epoch=None,
    )


def test_a_bundle_is_written_and_holds(program: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    done = program(
        "evidence", "--ledger", "t", "--project", "a-industry", "--as-of", "2023-12-31", "--output", str(path)
    )
    assert (done.code, done.output) == (0, f"{path}\n")
    report = judged(path.read_bytes(), trust_of(program))
    assert verdicts(report) == VERDICT_OF_ALL | {"completeness": "not covered"}


def test_without_a_name_the_file_says_what_it_is(program: CommandLine, tmp_path: Path) -> None:
    done = program(
        "evidence", "--ledger", "t", "--project", "a-industry", "--as-of", "2023-12-31", "--at-position", "90"
    )
    assert done.output == "evidence-t-project-a-industry-2023-12-31-90.zip\n"
    assert (tmp_path / done.output.strip()).is_file()


def test_the_log_is_exported_whole(program: CommandLine, tmp_path: Path) -> None:
    done = program("log-export", "--ledger", "t")
    assert done.output == "log-t-126.jsonl\n"
    assert verdicts(judged((tmp_path / "log-t-126.jsonl").read_bytes(), trust_of(program))) == VERDICT_OF_ALL


@pytest.mark.parametrize(
    ("options", "code", "message"),
    sampled(
        [
            ((), 2, "--project: exactly one of"),
            (("--project", "a-industry", "--line", "x"), 2, "exactly one of"),
            (("--project", "a-industry", "--as-of", "2023"), 2, "--as-of: a valid date"),
            (("--project", "a-industry", "--since", "0"), 2, "--since: a whole number"),
            (("--project", "a-industry", "--at-position", "999"), 2, "--at-position: beyond the last position, 126"),
            (("--project", "nowhere"), 1, "unknown-project"),
        ],
        one_in=3,
    ),
)
def test_what_cannot_be_shown_is_refused(
    program: CommandLine, tmp_path: Path, options: tuple[str, ...], code: int, message: str
) -> None:
    done = program("evidence", "--ledger", "t", *options)
    assert (done.code, done.output, message in done.messages) == (code, "", True), done.messages
    assert not list(tmp_path.glob("*.zip"))


def test_private_values_are_disclosed_only_when_asked_for(database_url: str, tmp_path: Path) -> None:
    program = CommandLine(database_url, tmp_path)
    rows = [*GROUND, payment("v1", payee="某某公司"), payment("v2")]
    assert program("import", program.file("rows.jsonl", rows), "--ledger", "t").code == 0
    path = tmp_path / "evidence.zip"
    for options in ((), ("--with-private",)):
        assert program("evidence", "--ledger", "t", "--line", "l", "--output", str(path), *options).code == 0
        assert verdicts(judged(path.read_bytes(), trust_of(program)))["content"] == "verified"
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as bundle:
            assert ("openings.json" in bundle.namelist()) == bool(options)
    with zipfile.ZipFile(path) as bundle:
        (opening,) = json.loads(bundle.read("openings.json"))
    assert (opening["field"], opening["value"]) == ("payee", "某某公司")


def test_where_there_is_no_ledger_nothing_is_made(tmp_path: Path) -> None:
    empty = CommandLine(f"sqlite:///{tmp_path}/none.db", tmp_path)
    for command in (("evidence", "--ledger", "t", "--line", "x"), ("log-export", "--ledger", "t")):
        assert empty(*command).code == 1
    assert not list(tmp_path.iterdir())
