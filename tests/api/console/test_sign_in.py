"""Signing in and out, the first start, and what a caller is offered: by who it is."""

from collections.abc import Iterator
from typing import Final

import httpx
import pytest

from api.callers import FAILURES_AT_ONCE
from api.console.credentials import COOKIE
from api.console.signing_in import place_after
from domain.access import Role
from tests.support.caller import SPRING
from tests.support.console import Console
from tests.support.identified import client_with, identifying_server, made_key, open_founded
from tests.support.server import RunningServer
from tests.support.tls import NO_TLS

LEDGER: Final = "qingshi"
PAYMENT: Final = {"effective_date": SPRING, "line_id": "L1", "amount": "100", "voucher_no": "支1", "kind": "payment"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with identifying_server(f"sqlite:///{tmp_path_factory.mktemp('sign-in')}/fundtrail.db") as running:
        with client_with(running, made_key(running, Role.APPROVER).text) as client:
            open_founded(client, LEDGER)
        yield running


@pytest.fixture(autouse=True)
def forgiven(server: RunningServer) -> None:
    """Every test begins without failures of its address."""
    server.services.callers._failures._buckets.clear()


@pytest.fixture
def browser(server: RunningServer) -> Iterator[Console]:
    """A browser that has not signed in."""
    with httpx.Client(base_url=server.url, timeout=30, verify=NO_TLS) as client:
        yield Console(client, LEDGER)


def sign_in(browser: Console, credential: str, following: str = "/console") -> httpx.Response:
    """The answer to the form of the sign-in."""
    headers = {"Origin": str(browser.client.base_url).rstrip("/")}
    return browser.client.post("/console/sign-in", data={"credential": credential, "next": following}, headers=headers)


def test_a_deep_link_survives_the_sign_in(server: RunningServer, browser: Console) -> None:
    asked = f"/console/ledgers/{LEDGER}/overview?as_of=2023-06-30&at_position=6&unit=yuan&lang=zh"
    door = browser.follow(asked)
    assert door.url.path == "/console/sign-in"
    fields = {"next": door.one("[name=next]")["value"], "credential": made_key(server, Role.VIEWER).text}
    shown = browser.send("/console/sign-in", fields)
    assert (shown.response.status_code, shown.url.raw_path.decode()) == (200, asked)
    # The whole log is a link of this session; a terminal has none.
    verify = browser.open("verify")
    assert 'curl --fail -H "Authorization: Bearer $KEY" -o log.jsonl' in verify.text("main")
    assert browser.follow(verify.link("下载完整日志")).response.headers["content-disposition"].startswith("attachment")


def test_no_script_reads_the_credential_and_no_other_path_is_sent_it(server: RunningServer, browser: Console) -> None:
    answer = sign_in(browser, made_key(server, Role.VIEWER).text)
    assert answer.status_code == 303
    kept = answer.headers["set-cookie"]
    assert kept.startswith(f"{COOKIE}=ft_")
    assert {"HttpOnly", "Path=/console", "SameSite=lax"} <= set(kept.split("; "))
    assert "Secure" not in kept
    secure = browser.client.post(
        "/console/sign-in",
        data={"credential": made_key(server, Role.VIEWER).text},
        headers={"Origin": str(browser.client.base_url).rstrip("/").replace("http:", "https:")},
    )
    assert "Secure" in secure.headers["set-cookie"].split("; ")


def test_a_wrong_credential_is_said_without_echo_and_counted(browser: Console) -> None:
    for _ in range(FAILURES_AT_ONCE):
        answer = sign_in(browser, "ft_canary_" + "A" * 43)
        assert answer.status_code == 401
        assert "canary" not in answer.text
        assert COOKIE not in answer.headers.get("set-cookie", "")
    assert sign_in(browser, "ft_canary_" + "A" * 43).status_code == 429


def test_what_is_no_credential_at_all_is_said(browser: Console) -> None:
    assert sign_in(browser, " ").status_code == 422
    assert sign_in(browser, "a" * 5_000).status_code == 422
    assert sign_in(browser, "密钥\r\nX: 1").status_code == 401
    for address, fields in (
        ("sign-in", {"credential": "a", "canary": "1"}),
        ("sign-in", {"credential": ["a", "b"]}),
        ("sign-in", {"credential": "a", "typed": "act=try&act=record"}),
        ("sign-out", {"canary": "1"}),
        ("setup", {"token": ["a", "b"]}),
        ("sign-in?next=%2Fconsole", {"credential": "a"}),
        ("setup?lang=canary", {"token": "a"}),
    ):
        refused = browser.send(f"/console/{address}", fields).response
        assert (refused.status_code, "canary" in refused.text) == (422, False), address


@pytest.mark.parametrize(
    "elsewhere",
    ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere", "/v1/ledgers", "/console/../v1", "/consoles",
     "/console//x", "javascript:alert(1)", "", "/console/sign-in?next=x", "/console/\n", "/console/%2e%2e/v1"],
)  # fmt: skip
def test_the_sign_in_leads_nowhere_but_into_the_console(elsewhere: str) -> None:
    assert place_after(elsewhere) == "/console"


@pytest.mark.parametrize("address", ["", "/keys", "/open-ledger", "/setup", "/sign-in"])
@pytest.mark.parametrize("query", ["canary=1", "lang=canary", "lang=zh&lang=en"])
def test_an_address_that_says_more_than_a_page_takes_is_refused(browser: Console, address: str, query: str) -> None:
    refused = browser.follow(f"/console{address}?{query}").response
    assert refused.status_code == 422
    assert refused.headers["content-type"].startswith("text/html")


def test_signing_out_forgets_the_credential(server: RunningServer, browser: Console) -> None:
    sign_in(browser, made_key(server, Role.VIEWER).text)
    assert "退出" in browser.open("overview").text(".who")
    browser.send("/console/sign-out", {})
    assert browser.open("overview").url.path == "/console/sign-in"


def test_a_form_of_another_host_signs_nobody_in(server: RunningServer, browser: Console) -> None:
    fields = {"credential": made_key(server, Role.VIEWER).text}
    answer = browser.client.post("/console/sign-in", data=fields, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert "表单来源不符" in answer.text
    assert "set-cookie" not in answer.headers


def test_a_form_of_another_host_is_written_down_in_the_name_that_it_came_in(
    server: RunningServer, browser: Console
) -> None:
    made = made_key(server, Role.APPROVER)
    foreign = {"Origin": "http://evil.example"}
    signed_in = foreign | {"Cookie": f"{COOKIE}={made.text}"}
    for path, headers in (
        (f"ledgers/{LEDGER}/record/record-disbursement", signed_in),
        ("keys", signed_in),
        (f"ledgers/{LEDGER}/import", foreign | {"Cookie": f"{COOKIE}=wrong"}),
        ("sign-in", foreign),
    ):
        assert (
            browser.client.post(f"/console/{path}", data={"credential": made.text}, headers=headers).status_code == 403
        )
    with client_with(server, made_key(server, Role.AUDITOR).text) as client:
        records = client.get("/v1/access-log", params={"sort": "-sequence", "limit": 20}).json()["items"]
    found = [
        (each["kind"], each["action"], each["ledger_id"], each["subject"])
        for each in reversed(records)
        if each["code"] == "foreign-form"
    ]
    subject = made.key.subject
    assert found[-4:] == [
        ("denied", "console-record-command-form", LEDGER, subject),
        ("denied", "console-keys-form", None, subject),
        ("unauthenticated", "console-import-form", LEDGER, None),
        ("unauthenticated", "console-sign-in-form", None, None),
    ]


def test_what_was_typed_before_the_session_ended_comes_back_after_the_sign_in(
    server: RunningServer, browser: Console
) -> None:
    key = made_key(server, Role.CLERK).text
    sign_in(browser, key)
    form = browser.open("record/record-disbursement").one("#entry")
    browser.client.cookies.clear()
    door = browser.send(form["action"], {**PAYMENT, "purpose": "修路", "act": "record"})
    assert door.response.status_code == 401
    assert "已保留" in door.text(".door")
    held = {each["name"]: each["value"] for each in door.all("input[type=hidden]")}
    english = door.one("button[lang=en]")
    door = browser.send(english["formaction"], {**held, "credential": "", "act": english["value"]})
    assert (door.response.status_code, door.text("h1")) == (200, "Sign in")
    assert "kept" in door.text(".door")
    held = {each["name"]: each["value"] for each in door.all("input[type=hidden]")}
    resumed = browser.send("/console/sign-in", {**held, "credential": key})
    back = resumed.one("main form")
    held = {each["name"]: each["value"] for each in back.all("input")}
    shown = browser.send(back["action"], {**held, "act": "keep"})
    assert shown.text("h1") == "Record a disbursement", "in the language that was chosen at the door"
    assert shown.text("#field-purpose") == "修路"
    assert shown.one("#field-voucher_no")["value"] == "支1"


def test_a_caller_is_offered_what_it_may_do(server: RunningServer, browser: Console) -> None:
    offered = {}
    for role in (Role.VIEWER, Role.CLERK, Role.AUDITOR):
        sign_in(browser, made_key(server, role).text)
        offered[role] = {"录入", "导入", "拒绝记录"} & set(browser.open("overview").texts(".rail li a"))
    assert offered == {Role.VIEWER: set(), Role.CLERK: {"录入", "导入"}, Role.AUDITOR: {"拒绝记录"}}


def test_a_clerk_of_a_unit_records_for_its_lines(server: RunningServer, browser: Console) -> None:
    sign_in(browser, made_key(server, Role.CLERK, LEDGER, units=("U1",)).text)
    assert browser.follow("/console").link("青石县财政局").startswith(f"/console/ledgers/{LEDGER}/lines")
    rows = browser.open("lines")
    assert "P1" in rows.text("#table-lines tbody tr")
    assert rows.texts("#table-lines tbody a") == ["L1"]
    offered = browser.open("record").texts(".commands li a")
    assert "录入支出" in offered
    assert "登记单位" not in offered
    assert browser.open("record/register-unit").response.status_code == 403
    form = browser.open("record/record-disbursement")
    assert any(text.startswith("L1") for text in form.texts("#field-line_id option"))
    held = {each["name"]: each["value"] for each in form.all("#entry input[type=hidden]")}
    shown = browser.send(form.one("#entry")["action"], {**held, **PAYMENT, "voucher_no": "支9", "act": "record"})
    assert "/events/" in shown.url.path
    assert "已录入" in shown.text("#recorded")


def test_a_clerk_is_told_that_an_overrun_takes_an_approver(server: RunningServer, browser: Console) -> None:
    sign_in(browser, made_key(server, Role.CLERK).text)
    form = browser.open("record/record-disbursement")
    assert not form.all("#field-overrun-authority")
    shown = browser.send(form.action(), {**PAYMENT, "amount": "9000", "voucher_no": "支8", "act": "try"})
    assert "审批人" in shown.text("#complaints")
    assert not shown.all("#field-overrun-authority")


def test_a_viewer_has_no_form(server: RunningServer, browser: Console) -> None:
    sign_in(browser, made_key(server, Role.VIEWER).text)
    assert browser.open("record/record-disbursement").response.status_code == 403
    assert browser.follow("/console/open-ledger").response.status_code == 403


def test_the_first_start_makes_a_key_and_signs_in_with_it(sqlite_url: str) -> None:
    with identifying_server(sqlite_url) as server:
        browser = Console(server.client, LEDGER)
        token = server.services.setup_tokens.issue()
        assert browser.follow(browser.follow("/console/sign-in").link("首次启动")).all("#token")
        wrong = browser.send("/console/setup", {"token": "setup_canary"})
        assert wrong.response.status_code == 401
        assert "canary" not in wrong.response.text
        made = browser.send("/console/setup", {"token": token})
        assert made.response.status_code == 201
        held = {each["name"]: each["value"] for each in made.all("input[type=hidden]")}
        keys = browser.send("/console/sign-in", held)
        assert keys.url.path == "/console/keys"
        assert "当前登录" in keys.text("#keys")
        browser.client.cookies.clear()
        assert not browser.follow("/console/sign-in").all("a[href*='/setup']")
        closed = browser.follow("/console/setup")
        assert ("已有密钥" in closed.text(".notice-line"), closed.all("form")) == (True, [])
