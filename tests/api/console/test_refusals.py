"""Refusals and the access log: who tried what, for those who may read it."""

import ast
import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Final

import pytest

from adapters.access.key_records import FIRST_RECORDED, rights_of, secret_figure
from api.console.access_actions import ACTIONS, action_title
from api.console.pages import refusals
from api.guard import ROUTES, Anyone
from domain import errors
from domain.access import Role
from domain.errors import Refusal
from tests.support.caller import DISBURSEMENT, Caller
from tests.support.console import Console
from tests.support.effort import sampled
from tests.support.identified import client_with, identifying_server, made_key, open_founded
from tests.support.server import RunningServer

ROOT: Final = Path(__file__).parents[3]
REFUSALS: Final = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, Refusal)}
KEY_ROW: Final = {"role": "clerk", "ledgers": "qingshi", "units": "U1", "expires_at_us": 0}
TOO_MUCH = DISBURSEMENT | {"amount": "9999.00", "voucher_no": "V9"}


def test_a_refusal_is_shown_with_who_what_and_the_figures(founded: Caller, console: Console) -> None:
    founded.post("/disbursements", TOO_MUCH)
    (row,) = console.open("refusals").texts(".ev tbody tr")
    assert "录入支出 可用余额不足 insufficient-funds" in row
    assert "line:L1" in row
    assert "可用余额 600.00 · 申请 9,999.00" in row
    assert "available 600.00" not in console.open("refusals", lang="en").text("main")
    assert "requested 9,999.00" in console.open("refusals", lang="en").text("main")


def test_the_newest_come_first_and_the_list_goes_on(
    founded: Caller, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "SHOWN", 2)
    for _ in range(3):
        founded.post("/disbursements", TOO_MUCH)
    first = console.open("refusals")
    second = console.follow(first.link("下一页"))
    numbers = [int(text) for shown in (first, second) for text in shown.texts(".ev tbody th")]
    assert len(numbers) == 3
    assert numbers == sorted(numbers, reverse=True)


def test_the_access_log_is_filtered_by_kind_and_exported(founded: Caller, console: Console) -> None:
    founded.post("/disbursements", TOO_MUCH)
    assert len(console.open("access-log", kind="refused").texts(".ev tbody tr")) == 1
    assert "没有记录" in console.open("access-log", kind="denied").text("main")
    assert len(console.open("access-log", kind="").texts(".ev tbody tr")) == 1
    rows = list(csv.reader(StringIO(console.open("refusals.csv").response.content.decode("utf-8-sig"))))
    assert rows[1][3:6] == ["录入支出", "可用余额不足", "insufficient-funds"]


def test_every_figure_of_a_refusal_or_an_act_has_a_word() -> None:
    named = {name for folder in ("domain", "adapters", "api") for name in figures_named_in(ROOT / folder)}
    assert {"disbursed", "entries", "unconfirmed", "last_sequence"} <= named
    assert named <= refusals.FIGURES.keys()
    of_keys = {*rights_of(KEY_ROW), *secret_figure(b""), FIRST_RECORDED}
    of_mappings_and_batches = {"mapping_id", "sha256_before", "sha256", "other_index"}
    assert of_keys | of_mappings_and_batches <= refusals.FIGURES.keys()


def figures_named_in(folder: Path) -> Iterator[str]:
    """The names by which code gives figures to a refusal or to a record of the access log."""
    for source in (path.read_text("utf-8") for path in folder.rglob("*.py")):
        if "figures" not in source and not any(name in source for name in REFUSALS):
            # To see that takes less time than to parse it.
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
                yield from (each.arg for each in node.keywords if each.arg is not None)
            if isinstance(node, ast.keyword) and node.arg == "figures" and isinstance(node.value, ast.Dict):
                yield from (str(each.value) for each in node.value.keys if isinstance(each, ast.Constant))


def test_what_can_be_refused_is_called_as_on_the_pages() -> None:
    assert {name for name, needed in ROUTES.items() if needed is not Anyone.AT_ALL} <= ACTIONS.keys()
    assert action_title("console-keys-form") == "发送网页上的表单"


@pytest.fixture(scope="module")
def identified(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder: Path = tmp_path_factory.mktemp("refusals")
    with identifying_server(f"sqlite:///{folder}/fundtrail.db") as server:
        with client_with(server, made_key(server, Role.APPROVER).text) as client:
            open_founded(client, "qingshi")
        yield server


@pytest.mark.parametrize(
    ("role", "units", "path", "status"),
    sampled(
        [
            (Role.AUDITOR, (), "refusals", 200),
            (Role.AUDITOR, (), "access-log", 200),
            (Role.VIEWER, (), "refusals", 403),
            (Role.VIEWER, (), "events", 200),
            (Role.CLERK, ("U1",), "events", 403),
            (Role.CLERK, ("U1",), "events/2", 403),
            (Role.CLERK, ("U1",), "events/2/entry.json", 403),
            (Role.CLERK, ("U1",), "search?q=P1", 403),
            (Role.CLERK, ("U1",), "diff", 403),
            (Role.CLERK, ("U1",), "verify", 403),
        ],
        one_in=2,
    ),
)
def test_each_page_is_shown_to_those_who_may(
    identified: RunningServer, role: Role, units: tuple[str, ...], path: str, status: int
) -> None:
    key = made_key(identified, role, "qingshi", units=units)
    with client_with(identified, key.text) as client:
        answer = client.get(f"/console/ledgers/qingshi/{path}", follow_redirects=True)
    assert answer.status_code == status
    assert status == 200 or "村村通" not in answer.text
