"""What goes wrong under the console's addresses is said on a page; programs get the same problems as ever."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

from api.app import create_app
from api.console.site import PAGES
from tests.support.caller import LINE, Caller, new_caller
from tests.support.console import Console, Shown
from tests.support.effort import full_only
from tests.support.server import RunningServer, running_server

HTML = "text/html; charset=utf-8"
IDS = {
    "lines": LINE["line_id"],
    "projects": LINE["project_id"],
    "appropriations": LINE["appropriation_id"],
    "evaluations": "none",
}


def title_of(answer: httpx.Response) -> str:
    """The heading of a page that was answered."""
    assert answer.headers["content-type"] == HTML, answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return Shown(answer).text("h1")


@pytest.mark.parametrize("path", ["/console/nowhere", "/console/static/nothing.js", "/console/ledgers/a/nothing"])
def test_an_unknown_address_is_a_page_in_the_readers_language(sqlite_server: RunningServer, path: str) -> None:
    client = sqlite_server.client
    assert (client.get(path).status_code, title_of(client.get(path))) == (404, "不存在")
    assert title_of(client.get(path, headers={"Accept-Language": "en"})) == "Not found"
    assert title_of(client.get(path, params={"lang": "en"})) == "Not found"


def test_an_address_that_can_be_read_in_two_ways_is_said_on_a_page(sqlite_server: RunningServer) -> None:
    client = sqlite_server.client
    assert title_of(client.get("/console/ledgers/a%2fb")) == "请求有误"
    assert title_of(client.get("/console/a%2Fb?lang=en")) == "Bad request"
    assert client.get("/v1/a%2fb").headers["content-type"] == "application/problem+json"


def test_a_program_that_asks_for_json_gets_a_problem(sqlite_server: RunningServer) -> None:
    answer = sqlite_server.client.get("/console/nowhere", headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert sqlite_server.client.get("/v1/nowhere").headers["content-type"] == "application/problem+json"


def test_a_wrong_method_is_a_page_that_names_the_right_ones(sqlite_server: RunningServer) -> None:
    answer = sqlite_server.client.request("DELETE", "/console")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
    assert title_of(answer)


def test_what_is_not_on_the_books_of_a_day_is_said_once_with_the_menu_around_it(console: Console) -> None:
    shown = console.open("projects/P1", as_of="2022-12-31")
    assert shown.response.status_code == 404
    assert shown.text("h1") == "项目不存在"
    assert shown.text("main").count("没有这个项目") == 1
    assert "/overview?as_of=2022-12-31" in shown.link("资金总览")
    assert shown.one("#as_of")["value"] == "2022-12-31"
    assert not shown.all("[data-print]")
    assert console.open("projects/P1.csv", as_of="2022-12-31").response.status_code == 404
    assert "它在此后才登记。 登记流水 #4" in shown.text(".notice")
    assert console.open("lines/L1", at_position=4).link("#5")
    # What no page has does not come to be later.
    for nowhere in ("record/zz", "import/zz", "projects/zz"):
        assert "此后才登记" not in console.open(nowhere, as_of="2022-12-31").text(".notice")


def test_what_was_taken_back_is_not_said_to_come_later(founded: Caller, console: Console) -> None:
    line = founded.record("/lines", {**LINE, "line_id": "L2"})
    undone = founded.record(
        "/reversals", {"effective_date": LINE["effective_date"], "event_id": line["event_id"], "reason": "误录"}
    )
    shown = console.open("lines/L2")
    assert f"登记它的流水已被冲销。 登记流水 #{line['position']} · 冲销流水 #{undone['position']}" in shown.text(
        ".notice"
    )
    assert console.follow(shown.link(f"#{undone['position']}")).response.status_code == 200


def test_what_a_refusal_names_is_called_as_on_the_pages(console: Console) -> None:
    both = console.open("overview", known_at="2023-04-18", at_position=4)
    assert both.texts(".notice li") == ["录入截止：不能与 流水号 同时使用"]
    level = console.open("lines", source_level="zz")
    assert level.text(".notice li").startswith("资金级次：须为以下之一：中央（central）、省级（provincial）、")
    assert "zz" not in level.text(".notice")
    said = {
        ("reports/progress", "group_by"): "分组方式：须为以下之一：按单位（unit）、按资金来源（source）、",
        ("projects", "sort"): "排序：须为以下之一：项目编号（project_id）、项目编号（从大到小）（-project_id）、",
        ("events", "type"): "事件类型：须为以下之一：账套开立（ledger-opened.v1）、",
        ("events", "sort"): "排序：须为以下之一：新的在前（-position）、旧的在前（position）",
        ("overview", "unit"): "金额单位：须为以下之一：万元（wan）、元（yuan）",
        ("overview", "flow"): "流向图口径：须为以下之一：按全年预算（adjusted_budget）、",
        ("appropriations", "direct"): "直达资金：须为以下之一：是（true）、否（false）",
    }
    for (path, name), beginning in said.items():
        assert console.open(path, **{name: "zz"}).text(".notice li").startswith(beginning), path


def test_what_was_typed_wrong_is_said_where_the_rest_stands(console: Console) -> None:
    day = console.open("overview", as_of="2025-02-30", unit="yuan")
    assert day.response.status_code == 422
    assert day.texts(".notice li") == ["业务日期：须为日期，如 2024-01-31"]
    assert "/lines?" in day.link("项目指标")
    year = console.open("projects", start_year="abc", recurrence="one_off", as_of="2023-12-31")
    assert year.response.status_code == 422
    assert year.texts(".notice li") == ["起始年度：须为 1949 至 2100 的整数"]
    back = console.follow(year.link("返回本页"))
    assert back.response.status_code == 200
    assert {"as_of": "2023-12-31", "recurrence": "one_off"}.items() <= dict(back.url.params).items()
    assert "abc" not in year.response.text
    # A file has no frame, and is no other file.
    assert console.open("projects.csv", start_year="abc").response.status_code == 422


def test_what_is_not_on_the_books_of_a_day_leads_to_now(console: Console) -> None:
    shown = console.open("overview", as_of="2023-06-30", at_position=999_999)
    assert shown.response.status_code == 422
    assert "as_of" not in shown.link("回到最新")


@full_only
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_every_page_and_file_answers_at_both_ends_of_the_calendar(console: Console, day: str) -> None:
    for page in PAGES:
        named = {"id": IDS.get(page.path.partition("/")[0]), "upload": "nothing", "mapping": "nothing"}
        path = page.path.format(position=1, command="open-line", **named)
        assert console.open(path, as_of=day).response.status_code in {200, 404}, path
        if not page.path.endswith("}"):
            file = console.open(f"{path}.csv", as_of=day, unit="yuan", lang="zh")
            assert file.response.status_code in {200, 404}, file.url


def test_a_page_whose_figures_are_not_ready_asks_again_by_itself(sqlite_url: str) -> None:
    with running_server(sqlite_url, projector=False, projection_wait_ms=50) as server:
        ledger = new_caller(server.client)
        answer = server.client.get(f"/console/ledgers/{ledger.ledger_id}/overview", follow_redirects=True)
        assert answer.status_code == 503
        assert title_of(answer) == "查询数据尚未就绪"
        assert "data-reload" in answer.text
        assert '<noscript><meta http-equiv="refresh"' in answer.text


def test_a_service_that_stops_says_so_on_a_page(sqlite_url: str) -> None:
    with running_server(sqlite_url) as server:
        server.services.stopping.set()
        answer = server.client.get("/console")
        assert (answer.status_code, answer.headers["connection"]) == (503, "close")
        assert title_of(answer) == "服务正在停止"
        assert answer.headers["retry-after"] == "1"


async def test_what_should_not_have_happened_is_a_page_without_internals_that_leads_to_the_line_in_the_log(
    sqlite_server: RunningServer,
) -> None:
    async def fail(_request: Request) -> Response:
        message = "the inside of the service"
        raise RuntimeError(message)

    app = create_app(sqlite_server.services)
    app.router.routes.insert(0, Route("/console/broken", fail))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        with capture_logs() as lines:
            answer = await client.get("/console/broken")
            document = await client.get("/console/broken", headers={"Accept": "application/json"})
    assert answer.status_code == document.status_code == 500
    assert title_of(answer) == "服务内部错误"
    assert "inside of the service" not in answer.text
    logged = [line["instance"] for line in lines if line["event"] == "request-failed"]
    assert len({*logged}) == 2
    assert f"故障编号：{logged[0].rpartition(':')[2]}（" in answer.text
    assert document.json()["instance"] == logged[1]
