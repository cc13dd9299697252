"""A clerk and an auditor at their work, from the sign-in to what they take home."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import openpyxl
import pytest
from openpyxl import Workbook
from playwright.sync_api import Browser, Page, expect

from domain.access import Role
from tests.browser.conftest import READER
from tests.support.browser import AXE, FLAWS, PHONE, Reader, Watched, overflow_of, place_of, tab_to
from tests.support.caller import Caller
from tests.support.effort import full_only
from tests.support.identified import client_with, identifying_server, made_key, open_founded
from tests.support.server import RunningServer

LEDGER: Final = "qingshi"
PAYMENTS: Final = "业务日期*,项目指标编号*,支出金额（万元）*,凭证号*\n2023-05-01,L1,0.01,支-2\n2023-05-02,L1,9,支-3\n"
"""The second row is of more than there is."""
LATEST: Final = f"/console/ledgers/{LEDGER}/"


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that asks who calls."""
    url = f"sqlite:///{tmp_path_factory.mktemp('bureau')}/fundtrail.db"
    with identifying_server(url) as server:
        yield server


@pytest.fixture(scope="module")
def books(bureau: RunningServer) -> Iterator[Caller]:
    """A ledger of it in which line L1 has 600 yuan."""
    with client_with(bureau, made_key(bureau, Role.APPROVER).text) as client:
        yield open_founded(client, LEDGER)


@pytest.fixture
def visitor(request: pytest.FixtureRequest, browser: Browser, bureau: RunningServer) -> Iterator[Reader]:
    """Someone in front of that server, who has not signed in."""
    someone = Reader(browser, bureau.url, Watched(urlsplit(bureau.url).netloc))
    request.node.stash[READER] = someone
    yield someone
    someone.leave()
    assert someone.watched.wrong == []


def signed_in(visitor: Reader, server: RunningServer, role: Role, address: str) -> Page:
    """What somebody of the role finds at an address that asked them to sign in first."""
    page = visitor.open(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("登录")
    page.locator("#credential").fill(made_key(server, role).text)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"**{address.partition('?')[0]}**")
    return page


def enter(page: Page) -> None:
    """Presses the key, and returns on the page that it leads to."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_clerk_records_a_payment(visitor: Reader, bureau: RunningServer, books: Caller) -> None:
    visitor.watched.expected_statuses.add(409)
    before = books.head()
    page = signed_in(visitor, bureau, Role.CLERK, f"{LATEST}record/record-disbursement?line_id=L1")
    for name, value in (("effective_date", "2023-04-01"), ("amount", "0.09"), ("voucher_no", "支-1")):
        page.locator(f"#field-{name}").fill(value)
    page.locator("[name='unit:amount']").select_option("wan")
    expect(page.locator("output.capital")).to_have_text("人民币玖佰元整")
    reads = "(typed) => String(window.fundtrail.fenOf(typed, 'yuan'))"
    assert [page.evaluate(reads, each) for each in ("1,234.5", "1,2,3")] == ["123450", "null"]
    page.get_by_role("button", name="试算").last.click()
    expect(page.locator("#field-amount-wrong")).to_contain_text("600.00")
    assert books.head() == before
    page.locator("#field-amount").fill("0.03")
    page.get_by_role("button", name="试算").last.click()
    expect(page.locator("#tried")).to_contain_text("可以录入")
    assert books.head() == before
    page.get_by_role("button", name="确认录入").dblclick()
    page.wait_for_url("**/events/**")
    assert books.head() == before + 1
    expect(page.locator("main")).to_contain_text("支-1")
    assert place_of(page)["at_position"] == str(before + 1)
    page.get_by_role("link", name="资金总览").first.click()
    expect(page.locator(".kpi .fig").nth(1)).to_have_text("0.03万元")


def send(page: Page, file: Path) -> None:
    """Has the file looked at."""
    page.locator("#file").set_input_files(file)
    page.get_by_role("button", name="上传并检查").click()


def marked_book(page: Page) -> Workbook:
    """The file with what was found in it, as it is sent back."""
    with page.expect_download() as marked:
        page.get_by_role("link", name="下载带错误列的原表").click()
    return openpyxl.load_workbook(BytesIO(Path(marked.value.path()).read_bytes()))


def said_of_rows(book: Workbook) -> list[object]:
    """What it says of its two rows."""
    return [book.worksheets[0].cell(line, 5).value for line in (2, 3)]


@full_only
def test_a_clerk_imports_a_file_and_then_what_is_mended_in_it(
    visitor: Reader, bureau: RunningServer, books: Caller, tmp_path: Path
) -> None:
    before = books.head()
    file, mended = tmp_path / "支付.csv", tmp_path / "支付.xlsx"
    file.write_bytes(PAYMENTS.encode("gbk"))
    page = signed_in(visitor, bureau, Role.CLERK, f"{LATEST}import")
    send(page, file)
    expect(page.locator("#table-errors tbody tr")).to_have_count(1)
    expect(page.locator("#table-errors tbody tr")).to_contain_text("3")
    assert said_of_rows(marked_book(page)) == ["可录入", "不能录入"]
    assert books.head() == before
    page.get_by_role("button", name="录入 1 行").click()
    expect(page.locator(".fig").nth(1)).to_have_text("1")
    assert books.head() == before + 1
    source = books.read(f"/events/{before + 1}")["source"]
    assert (source["ref"], source["row"]) == ("支付.csv", 2)
    book = marked_book(page)
    assert said_of_rows(book) == ["已录入", "不能录入"]
    book.worksheets[0].cell(3, 3).value = "0.005"
    book.save(mended)
    page.get_by_role("link", name="导入").first.click()
    send(page, mended)
    expect(page.locator(".fig")).to_have_text(["2", "1", "1", "0"])
    page.get_by_role("button", name="录入 1 行").click()
    expect(page.get_by_text("全部已录入。")).to_be_visible()
    assert books.head() == before + 2, "what was recorded before is not recorded again"


@full_only
def test_a_clerk_needs_no_script_and_no_mouse(
    visitor: Reader, bureau: RunningServer, books: Caller, tmp_path: Path
) -> None:
    before = books.head()
    file = tmp_path / "支付.csv"
    file.write_text("业务日期*,项目指标编号*,支出金额（元）*,凭证号*\n2023-05-04,L1,20,支-5\n", encoding="utf-8")
    page = visitor.open(f"{LATEST}record/record-disbursement?line_id=L1", java_script_enabled=False)
    # The browser gives up its own dialog only once it is told that somebody waits: long before the key is pressed.
    page.on("filechooser", lambda _chooser: None)
    expect(page.locator("#credential")).to_be_focused()
    page.keyboard.type(made_key(bureau, Role.CLERK).text)
    enter(page)
    for label, text in (("业务日期", "2023-05-03"), ("金额", "30"), ("凭证号", "支-4")):
        tab_to(page, label)
        page.keyboard.type(text)
    enter(page)
    expect(page.locator("#tried")).to_contain_text("可以录入")
    assert books.head() == before
    tab_to(page, "确认录入")
    enter(page)
    expect(page.locator("#recorded")).to_be_visible()
    assert books.head() == before + 1
    tab_to(page, "导入")
    enter(page)
    tab_to(page, "文件")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(file)
    tab_to(page, "上传并检查")
    enter(page)
    tab_to(page, "录入 1 行")
    enter(page)
    expect(page.get_by_text("全部已录入。")).to_be_visible()
    assert books.head() == before + 2


@full_only
def test_a_form_of_nobody_leads_to_the_sign_in_and_back_with_what_was_typed(
    visitor: Reader, bureau: RunningServer, books: Caller
) -> None:
    visitor.watched.expected_statuses.add(401)
    before = books.head()
    page = signed_in(visitor, bureau, Role.CLERK, f"{LATEST}record/record-disbursement?line_id=L1")
    page.locator("#field-voucher_no").fill("支-9")
    page.context.clear_cookies()
    page.get_by_role("button", name="试算").last.click()
    page.locator("#credential").fill(made_key(bureau, Role.CLERK).text)
    page.get_by_role("button", name="登录").click()
    page.locator("main form").get_by_role("button").first.click()
    expect(page.locator("#field-voucher_no")).to_have_value("支-9")
    assert books.head() == before


def test_an_auditor_finds_out_what_happened_and_takes_it_home(
    visitor: Reader, bureau: RunningServer, books: Caller
) -> None:
    body = {"line_id": "L1", "amount": "5000", "voucher_no": "V", "effective_date": "2023-06-01"}
    refused = books.post("/disbursements", body)
    assert refused.status_code == 409
    page = signed_in(visitor, bureau, Role.AUDITOR, f"{LATEST}overview?as_of=2023-03-31")
    assert place_of(page)["as_of"] == "2023-03-31"
    page.get_by_role("link", name="回到最新").click()
    page.get_by_role("link", name="村村通公路").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("村村通公路")
    page.locator(".wide-menu").get_by_role("link", name="拒绝记录").click()
    expect(page.locator("main")).to_contain_text("可用余额不足")
    page.locator(".wide-menu").get_by_role("link", name="查找").click()
    page.locator("#q").fill("青财预（2023）5号")
    page.locator("main").get_by_role("button", name="查找").click()
    expect(page.locator("main")).to_contain_text("指标下达")
    page.locator(".wide-menu").get_by_role("link", name="校验").click()
    expect(page.locator(".level.holds").first).to_be_visible()
    expect(page.locator(".level.fails")).to_have_count(0)
    page.locator("#project").select_option("P1")
    page.get_by_role("button", name="核对").click()
    with page.expect_download() as taken:
        page.get_by_role("link", name="下载项目 P1 的证据包").click()
    assert zipfile.is_zipfile(taken.value.path())


@full_only
def test_the_door_has_no_flaw_and_fits_a_phone(visitor: Reader) -> None:
    page = visitor.context(viewport=PHONE).new_page()
    for language in ("zh", "en"):
        page.goto(f"/console/sign-in?lang={language}")
        assert page.evaluate(f"() => {{ {AXE}; return {FLAWS}; }}") == []
        assert overflow_of(page) == 0


@full_only
def test_whoever_leaves_is_out(visitor: Reader, bureau: RunningServer, books: Caller) -> None:
    assert books.ledger_id == LEDGER
    page = signed_in(visitor, bureau, Role.VIEWER, f"{LATEST}overview")
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("登录")
    page.goto(f"{LATEST}overview")
    expect(page.get_by_role("heading", level=1)).to_have_text("登录")
