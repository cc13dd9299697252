"""The lists: chosen, sorted and paged by their address, with the totals and the files of all that is chosen."""

import csv
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest

from tests.support.caller import ALLOCATION, APPROPRIATION, DISBURSEMENT, LINE, PROJECT, UNIT, Caller
from tests.support.console import Console, Shown
from tests.support.effort import full_only, sampled

OVERRUN = {"authority": "县政府常务会议", "reason": "抢险"}


@pytest.fixture
def county(founded: Caller) -> Caller:
    """A second unit with a project that spent more than its budget."""
    founded.record("/units", UNIT | {"unit_id": "U2", "name": "青石县水利局", "kind": "department"})
    founded.record(
        "/projects", PROJECT | {"project_id": "P2", "name": "河道整治", "lead_unit_id": "U2", "programme": "防汛"}
    )
    founded.record("/lines", LINE | {"line_id": "L2", "project_id": "P2", "unit_id": "U2", "function_code": "2130305"})
    founded.record("/allocations", ALLOCATION | {"line_id": "L2", "amount": "100.00"})
    founded.record("/disbursements", DISBURSEMENT | {"line_id": "L2", "amount": "150.00", "overrun": OVERRUN})
    return founded


@pytest.fixture
def many(founded: Caller) -> Caller:
    """Sixty projects beside the first."""
    commands = [
        {"command": "register-project", **PROJECT, "project_id": f"Q{number:02d}", "name": f"项目{number:02d}"}
        for number in range(60)
    ]
    answer = founded.post("/batch", {"commands": commands})
    assert answer.status_code == 201, answer.text
    return founded


def first_cells(shown: Shown) -> list[str]:
    return shown.texts("#main tbody th[scope=row] a")


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"))))


def test_rows_are_shown_by_name_with_the_totals_of_the_interface(console: Console, county: Caller) -> None:
    shown = console.open("projects", unit="yuan")
    assert first_cells(shown) == ["村村通公路", "河道整治"]
    assert "青石县水利局 U2" in shown.texts("#main tbody td")
    totals = county.read("/projects")["totals"]
    assert totals["disbursed"] in shown.texts("#main tfoot td")


@pytest.mark.parametrize(
    ("chosen", "expected"),
    sampled(
        [
            ({"lead_unit_id": "U2"}, ["河道整治"]),
            ({"programme": "防汛"}, ["河道整治"]),
            ({"flag": "overrun"}, ["河道整治"]),
            ({"flag": "late-entry", "source_level": "central"}, ["村村通公路", "河道整治"]),
            ({"flag": "spending-without-budget"}, []),
        ],
        one_in=2,
    ),
)
@pytest.mark.usefixtures("county")
def test_rows_are_chosen_by_the_address(console: Console, chosen: dict[str, str], expected: list[str]) -> None:
    shown = console.open("projects", **chosen)
    assert first_cells(shown) == expected
    assert len(shown.all(".chosen .chip")) == len(chosen)


@pytest.mark.usefixtures("county")
def test_the_total_is_that_of_the_chosen_rows(console: Console) -> None:
    shown = console.open("projects", lead_unit_id="U2", unit="yuan")
    assert "−50.00" in shown.texts("#main tfoot td.neg")


@pytest.mark.usefixtures("county")
def test_the_form_offers_what_there_is_and_keeps_the_place_and_the_order(console: Console) -> None:
    shown = console.open("projects", sort="-disbursed", at_position=8)
    offered = shown.texts("#filter-lead_unit_id option")
    assert offered == ["全部", "青石县财政局（U1）", "青石县水利局（U2）"]
    hidden = {each["name"]: each["value"] for each in shown.all("form.choose input[type=hidden]")}
    assert hidden["at_position"] == "8"
    assert hidden["sort"] == "-disbursed"


@pytest.mark.usefixtures("county")
def test_a_field_left_blank_leaves_the_address(console: Console) -> None:
    shown = console.open("projects", lead_unit_id="U2", status="", start_year="", sort="")
    assert shown.response.status_code == 200
    assert dict(shown.url.params).keys() == {"as_of", "at_position", "unit", "lang", "lead_unit_id"}


@full_only
@pytest.mark.usefixtures("county")
def test_every_control_has_a_label(console: Console) -> None:
    for path in ("projects", "lines", "appropriations", "evaluations", "units"):
        shown = console.open(path)
        controls = shown.all("form.choose select, form.choose input:not([type=hidden])")
        assert controls
        labelled = {label["for"] for label in shown.all("label[for]")}
        assert {each["id"] for each in controls} <= labelled
        assert len(shown.all("h1")) == 1
        assert ("金额单位" in shown.text(".ph")) == (path != "evaluations"), "which has no amounts"


@pytest.mark.usefixtures("county")
def test_a_heading_sorts_and_sorts_the_other_way_the_second_time(console: Console) -> None:
    once = console.follow(console.open("projects").link("累计支出"))
    assert once.url.params["sort"] == "disbursed"
    again = console.follow(once.link("累计支出"))
    assert again.url.params["sort"] == "-disbursed"
    assert again.text("th[aria-sort=descending]") == "累计支出"
    assert first_cells(again) == ["河道整治", "村村通公路"]


@pytest.mark.usefixtures("many")
def test_pages_follow_each_other_and_every_row_is_on_one(console: Console) -> None:
    first = console.open("projects", category="road")
    second = console.follow(first.link("下一页"))
    assert len(first_cells(first)) == 50
    assert len({*first_cells(first), *first_cells(second)}) == 61
    assert "下一页" not in second.text("#main")
    assert first_cells(console.follow(second.link("回到首页"))) == first_cells(first)


@pytest.mark.usefixtures("many")
def test_a_cursor_of_other_filters_is_refused_and_not_a_failure(console: Console) -> None:
    following = console.open("projects", category="road").link("下一页").replace("category=road", "category=school")
    refused = console.follow(following)
    assert refused.response.status_code == 422
    assert "cursor=" not in refused.response.text
    assert "已逐项列出" in refused.text("main")
    assert console.open("projects.csv", cursor="canary").texts(".notice li") == ["翻页位置：未知参数"]
    second = console.follow(console.open("projects").link("下一页"))
    assert "cursor=" not in second.link(".csv")


@pytest.mark.usefixtures("many")
def test_a_file_has_every_row_and_every_column(console: Console) -> None:
    answer = console.open("projects.csv", category="road", unit="yuan").response
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    assert f"-{quote('项目清单')}-" in answer.headers["content-disposition"]
    rows = rows_of(answer.content)
    assert len(rows) == 1 + 61 + 1
    assert rows[-1][0] == "合计"
    assert {"项目编号", "主管单位编号", "主管单位", "状态日期", "全年预算（元）", "标记", "实施单位编号"} <= set(
        rows[0]
    )
    shown = console.open("projects", category="road", columns="all")
    assert [title.split(" ")[0] for title in shown.texts("#main thead th")] == [
        title.removesuffix("（元）") for title in rows[0]
    ]


@pytest.mark.usefixtures("county")
def test_a_file_of_what_is_chosen_has_its_totals(console: Console) -> None:
    book = openpyxl.load_workbook(BytesIO(console.open("lines.xlsx", flag="overrun", unit="yuan").response.content))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    titles = rows[0]
    assert [row[0] for row in rows[1:]] == ["L2", "合计"]
    assert rows[-1][titles.index("可用余额（元）")] == -50


def test_a_file_as_json_has_the_rows_of_the_interface(console: Console, county: Caller) -> None:
    given, answered = console.open("lines.json", unit="wan").response.json(), county.read("/lines")
    assert (given["items"], given["amount_unit"]) == (answered["items"], "yuan")
    assert given["total"].keys() == answered["items"][0].keys()
    assert given["total"]["adjusted_budget"] == answered["totals"]["adjusted_budget"]


@pytest.mark.usefixtures("county")
def test_lines_name_what_they_belong_to(console: Console) -> None:
    shown = console.open("lines", unit_id="U2")
    assert shown.texts("#main tbody td")[:3] == ["河道整治 P2", "中央衔接资金 A1", "青石县水利局 U2"]
    assert "/projects/P2?" in shown.link("河道整治")
    assert "/appropriations/A1?" in shown.link("中央衔接资金")


def test_appropriations_say_for_how_long_money_was_held(console: Console, founded: Caller) -> None:
    founded.record("/appropriations", APPROPRIATION | {"appropriation_id": "A2", "amount": "600.00"})
    founded.record("/lines", LINE | {"line_id": "L2", "appropriation_id": "A2"})
    founded.record("/allocations", ALLOCATION | {"line_id": "L2"})
    late = console.open("appropriations", as_of="2023-03-02").texts("#main tbody tr")
    assert "2023-01-01" in late[0]
    assert "▲ 超期 30 天" in late[0]
    assert "已全部下达" in late[1]
    early = console.open("appropriations", as_of="2023-01-31").texts("#main tbody tr")
    assert "期限内，余 0 天" in early[0]
    assert "《中华人民共和国预算法》" in console.open("appropriations").text("#main")


@pytest.mark.usefixtures("county")
def test_units_have_the_execution_of_their_lines(console: Console) -> None:
    shown = console.open("units", unit="yuan")
    (of_water,) = [row for row in shown.texts("#main tbody tr") if "水利局" in row]
    assert "150.00" in of_water
    assert first_cells(console.follow(shown.link("青石县水利局"))) == ["L2"]


@pytest.mark.usefixtures("county")
def test_a_list_of_the_past_has_what_there_was(console: Console) -> None:
    shown = console.open("projects", as_of="2022-12-31")
    assert first_cells(shown) == []
    assert "该业务日期尚无记录" in shown.text("#main")


@pytest.mark.parametrize(
    "wrong",
    [{"sort": "magenta"}, {"flag": "magenta"}, {"columns": "magenta"}, {"start_year": "magenta"}],
)
@pytest.mark.usefixtures("founded")
def test_what_no_list_can_do_is_refused_and_not_echoed(console: Console, wrong: dict[str, Any]) -> None:
    answer = console.open("projects", **wrong).response
    assert answer.status_code == 422
    assert "magenta" not in answer.text


@pytest.mark.usefixtures("county")
def test_the_lists_are_in_english_too(console: Console) -> None:
    shown = console.open("projects", lang="en", columns="all")
    assert shown.text("h1") == "Projects"
    assert "Adjusted budget" in shown.texts("#main thead th")
    assert "Overrun" in shown.text("#main tbody")


def test_who_may_see_every_line_is_told_of_no_scope(console: Console) -> None:
    assert "范围" not in console.open("lines").text("body")
    assert "limited_to_units" not in console.open("lines.json").response.json()
