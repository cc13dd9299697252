"""Every page, in both languages: nothing keeps anyone from using it, and it fits the screen of a phone.

The pages are read off the routes, and those with an id are found by links: a new page is tested without being named,
at full length. With every change it is one of each kind, in English.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.console_pages import CHOSEN, Place, addresses, chosen, page_names, refuse, upload
from tests.support.browser import AXE, DESKTOP, FLAWS, PHONE, Reader, Watched, overflow_of
from tests.support.effort import IS_FULL, full_but, full_only, sampled
from tests.support.server import RunningServer
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def places(demo: RunningServer) -> dict[str, Place]:
    """An address of each page, of the invented county at the end of its year, and those where something is chosen."""
    refuse(demo.client, "story")
    uploaded, query = upload(demo.client, "story"), "?as_of=2023-12-31&lang=zh"
    found = addresses(demo.client, "story", query, uploaded)
    further = chosen("story", query, uploaded)
    return found | {f"{name}-chosen": Place(address, is_page=True) for name, address in further.items()}


@pytest.fixture(scope="module")
def someone(browser: Browser, demo: RunningServer) -> Iterator[Reader]:
    """One reader for all the pages of this file."""
    reader = Reader(browser, demo.url, Watched(urlsplit(demo.url).netloc))
    reader.context().new_page().add_init_script(AXE)
    yield reader
    reader.leave()


@pytest.fixture
def page(someone: Reader) -> Iterator[Page]:
    """The page of that reader; nothing unwanted may come up in it."""
    someone.watched.wrong.clear()
    page = someone.contexts[0].pages[0]
    page.set_viewport_size(DESKTOP)
    yield page
    assert someone.watched.wrong == []


def flaws(page: Page) -> Any:
    """What axe finds on the page."""
    return page.evaluate(FLAWS)


def in_language(address: str, language: str) -> str:
    """The same address in the other language."""
    if "lang=" in address:
        return address.replace("lang=zh", f"lang={language}")
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


LANGUAGES = ["zh", "en"] if IS_FULL else ["en"]
"""English words are the longer ones: what fits a phone in English does so in Chinese."""

SEEN = {
    "console-refusals": "main tbody tr",
    "import-columns-chosen": "[name=unit_amount]",
    "project-chosen": ".fall",
    "record-command-chosen": "#field-amount",
    "report-self-evaluation-chosen": ".form-sheet",
    "search-chosen": "main tbody tr",
}
"""What must be there, for a look at the page to say something."""


OF_EACH_KIND = {
    "console-import-report",
    "console-keys",
    "console-overview",
    "console-project",
    "console-projects",
    "console-verify",
    "record-command-chosen",
    "report-self-evaluation-chosen",
}
"""Looked at with every change: figures, a list, a form, a report, evidence, and what has a table of its own."""
NAMES = [*page_names(), *(f"{name}-chosen" for name in CHOSEN)]


def test_links_lead_to_every_page_and_every_file_is_one(demo: RunningServer, places: dict[str, Place]) -> None:
    assert places.keys() >= {*NAMES, *OF_EACH_KIND}
    for place in places.values():
        if not place.is_page:
            assert demo.client.get(place.address).headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", full_but(NAMES, OF_EACH_KIND))
def test_a_page_has_no_flaw_and_fits_a_phone(page: Page, places: dict[str, Place], name: str, language: str) -> None:
    place = places[name]
    if not place.is_page:
        pytest.skip("a file, see the test above")
    answer = page.goto(in_language(place.address, language))
    assert answer is not None
    assert answer.status == 200
    assert page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[language]
    assert page.locator("h1:visible").count() == 1
    assert page.locator(SEEN.get(name, "main")).first.is_visible()
    assert flaws(page) == []
    page.set_viewport_size(PHONE)
    # A chart follows the window a moment later.
    eventually(f"{name} fits a phone", lambda: overflow_of(page) == 0 or None)
    if name == "console-import-report":
        # What scrolls there scrolls with the keyboard, and no column is a tower of single characters.
        assert flaws(page) == []
        box = page.locator("#table-sheets").bounding_box()
        assert box is not None
        assert box["height"] < PHONE["height"]
        assert page.locator("#table-lines thead th:visible").count() == page.locator("#table-lines thead th").count()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "name", sampled(["projects", "appropriations", "units", "lines", "evaluations", "reports/payments"], one_in=6)
)
def test_a_list_is_not_cut_off(page: Page, name: str, language: str) -> None:
    page.goto(f"/console/ledgers/tianjiaan-2023/{name}?as_of=2023-12-31&lang={language}")
    assert page.locator(".wide").evaluate("(table) => table.scrollWidth - table.clientWidth") <= 0
    if name in {"projects", "lines"}:
        page.set_viewport_size(PHONE)
        expect(page.locator("tbody td.num").first).to_be_visible()
        box = page.locator("tbody td.num").first.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= PHONE["width"], "a phone shows no figure before it is scrolled"


@pytest.mark.parametrize(
    "address",
    sampled(["/console/ledgers/story/projects/nothing?as_of=2023-12-31", "/console/nowhere"], one_in=2),
)
def test_a_page_that_says_no_has_none_either(page: Page, someone: Reader, address: str) -> None:
    someone.watched.expected_statuses.add(404)
    page.goto(address)
    assert flaws(page) == []
    someone.watched.expected_statuses.clear()


@full_only
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_that_says_what_is_wrong_has_none_either(
    page: Page, someone: Reader, places: dict[str, Place], language: str
) -> None:
    someone.watched.expected_statuses |= {409, 422}
    page.goto(in_language(places["record-command-chosen"].address, language))
    page.locator("#field-amount").fill("x")
    page.locator("#entry [name='act'][value='try']").last.click()
    expect(page.locator("#complaints li")).to_have_count(3)
    assert flaws(page) == []
    for name, value in (("effective_date", "2023-12-29"), ("amount", "999999"), ("voucher_no", "V")):
        page.locator(f"#field-{name}").fill(value)
    page.locator("#entry [name='act'][value='try']").last.click()
    expect(page.locator("#tried.is-refused")).to_be_visible()
    assert flaws(page) == []
    page.set_viewport_size(PHONE)
    assert overflow_of(page) == 0
    someone.watched.expected_statuses.clear()


@full_only
def test_the_menu_of_a_phone_unfolds(page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto("/console/ledgers/story/overview?as_of=2023-12-31")
    box = page.locator(".rail").bounding_box()
    assert box is not None
    assert box["height"] < PHONE["height"] / 3
    page.locator(".narrow-menu summary").click()
    assert page.locator(".narrow-menu a").first.is_visible()
    assert overflow_of(page) == 0
    assert flaws(page) == []
