"""The two clocks: the slider, its keys, the typed dates, and the way back to now."""

from datetime import date, timedelta

from playwright.sync_api import Page, expect

from benchmarks.console import GOALS, LEAP, TIMED, moved
from tests.support.browser import Reader, address, place_of, settled
from tests.support.effort import full_only

HALF_YEAR = date(2023, 6, 30)
MOVES = 5


def day_shown(page: Page) -> str:
    """The business date in the evidence of the page."""
    return page.locator(".evi em").first.inner_text()


def shows_day(page: Page, day: date) -> None:
    """Fails unless the page comes to show the figures of that day, in its address too."""
    expect(page.locator(".evi em").first).to_have_text(day.isoformat())
    page.wait_for_url(f"**as_of={day.isoformat()}**")


@full_only
def test_an_arrow_key_on_the_slider_is_a_day_and_the_slider_keeps_the_keyboard(overview: Page) -> None:
    overview.locator("#scrub").focus()
    overview.keyboard.press("ArrowRight")
    shows_day(overview, HALF_YEAR + timedelta(days=1))
    for days in (0, -1):
        overview.keyboard.press("ArrowLeft")
        shows_day(overview, HALF_YEAR + timedelta(days=days))
    assert overview.evaluate("document.activeElement.id") == "scrub"


@full_only
def test_the_mouse_moves_the_business_date(overview: Page) -> None:
    slider = overview.locator("#scrub")
    box = slider.bounding_box()
    assert box is not None
    overview.mouse.click(box["x"] + box["width"] * 0.1, box["y"] + box["height"] / 2)
    expect(overview.locator(".evi em").first).not_to_have_text(HALF_YEAR.isoformat())
    settled(overview)
    moved = day_shown(overview)
    assert moved == place_of(overview)["as_of"] == overview.locator("#as_of").input_value()


@full_only
def test_brackets_go_from_one_day_with_events_to_the_next(overview: Page) -> None:
    overview.keyboard.press("[")
    expect(overview.locator(".evi em").first).not_to_have_text(HALF_YEAR.isoformat())
    settled(overview)
    before = day_shown(overview)
    overview.keyboard.press("]")
    expect(overview.locator(".evi em").first).not_to_have_text(before)
    settled(overview)
    slider = overview.locator("#scrub")
    days = (slider.get_attribute("data-days") or "").split(",")
    assert slider.input_value() in days
    assert before <= HALF_YEAR.isoformat() < day_shown(overview)


@full_only
def test_a_bracket_in_a_field_is_typed_and_moves_nothing(overview: Page) -> None:
    overview.locator("#as_of").fill("")
    overview.keyboard.press("[")
    assert "[" in overview.locator("#as_of").input_value()
    assert day_shown(overview) == HALF_YEAR.isoformat()


def test_dates_are_typed_into_both_clocks(overview: Page) -> None:
    overview.locator("#as_of").fill("2023-04-18")
    overview.locator("#as_of").press("Enter")
    shows_day(overview, date(2023, 4, 18))
    assert overview.evaluate("document.activeElement.id") == "as_of", "the keyboard stays where it was"
    overview.locator("#known_at").fill("2023-04-18")
    overview.locator("#known_at").press("Enter")
    # On that day the wrong payment of 300,000.00 was still in the books.
    expect(overview.locator(".kpi .fig").nth(1)).to_have_text("30.00万元")
    expect(overview.locator(".pastbar")).to_contain_text("未计入本页")


@full_only
def test_a_date_that_is_none_is_said_and_the_page_stays(reader: Reader, overview: Page) -> None:
    reader.watched.expected_statuses.add(422)
    figure = overview.locator(".kpi .fig").first.inner_text()
    before = overview.url
    overview.locator("#as_of").fill("2023-02-31")
    overview.locator("#as_of").press("Enter")
    expect(overview.locator("#refused [role=alert]")).to_be_visible()
    assert overview.locator(".kpi .fig").first.inner_text() == figure
    assert overview.url == before
    overview.locator("#as_of").fill("2023-03-01")
    overview.locator("#as_of").press("Enter")
    shows_day(overview, date(2023, 3, 1))
    expect(overview.locator("#refused [role=alert]")).to_have_count(0)


@full_only
def test_a_day_before_there_was_the_project_is_said_once_and_the_clock_stays(reader: Reader) -> None:
    reader.watched.expected_statuses.add(404)
    page = reader.open(address("story", "projects/road", as_of="2023-12-31"))
    before = page.url
    page.locator("#scrub").focus()
    page.keyboard.press("Home")
    expect(page.locator("#refused [role=alert]")).to_contain_text("2023-01-04")
    assert page.locator("#refused").inner_text().count("没有这个项目") == 1
    assert page.locator("#as_of").input_value() == "2023-12-31"
    assert page.locator("#scrub").get_attribute("aria-valuetext") == "2023-12-31"
    assert page.url == before
    page.keyboard.press("ArrowLeft")
    shows_day(page, date(2023, 12, 30))
    expect(page.locator("#refused [role=alert]")).to_have_count(0)


@full_only
def test_a_page_of_the_past_is_amber_and_leads_back_to_now(overview: Page) -> None:
    amber = "rgb(251, 237, 201)"
    expect(overview.locator(".pastbar")).to_have_css("background-color", amber)
    overview.locator(".pastbar a").click()
    expect(overview.locator(".pastbar")).to_have_count(0)
    assert place_of(overview)["as_of"] > HALF_YEAR.isoformat()


@full_only
def test_the_back_button_returns_to_the_day_before(overview: Page) -> None:
    first = overview.locator(".kpi .fig").nth(1).inner_text()
    overview.locator("#as_of").fill("2023-03-31")
    overview.locator("#as_of").press("Enter")
    shows_day(overview, date(2023, 3, 31))
    assert overview.locator(".kpi .fig").nth(1).inner_text() != first
    overview.go_back()
    shows_day(overview, HALF_YEAR)
    expect(overview.locator(".kpi .fig").nth(1)).to_have_text(first)
    overview.go_forward()
    shows_day(overview, date(2023, 3, 31))


def test_the_page_of_an_example_follows_the_slider_at_once(overview: Page) -> None:
    overview.evaluate(TIMED)
    for number in range(MOVES):
        overview.evaluate(LEAP, 0.2 + number / 10)
        moved(overview, number + 1)
    # The best of a few: other tests have the machine too.
    assert min(overview.evaluate("window.taken")) < GOALS["slider_median_ms"]


@full_only
def test_an_address_shows_someone_else_the_same_figures(reader: Reader) -> None:
    page = reader.open(address("story", "overview", as_of="2023-04-18", known_at="2023-04-18"))
    page.keyboard.press("[")
    expect(page.locator(".evi em").first).not_to_have_text("2023-04-18")
    settled(page)
    other = reader.open(page.url, locale="en-GB")
    assert other.locator("main").inner_text() == page.locator("main").inner_text()
    assert other.locator(".evi").inner_text() == page.locator(".evi").inner_text()
