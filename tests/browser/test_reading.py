"""Reading: with a mouse, with the keyboard alone, without scripts, in both languages, on a phone and on paper."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from scripts.console_pages import upload
from tests.support.browser import PHONE, Reader, address, name_of_focused, overflow_of, place_of, tab_to
from tests.support.effort import full_only
from tests.support.server import RunningServer
from tests.support.waiting import eventually

OUTSIDE = "(all) => all.filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.textContent)"
"""What is wider than the room it has."""
REPORTS: tuple[tuple[str, str, dict[str, str], str], ...] = (
    ("jincheng-2023", "progress", {}, "执行率（%）"),
    ("jincheng-2023", "budget-lines", {}, "文号"),
    ("story", "payments", {"group_by": "month"}, "凭证号"),
    ("story", "self-evaluation", {"project": "care-home"}, "主管部门"),
    ("tianjiaan-2023", "self-evaluation", {"evaluation": "a-self"}, ""),
)
"""Ledger, report, what it is asked by, and what stands on each of its sheets; two of them take more than one."""

SIGNED: tuple[tuple[str, str, dict[str, str], ViewportSize, int, tuple[str, ...]], ...] = (
    ("jincheng-2023", "budget-lines", {}, ViewportSize(width=1032, height=688), 2, ("来源小计", "合计")),
    ("story", "self-evaluation", {"project": "care-home"}, ViewportSize(width=695, height=1009), 1, ("总分",)),
)
"""Ledger, report, what it is asked by, room on a sheet, how many sheets its rows fill, what the last of them say."""
LOWER = """([sheets, height]) => {
  document.querySelectorAll(".sheet tbody:first-of-type tr:nth-last-child(n+30)").forEach((row) => row.remove());
  const foot = [...document.querySelectorAll(".report-foot")].find((each) => each.offsetHeight).getBoundingClientRect();
  const repeated = (sheets - 1) * (document.querySelector(".sheet thead")?.offsetHeight ?? 0);
  const down = sheets * height - repeated - foot.top - foot.height / 2;
  document.querySelector(".report-head").style.marginBottom = `${down}px`;
}"""
"""Moves the table down until half of what stands below it no longer has room on its last sheet."""

PART = """(height) => {
  const top = document.querySelector("#table-errors caption").getBoundingClientRect().bottom;
  const bottom = document.querySelector("#table-errors tbody tr").getBoundingClientRect().bottom;
  document.querySelector(".kpis").style.marginBottom = `${height - (top + bottom) / 2}px`;
}"""
"""Moves a table down until its title alone has room on the sheet."""


@full_only
def test_the_ledgers_lead_to_the_overview_of_each(reader: Reader) -> None:
    page = reader.open("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("全部账套")
    page.get_by_role("link", name="青石县财政局演示账套").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("资金总览")
    assert {"as_of", "at_position", "unit", "lang"} <= place_of(page).keys()


@full_only
def test_the_overview_shows_the_sums_in_the_unit_that_is_chosen(overview: Page) -> None:
    expect(overview.locator(".kpi .fig").first).to_have_text("730.00万元")
    overview.get_by_role("link", name="元", exact=True).click()
    expect(overview.locator(".kpi .fig").first).to_have_text("7,300,000.00元")
    assert place_of(overview)["unit"] == "yuan"


@full_only
def test_the_other_language_shows_the_same_figures(overview: Page) -> None:
    figures = re.findall(r"\d[\d,.]*\d", overview.locator(".kpis").inner_text())
    overview.get_by_role("link", name="English").click()
    expect(overview.get_by_role("heading", level=1)).to_have_text("Overview")
    assert overview.locator("html").get_attribute("lang") == "en"
    english = overview.locator(".kpis").inner_text()
    assert [each for each in re.findall(r"\d[\d,.]*\d", english.replace("CNY 10k", "")) if each in figures] == figures
    assert not re.search("[一-鿿]", overview.locator(".rail ul:visible").inner_text())


def test_the_main_journey_needs_no_script(reader: Reader) -> None:
    page = reader.open("/", java_script_enabled=False)
    page.get_by_role("link", name="青石县财政局演示账套").click()
    page.locator("#as_of").fill("2023-06-30")
    page.get_by_role("button", name="应用").click()
    assert place_of(page)["as_of"] == "2023-06-30"
    expect(page.locator(".kpi .fig").first).to_have_text("730.00万元")
    expect(page.locator(".pastbar")).to_be_visible()
    page.get_by_role("link", name="English").click()
    page.get_by_role("link", name="CNY", exact=True).click()
    expect(page.locator(".kpi .fig").first).to_have_text("7,300,000.00CNY")
    page.get_by_role("link", name="Back to latest").click()
    assert place_of(page)["as_of"] > "2023-06-30"


def test_the_keyboard_alone_is_enough(overview: Page) -> None:
    overview.keyboard.press("Tab")
    assert name_of_focused(overview) == "跳到正文"
    expect(overview.locator(".skip")).to_be_in_viewport()
    overview.keyboard.press("Enter")
    assert overview.evaluate("document.activeElement.id") == "main"
    tab_to(overview, "元")
    overview.keyboard.press("Enter")
    expect(overview.locator(".kpi .fig").first).to_have_text("7,300,000.00元")
    tab_to(overview, "青石县财政局演示账套")
    tab_to(overview, "回到最新")
    overview.keyboard.press("Enter")
    expect(overview.locator(".pastbar")).to_have_count(0)


@full_only
def test_the_slider_shows_that_it_has_the_keyboard(overview: Page) -> None:
    slider = overview.locator("#scrub")
    before = slider.screenshot()
    overview.locator("#as_of").focus()
    overview.keyboard.press("Tab")
    assert overview.evaluate("document.activeElement.id") == "scrub"
    assert slider.screenshot() != before


@full_only
def test_who_wants_no_motion_gets_none(reader: Reader) -> None:
    page = reader.open(address("story", "overview", as_of="2023-06-30"), reduced_motion="reduce")
    durations = "[...document.querySelectorAll('*')].map((each) => getComputedStyle(each).transitionDuration)"
    assert set(page.evaluate(durations)) == {"0s"}


@full_only
def test_a_phone_shows_figures_without_scrolling_aside(reader: Reader) -> None:
    page = reader.open(address("jincheng-2023", "overview", as_of="2023-12-31", lang="en", unit="yuan"), viewport=PHONE)
    assert overflow_of(page) == 0
    expect(page.locator(".kpi .fig").first).to_be_in_viewport()
    expect(page.locator(".kpi .fig").first).to_have_text("510,784,200.00CNY")
    for width in (PHONE["width"], 761, 1100):
        page.set_viewport_size({"width": width, "height": 800})
        assert overflow_of(page) == 0, width
        assert page.locator(".kpi .fig").evaluate_all(OUTSIDE) == [], width
    page.goto("/console?lang=en")
    choices = page.locator(".topacts .seg a")
    choices.last.evaluate("(each) => { each.closest('.topacts').style.width = '90px'; }")
    heights = choices.evaluate_all("(all) => all.map((each) => each.offsetHeight)")
    assert max(heights) < 40, "the name of a language is not broken, however little room there is"


@full_only
def test_what_does_not_exist_yet_leads_to_now(reader: Reader) -> None:
    page = reader.open(address("story", "overview", as_of="2022-06-30"))
    expect(page.get_by_text("该业务日期尚无项目。")).to_be_visible()
    page.get_by_role("link", name="回到最新").click()
    expect(page.get_by_text("该业务日期尚无项目。")).to_have_count(0)


@full_only
def test_figures_are_dimmed_while_others_are_fetched(overview: Page) -> None:
    held: list[Route] = []
    overview.route("**/overview?**", lambda route: held.append(route))  # noqa: PLW0108 (playwright marks the handler)
    overview.locator("#scrub").focus()
    overview.keyboard.press("ArrowLeft")
    expect(overview.locator("main")).to_have_css("opacity", "0.6")
    # The handler is called while the browser is asked for something.
    eventually("the page is asked for", lambda: (overview.title() and held) or None)
    held.pop().continue_()
    expect(overview.locator("main")).to_have_css("opacity", "1")
    expect(overview.locator(".evi em").first).to_have_text("2023-06-29")


def test_paper_holds_the_figures_and_the_evidence(overview: Page, tmp_path: Path) -> None:
    said = text_of_print(overview, tmp_path)
    for each in ("730.00", "373.10", "51.11", "柳林镇高标准农田", "历史视图", "取证信息", "#56", overview.url):
        assert each.replace(" ", "") in said, each
    assert "主菜单" not in said


@full_only
def test_tables_are_whole_on_paper(reader: Reader, tmp_path: Path) -> None:
    page = reader.open(address("jincheng-2023", "projects", as_of="2023-12-31"))
    papers = papers_of_print(page, tmp_path)
    assert len(papers) > 1
    assert ["51,078.42" in each for each in papers] == [False] * (len(papers) - 1) + [True], (
        "the total is below all rows"
    )
    page.goto(address("story", "events/26", as_of="2023-12-31"))
    assert "叶哈希" in papers_of_print(page, tmp_path)[-1], "the evidence stands on no sheet of its own"
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1000})
    lines = page.locator(".facts code").evaluate_all("(all) => all.map((each) => each.getClientRects().length)")
    assert lines == [1] * 5, "an id and the tags are not broken"
    card, table = page.locator(".card:has(.proof)").bounding_box(), page.locator(".proof").bounding_box()
    assert card is not None
    assert table is not None
    assert card["x"] <= table["x"], "nothing is cut off at the margin"
    assert table["x"] + table["width"] <= card["x"] + card["width"]


@full_only
def test_a_comparison_is_whole_on_paper(reader: Reader, tmp_path: Path) -> None:
    page = reader.context().new_page()
    for unit, language in (("yuan", "zh"), ("wan", "en")):
        asked = {"from_as_of": "2023-06-30", "as_of": "2023-12-31", "unit": unit, "lang": language}
        page.goto(address("jincheng-2023", "diff", **asked))
        said = text_of_print(page, tmp_path)
        cells = page.locator(".comparison :is(td.num, .evs a)").all_inner_texts()
        assert len(cells) > 150
        assert [each for each in cells if re.sub(r"\s", "", each) not in said] == [], unit
        assert "92.70%" in said
        assert "#82" in said, "the last column"


@full_only
def test_the_report_on_a_file_is_no_form_on_paper(reader: Reader, demo: RunningServer, tmp_path: Path) -> None:
    page = reader.open(upload(demo.client, "story"))
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1047, "height": 718})
    page.evaluate(PART, 718)
    papers = papers_of_print(page, tmp_path)
    for each in ("方式", "录入2行", "下载带错误列的原表"):
        assert each not in "".join(papers), each
    titled = [("不能录入的行" in each, "可用余额" in each) for each in papers]
    assert titled == [(False, False), (True, True)], "the title stands over the rows"


@full_only
def test_reports_are_filed_on_paper(reader: Reader, tmp_path: Path) -> None:
    page = reader.context().new_page()
    for ledger_id, path, parameters, repeated in REPORTS:
        page.goto(address(ledger_id, f"reports/{path}", as_of="2024-12-31", fiscal_year=2023, **parameters))
        title = page.locator("h1").inner_text()
        cells = [re.sub(r"\s", "", each) for each in page.locator("main tbody :is(th, td):visible").all_inner_texts()]
        papers = papers_of_print(page, tmp_path)
        first, last, whole = papers[0], papers[-1], "".join(papers)
        for each in (title, "编制单位", "金额单位", cells[0], cells[1]):
            assert each in first, (path, each)
        for each in ("单位负责人", "取证信息", "校验值", "已校验"):
            assert each in last, (path, each)
        for number, paper in enumerate(papers, start=1):
            assert f"第{number}页共{len(papers)}页" in paper, (path, number)
            assert repeated in paper, (path, number)
        total = page.locator("main tbody tr:visible").last.inner_text().split()
        assert [each for each in total if each not in last] == [], path
        figures = [each for each in cells if re.fullmatch(r"[−+\d,]+\.\d\d%?", each)]
        assert [each for each in figures if each not in whole] == []
        assert len(figures) > 4, path


@full_only
def test_what_is_signed_never_stands_alone_on_a_sheet(reader: Reader, tmp_path: Path) -> None:
    page = reader.context().new_page()
    page.emulate_media(media="print")
    for ledger_id, path, parameters, paper, count, last in SIGNED:
        page.set_viewport_size(paper)
        page.goto(address(ledger_id, f"reports/{path}", as_of="2023-12-31", **parameters))
        page.evaluate(LOWER, [count, paper["height"]])
        styles = "(all) => all.map((each) => getComputedStyle(each).borderTopStyle)"
        assert "none" not in page.locator(".foot-of-paper td").evaluate_all(styles), "a line is below the last row"
        papers = papers_of_print(page, tmp_path)
        assert len(papers) == count + 1, "what is signed has no room below the rows"
        for each in (*last, "单位负责人", "校验值", "取证信息"):
            assert each in papers[-1], (path, each)


@full_only
def test_an_english_form_is_one_sheet_and_breaks_no_word(reader: Reader, tmp_path: Path) -> None:
    asked = {"as_of": "2023-12-31", "lang": "en", "project": "care-home"}
    page = reader.open(address("story", "reports/self-evaluation", **asked))
    labels = page.locator(".form-sheet th")
    labels.evaluate_all("(all) => all.forEach((each) => { each.style.overflowWrap = 'normal'; })")
    assert labels.evaluate_all(OUTSIDE) == []
    assert len(papers_of_print(page, tmp_path)) == 1
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 695, "height": 1009})
    assert labels.evaluate_all(OUTSIDE) == []
    # A cell whose rows go on overleaf would be painted down to the foot of the paper.
    expect(labels.last).to_have_css("background-color", "rgba(0, 0, 0, 0)")


def text_of_print(page: Page, folder: Path) -> str:
    """What stands on the printed page."""
    return "".join(papers_of_print(page, folder))


def papers_of_print(page: Page, folder: Path) -> list[str]:
    """What stands on each sheet of the print, without spaces and line ends: a long address is broken."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("no pdftotext on this machine: install the package `poppler-utils`, as .ci/run does")
    page.pdf(path=folder / "page.pdf", format="A4", prefer_css_page_size=True)
    done = subprocess.run([program, folder / "page.pdf", "-"], capture_output=True, check=True)  # noqa: S603 (a tool of the system)
    return [re.sub(r"\s", "", each) for each in done.stdout.decode().split("\f")[:-1]]
