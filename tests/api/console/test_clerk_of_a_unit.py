"""What a clerk whose grant is limited to a unit is shown, is told of that, and is led to."""

import csv
import re
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path

import httpx
import openpyxl
import pytest

from api.console.menu import MENU
from api.console.pages.reports import REPORT_PAGES
from api.console.reach import may_open
from domain.access import Grant, Principal, Role
from domain.access_log import AccessKind, AccessQuery
from tests.api.console.test_import import HEADINGS, address_of, csv_of, figures, marked, record, upload
from tests.support.caller import ALLOCATION, DISBURSEMENT, LATER, LINE, UNIT
from tests.support.console import Console
from tests.support.effort import full_only
from tests.support.identified import client_with, identifying_server, made_key, open_founded
from tests.support.server import RunningServer
from tests.support.signing import wait_until_signed

PAID = 10
PAID_BY_ANOTHER = 11
SCOPE = "仅含交通运输局的项目指标与流水"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """In its ledger U1 has the line L1, and U2 has L2."""
    with identifying_server(f"sqlite:///{tmp_path_factory.mktemp('console-units')}/fundtrail.db") as running:
        with client_with(running, made_key(running, Role.APPROVER, "town").text) as approver:
            caller = open_founded(approver, "town")
            caller.record("/units", UNIT | {"unit_id": "U2", "name": "交通运输局", "kind": "department"})
            caller.record("/lines", LINE | {"line_id": "L2", "unit_id": "U2"})
            caller.record("/allocations", ALLOCATION | {"line_id": "L2", "amount": "50.00"})
            assert caller.record("/disbursements", DISBURSEMENT)["position"] == PAID
            paid = caller.record("/disbursements", DISBURSEMENT | {"line_id": "L2", "amount": "1.00"})
            assert paid["position"] == PAID_BY_ANOTHER
            wait_until_signed(caller)
        yield running


@pytest.fixture(scope="module")
def clerk(server: RunningServer) -> Iterator[httpx.Client]:
    with client_with(server, made_key(server, Role.CLERK, "town", units=("U1",)).text) as client:
        yield client


@pytest.fixture(scope="module")
def roads(server: RunningServer) -> Iterator[Console]:
    """As the clerk of U2 has it."""
    with client_with(server, made_key(server, Role.CLERK, "town", units=("U2",)).text) as client:
        yield Console(client, "town")


def denials(server: RunningServer) -> int:
    """How many the access log has."""
    return len(server.services.access_log.page(AccessQuery(kinds=(AccessKind.DENIED,), limit=1_000)).records)


def test_the_overview_leads_to_the_lines_that_may_be_seen(clerk: httpx.Client) -> None:
    first = clerk.get("/console/ledgers/town/overview")
    answer = clerk.get(first.headers["location"])
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/ledgers/town/lines?as_of=")


def test_the_guide_names_every_page_that_is_closed_to_such_a_clerk() -> None:
    grant = Grant(role=Role.CLERK, ledgers=frozenset({"town"}), units=frozenset({"U1"}))
    clerk = Principal(subject="clerk", issuer=None, grants=(grant,))
    pages = {each.path: each.title for each in MENU} | {
        "reports/progress": "支出进度表",
        "reports/budget-lines": "指标台账",
        "reports/payments": "支付台账",
        "reports/self-evaluation": "项目支出绩效自评表",
    }
    assert {each.path for each in REPORT_PAGES} <= pages.keys()
    closed = {title for path, title in pages.items() if not may_open(clerk, "town", path)} - {"资金总览"}
    guide = Path("docs/console.md").read_text("utf-8")
    (told,) = (each for each in guide.split("\n\n") if "are refused with 403" in each)
    said = told.partition("those of other pages")[2].partition("refused")[0]
    assert {title for title in pages.values() if title in said} == closed


@full_only
def test_the_page_of_a_project_and_its_evidence_are_refused(clerk: httpx.Client) -> None:
    console = Console(clerk, "town")
    for path in ("projects/P1", "projects/P1/evidence", "projects/P1/events.csv"):
        shown = console.open(path)
        assert shown.response.status_code == 403, path
        assert "村村通公路" not in shown.response.text
        assert "退出" in shown.text(".who")
    # What is closed is no dead end: the menu has what is open, in either language.
    refused = console.open("projects/P1")
    assert "项目指标清单" in refused.texts(".rail .wide-menu a")
    assert not refused.all("#clock")
    assert console.follow(refused.link("English")).response.status_code == 403
    other = console.follow("/console/ledgers/village/lines")
    assert (other.response.status_code, other.texts(".rail")) == (403, [])
    assert "退出" in other.text(".who")
    assert console.follow(other.link("English")).text("h1") == "Forbidden"


def test_a_payment_of_the_unit_is_returned_and_reversed_by_its_number(
    server: RunningServer, clerk: httpx.Client
) -> None:
    console, denied = Console(clerk, "town"), denials(server)
    given_back = {"effective_date": LATER, "event_id": f"#{PAID}", "amount": "40", "reason": "多付"}
    tried = console.fill("return-disbursement", given_back, "try")
    assert "可用余额 500.00 540.00" in tried.texts(".moved tr")
    assert "100.00 元" in tried.text("#named-event")
    returned = console.fill("return-disbursement", given_back)
    assert returned.response.status_code == 200, returned.text("main")
    assert returned.text("#recorded") == "✓ 已录入：录入支出退回，流水 #12。 再录一笔 →"
    assert returned.link(f"#{PAID}") in {each["href"] for each in returned.all(".notice a")}
    undone = {"effective_date": LATER, "reason": "误录"}
    tried = console.fill("reverse-event", {**undone, "event_id": str(PAID_BY_ANOTHER + 1)}, "try")
    assert "可用余额 540.00 500.00" in tried.texts(".moved tr")
    assert denials(server) == denied


def test_the_page_of_a_line_leads_to_the_page_of_each_of_its_entries_with_its_proof(clerk: httpx.Client) -> None:
    console = Console(clerk, "town")
    line = console.open("lines/L1", at_position=PAID)
    entries = [each["href"] for each in line.all("#history a[href*='/events/']")]
    assert len(entries) == len(line.all("#history tbody tr"))
    payment = next(each for each in entries if f"/events/{PAID}?" in each)
    shown = console.follow(payment)
    assert "已签名的校验值" in shown.text("main")
    assert "与签名检查点" in shown.text(".evi")
    assert shown.all("#clock rect"), "how many entries its lines have on which days"
    assert clerk.get(shown.link("proof.txt")).text.startswith("c2sp.org/tlog-proof@v1")
    hrefs = " ".join(each["href"] for each in shown.all("a"))
    assert not [each for each in ("/projects/", "/verify", f"/events/{PAID - 1}?") if each in hrefs]
    form = console.follow(shown.link("录入这笔支出的退回"))
    assert "100.00 元" in form.text("#named-event")


def test_of_a_line_that_is_not_there_it_stays_open_whether_it_comes_later(
    server: RunningServer, clerk: httpx.Client
) -> None:
    console, denied = Console(clerk, "town"), denials(server)
    assert "它可能在此后才登记" in console.open("lines/L1", as_of="2022-12-31").text(".notice")
    assert denials(server) == denied
    assert "此后才登记" not in console.open("lines/none").text(".notice")


def test_a_payment_of_another_unit_is_not_found(clerk: httpx.Client) -> None:
    console = Console(clerk, "town")
    fields = {"effective_date": LATER, "event_id": str(PAID_BY_ANOTHER), "reason": "误录"}
    refused = console.fill("reverse-event", fields, "try")
    assert refused.text("#field-event_id-wrong") == f"未找到流水 #{PAID_BY_ANOTHER}"
    assert console.open(f"events/{PAID_BY_ANOTHER}").response.status_code == 403


def test_a_file_names_payments_of_the_unit_by_their_number(clerk: httpx.Client) -> None:
    console = Console(clerk, "town")
    text = StringIO()
    headings = ["业务日期", "原事件流水号", "退回金额（元）", "事由"]
    csv.writer(text).writerows([headings, *([LATER, each, "1.5", "退回"] for each in (PAID, PAID_BY_ANOTHER))])
    file = {"file": ("退回.csv", text.getvalue().encode())}
    report = console.send(str(console.open("import").url), {}, files=file)
    assert report.texts("#table-errors tbody tr") == ["CSV 3 原事件流水号 没有这个流水号，或无权查看"]


def test_the_lists_have_the_lines_of_the_unit_and_ids_for_other_names(roads: Console) -> None:
    lines = roads.open("lines")
    assert lines.texts("#main tbody th") == ["L2"]
    assert lines.texts("#main tbody td")[:3] == ["P1", "A1", "交通运输局 U2"]
    assert lines.texts("#filter-unit_id option") == ["全部", "交通运输局（U2）"]
    assert roads.open("record/open-line").texts("#field-unit_id option") == ["请选择", "U2 · 交通运输局"]
    assert roads.open("lines/L2").response.status_code == 200
    for path in ("lines/L1", "projects", "appropriations", "evaluations", "appropriations/A1", "reports/payments"):
        assert roads.open(path).response.status_code == 403, path
    units = roads.open("units", unit="yuan", at_position=PAID_BY_ANOTHER)
    assert units.texts("#main tbody tr") == [
        "青石县财政局 U1 财政部门 — — — — —",
        "交通运输局 U2 主管部门 1 50.00 1.00 0.00 49.00 2.00",
    ]
    assert units.texts("#main tbody th a") == ["交通运输局"], "nothing is to be seen of the other"


@full_only
def test_the_unit_is_named_wherever_its_lines_are_listed_or_added_up(roads: Console) -> None:
    for path in ("lines", "lines/L2", "units", "reports", f"events/{PAID_BY_ANOTHER}"):
        shown = roads.open(path)
        assert shown.text(".ph .scope") == f"范围 {SCOPE}", path
        assert f"范围 {SCOPE}" in shown.text(".evi"), path
    assert not roads.open("import").all(".scope"), "nothing of the ledger is listed there"
    book = openpyxl.load_workbook(BytesIO(roads.open("lines.xlsx").response.content))
    assert ("范围", SCOPE) in list(book["取证信息"].iter_rows(values_only=True))
    assert roads.open("lines.json").response.json()["limited_to_units"] == ["U2"]
    named = roads.open("lines.csv", as_of="2023-12-31").response.headers["content-disposition"]
    assert re.search(r'filename="town-lines-U2-2023-12-31-\d+\.csv"', named)


def test_a_report_of_the_units_lines_is_drawn_up_by_the_unit(roads: Console) -> None:
    shown = roads.open("reports/progress", as_of="2023-12-31", unit="yuan")
    assert shown.texts(".sheet tbody th") == ["合计", "交通运输局"]
    assert shown.texts(".total td")[0] == "50.00"
    assert shown.texts(".report-head dd")[0] == "交通运输局"
    assert SCOPE in shown.texts(".foot-of-paper .report-notes p")
    assert f"范围 {SCOPE}" in shown.text(".foot-of-paper .evi")
    book = openpyxl.load_workbook(BytesIO(roads.open("reports/progress.xlsx").response.content))
    cells = [cell for row in book.worksheets[0].iter_rows(values_only=True) for cell in row]
    assert {"编制单位：交通运输局", SCOPE, f"范围：{SCOPE}"} <= set(cells)
    assert roads.open("reports/progress.json").response.json()["limited_to_units"] == ["U2"]


@full_only
def test_a_file_of_what_the_unit_may_not_record_is_written_down_once_and_no_page_of_it_is(
    server: RunningServer, roads: Console
) -> None:
    def known() -> list[tuple[str, str, tuple[str, ...], int]]:
        refused = server.services.access_log.page(AccessQuery(limit=1_000)).records
        return [(each.entry.code, each.entry.action, each.entry.concerns, each.entry.count) for each in refused]

    before = known()
    rows = [["2023-05-01", "L1", "1.00", f"W{each}", ""] for each in range(3)]
    report = upload(roads, csv_of(HEADINGS, *rows, ["2023-05-01", "L2", "1.00", "W9", ""]))
    assert figures(report) == [4, 0, 1, 3]
    written = [*before, ("outside-units", "record-disbursement", ("line:L1",), 3)]
    assert known() == written
    roads.follow(str(report.url))
    marked(roads, report)
    for file in ("errors.csv", "rows.json"):
        roads.follow(address_of(report, file))
    record(roads, report, "atomic")
    upload(roads, csv_of(HEADINGS, *rows, ["2023-05-01", "L2", "1.00", "W9", ""]))
    assert known() == written
    other = upload(roads, csv_of(["日", "指", "数", "证"], ["2023-05-01", "L1", "1.00", "W1"]))
    columns = roads.follow(f"{other.link('指定每一列')}&command=record-disbursement")
    fields = {"effective_date": "日", "line_id": "指", "amount": "数", "voucher_no": "证"}
    chosen = {f"column_{field}": heading for field, heading in fields.items()}
    assert known() == written, "nobody could say yet what its rows are"
    read = roads.send(str(columns.url), {"name": "别的系统", "unit_amount": "yuan", **chosen})
    assert figures(read) == [1, 0, 0, 1]
    assert known() == [*written, ("outside-units", "record-disbursement", ("line:L1",), 1)]
