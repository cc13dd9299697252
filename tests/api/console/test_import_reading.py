"""Nobody's mapping decides unseen what is recorded of another's file, and no address records anything by itself."""

from typing import Any

import pytest

from api.console.pages import import_report
from api.console.sheets import repeats
from tests.api.console.test_import import GOOD, HEADINGS, WRONG, address_of, csv_of, figures, record, upload
from tests.support.caller import ALLOCATION, LATER, NEW_YEAR, Caller
from tests.support.console import Console
from tests.support.effort import full_only

FOREIGN = ["日", "指", "数", "证"]
MAPPING: dict[str, Any] = {
    "name": "银行导出",
    "command": "record-disbursement",
    "headings": FOREIGN,
    "columns": [
        {"field": "effective_date", "heading": "日"},
        {"field": "line_id", "heading": "指"},
        {"field": "amount", "heading": "数", "unit": "yuan"},
        {"field": "voucher_no", "heading": "证"},
    ],
    "constants": [{"field": "payee", "value": "某某公司"}],
}
FILE = csv_of(FOREIGN, ["2023-05-01", "L1", "2", "V1"], ["2023-05-02", "L1", "3.5", "V2"])


def saved(founded: Caller, **changes: Any) -> dict[str, Any]:
    answer = founded.post("/column-mappings", MAPPING | changes)
    assert answer.status_code == 201, answer.text
    kept: dict[str, Any] = answer.json()
    return kept


def test_headings_of_a_template_are_those_of_a_template_whatever_anybody_saved(
    console: Console, founded: Caller
) -> None:
    columns = [
        {"field": field, "heading": heading, "unit": unit}
        for field, heading, unit in (
            ("effective_date", HEADINGS[0], None),
            ("amount", HEADINGS[2], "yuan"),
            ("voucher_no", HEADINGS[3], None),
        )
    ]
    saved(founded, headings=HEADINGS, columns=columns, constants=[{"field": "line_id", "value": "L9"}])
    report = upload(console, csv_of(HEADINGS, *GOOD))
    assert figures(report) == [2, 0, 2, 0]
    assert not report.all(".mapping")
    assert report.texts("#table-lines tbody tr") == ["支出 L1 2 0.03005"]
    assert report.response.status_code == 200


@full_only
def test_the_only_mapping_that_fits_is_named_with_its_author_and_what_it_says_of_every_row(
    console: Console, founded: Caller
) -> None:
    kept = saved(founded)
    report = upload(console, FILE)
    assert figures(report) == [2, 0, 2, 0]
    named = report.text(".mapping")
    assert all(text in named for text in ("银行导出", "local 保存于", "每行固定：收款人 = 某某公司"))
    page = console.follow(report.link("银行导出"))
    assert "某某公司" in page.text("main")
    left = console.send(str(page.url), {})
    assert left.response.status_code == 200
    assert kept["name"] not in left.text("main")
    assert founded.read("/column-mappings")["items"] == []
    assert console.follow(str(page.url)).response.status_code == 404


def test_of_several_that_fit_the_reader_chooses(console: Console, founded: Caller) -> None:
    saved(founded)
    columns = [{**each, "unit": "wan"} if each["field"] == "amount" else each for each in MAPPING["columns"]]
    saved(founded, name="国库导出", columns=columns)
    report = upload(console, FILE)
    assert figures(report) == [0, 0, 0, 0]
    assert [each.partition("单位：")[2][:2].strip() for each in report.texts(".candidates li")] == ["万元", "元"]
    chosen = console.follow(report.link("按“国库导出”读取"))
    assert "国库导出" in chosen.text(".mapping")
    assert figures(chosen) == [2, 0, 0, 2], "20,000 yuan are more than the line has"
    assert figures(record(console, console.follow(report.link("按“银行导出”读取")), "atomic")) == [2, 2, 0, 0]
    assert founded.read("/lines/L1")["disbursed"] == "5.50"


def test_a_unit_that_is_not_the_one_that_the_heading_names_is_refused(console: Console, founded: Caller) -> None:
    proposed = []
    for heading, unit, said in (
        ("数（万元）", "yuan", "写明的单位是万元，请选择万元"),
        ("数(元)", "wan", "写明的单位是元，请选择元"),
        ("数【单位：千元】", "yuan", "的单位是千元，只能读取元或万元"),
        ("支出额 (CNY 10k)", "yuan", "写明的单位是万元，请选择万元"),
    ):
        report = upload(console, csv_of(["日", "指", heading, "证"], ["2023-05-01", "L1", "2", "V1"]))
        page = console.follow(f"{report.link('指定每一列')}&command=record-disbursement")
        fields = {f"column_{name}": each for name, each in (("effective_date", "日"), ("line_id", "指"))}
        fields |= {"column_amount": heading, "unit_amount": unit, "column_voucher_no": "证", "name": "导出"}
        assert said in console.send(str(page.url), fields).text("[role=alert]")
        proposed.append([each["value"] for each in page.all("[name=unit_amount] [selected]")])
    assert proposed[-1] == ["wan"], "as the heading says in English"
    assert founded.read("/column-mappings")["items"] == []


def test_nothing_is_recorded_of_a_file_that_is_read_otherwise_than_was_shown(console: Console, founded: Caller) -> None:
    saved(founded)
    report = upload(console, FILE)
    head = founded.head()
    saved(founded, constants=[{"field": "payee", "value": "另一公司"}])
    again = record(console, report, "atomic")
    assert (again.response.status_code, founded.head()) == (409, head)
    assert "没有录入" in again.text("[role=alert]")
    assert "另一公司" in again.text(".mapping")
    assert figures(record(console, again, "atomic")) == [2, 2, 0, 0]
    assert founded.head() == head + 2


def test_before_anything_is_recorded_it_is_shown_what_goes_where_and_what_exceeds_what_is_available(
    console: Console,
) -> None:
    headings = [*HEADINGS, "超指标批准人", "超指标事由"]
    refused = ["2023-05-03", "L9", "5", "V3", "", "县长办公会", "抢险"]
    rows = [[*GOOD[0], "", ""], ["2023-05-02", "L1", "700", "V2", "", "县长办公会", "抢险"], refused]
    report = upload(console, csv_of(headings, *rows))
    assert report.texts("#table-lines tbody tr") == ["支出 L1 2 0.08"]
    assert report.texts("#table-overruns tbody tr") == ["CSV 3 L1 0.07 县长办公会 抢险"]
    every = console.follow(address_of(report, "rows.csv"))
    lines = every.response.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert lines[2].startswith("CSV,3,支出,L1,")
    assert "县长办公会,抢险,可录入" in lines[2]
    assert lines[3].endswith(",0.0005,县长办公会,抢险,不能录入")
    assert not record(console, report, "partial").all("#overruns"), "what is left cannot be recorded"
    unsigned = upload(console, csv_of(headings, [*WRONG[-1][0], "", "抢险"], [*WRONG[-1][0], "县长办公会", ""]))
    assert [each.rpartition(" ")[2] for each in unsigned.texts("#table-errors tbody tr")] == ["必填", "必填"]


def test_a_row_that_the_ledger_or_the_file_has_already_is_remarked_and_can_be_recorded(
    console: Console, founded: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = founded.record("/allocations", ALLOCATION | {"stage": "additional", "amount": "1.00"})
    headings = ["业务日期", "项目指标编号", "下达金额（元）", "下达类型", "文号"]
    same, other = ([ALLOCATION["effective_date"], "L1", yuan, "追加", ALLOCATION["document_no"]] for yuan in "12")
    same[-1], again = "青财预 [２０２３] 5号", [*other[:-1], "青财预(2023)5号"]
    report = upload(console, csv_of(headings, same, other, again), "下达.csv")
    assert figures(report) == [3, 0, 3, 0]
    first, second = report.texts("#repeats tbody tr")
    assert first.endswith(f" 账上已有同日、同文号、同金额的 #{recorded['position']}")
    assert second.endswith(" 与第 3 行同日、同文号、同金额")
    assert not upload(console, csv_of(HEADINGS, *GOOD)).all("#repeats"), "a voucher is recorded once"
    received = [
        "业务日期",
        "来源指标编号",
        "来源指标名称",
        "资金级次",
        "预算口径",
        "预算年度",
        "指标金额（元）",
        "文号",
    ]
    anew = [NEW_YEAR, "A7", "衔接资金", "中央", "一般公共预算", "2023", "1000", "财农(2023)1号"]
    (told,) = upload(console, csv_of(received, anew), "到账.csv").texts("#repeats tbody tr")
    assert "账上已有" in told, "under another number of its own"
    with monkeypatch.context() as few:
        few.setattr(repeats, "PAGE", 1)
        assert len(console.follow(str(report.url)).all("#repeats tbody tr")) == 2
        few.setattr(repeats, "PAGES", 1)
        assert "没有全部比对" in console.follow(str(report.url)).text("main")
    founded.record("/reversals", {"effective_date": LATER, "event_id": recorded["event_id"], "reason": "误录"})
    assert [each[:5] for each in console.follow(str(report.url)).texts("#repeats tbody tr")] == ["CSV 4"]


def test_what_is_recorded_in_several_goes_leads_on_only_as_the_answer_to_a_form(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = upload(console, csv_of(HEADINGS, *GOOD))
    assert console.follow(f"{report.url}&continue=yes").response.status_code == 422
    assert not report.all("[data-goes-on]")
    monkeypatch.setattr(import_report, "CHUNK", 1)
    monkeypatch.setattr(import_report, "AT_A_TIME_S", 1e-4)
    under_way = record(console, report, "partial")
    assert figures(under_way) == [2, 1, 1, 0]
    form = under_way.one("form[data-goes-on]")
    assert not console.follow(str(under_way.url)).all("[data-goes-on]")
    address = form["action"]
    fields = {each["name"]: each["value"] for each in form.all("input")}
    assert figures(console.send(address, fields)) == [2, 2, 0, 0]
