"""A real browser in front of the console, and what must never happen in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    ViewportSize,
    expect,
    sync_playwright,
)

from scripts.browser import MISSING, chromium
from tests.support.effort import IS_FULL

OPTIONS: Final = ("--no-sandbox", "--disable-dev-shm-usage")
"""Tests run as root in containers, where Chromium has no sandbox and little shared memory."""
CHINESE: Final = "zh-CN"
DESKTOP: Final = ViewportSize(width=1280, height=860)
PHONE: Final = ViewportSize(width=380, height=800)
AXE: Final = (Path(__file__).parents[1] / "browser" / "axe.min.js").read_text(encoding="utf-8")
FLAWS: Final = """axe.run({resultTypes: ["violations"], preload: false}).then((found) => found.violations.map((flaw) =>
  `${flaw.id}: ${flaw.help} ${flaw.nodes.map((node) => node.target.join(" ")).slice(0, 5).join(", ")}`))"""
"""What axe finds on the page, once it is loaded there."""
OUTLINED: Final = (
    "getComputedStyle(document.activeElement).outlineStyle !== 'none' || document.activeElement.id === 'scrub'"
)
"""The slider marks its thumb instead, see the test of it."""
FOCUSED: Final = """(() => {
  const focused = document.activeElement;
  return (focused.labels?.[0]?.textContent || focused.textContent || focused.ariaLabel || "").trim();
})()"""
DEADLINE_MS: Final = 15_000
LOST: Final = "Failed to load resource"
"""What the console of the browser says of every failed response; that is watched by itself."""


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A browser; a test without one is skipped, and says why."""
    path = chromium()
    if path is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watched:
    """What went wrong in the pages of a reader, besides what the test expects."""

    host: str
    expected_statuses: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """Watches every page of the context."""
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        context.on("console", self._on_message)
        context.on("weberror", lambda error: self.wrong.append(f"uncaught: {error.error}"))

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != self.host:
            self.wrong.append(f"off the host: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected_statuses:
            self.wrong.append(f"{response.status}: {response.request.method} {response.url}")

    def _on_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and LOST not in message.text:
            self.wrong.append(f"console {message.type}: {message.text}")


@dataclass
class Reader:
    """Someone in front of a browser: contexts of one server, all of them watched."""

    browser: Browser
    url: str
    watched: Watched
    contexts: list[BrowserContext] = field(default_factory=list)

    def context(self, **options: Any) -> BrowserContext:
        """A new profile, in Chinese unless told otherwise; nothing of another is known in it."""
        chosen = {"locale": CHINESE, "viewport": DESKTOP, "base_url": self.url, **options}
        context = self.browser.new_context(**chosen)
        context.set_default_timeout(DEADLINE_MS)
        if IS_FULL:
            # It takes a picture of the document at each step: a fifth of the time.
            context.tracing.start(snapshots=True)
        self.watched.watch(context)
        self.contexts.append(context)
        return context

    def open(self, address: str, **options: Any) -> Page:
        """The page at the address, in a new context."""
        page = self.context(**options).new_page()
        page.goto(address)
        return page

    def keep(self, folder: Path) -> str:
        """Writes down what the reader sees, for who looks into a failure; where that is."""
        kept: list[Path] = []
        for number, context in enumerate(self.contexts):
            for page in context.pages:
                kept.append(folder / f"page-{number}-{len(kept)}.png")
                page.screenshot(path=kept[-1], full_page=True)
            if IS_FULL:
                kept.append(folder / f"trace-{number}.zip")
                context.tracing.stop(path=kept[-1])
        return "\n".join(str(each) for each in kept)

    def leave(self) -> None:
        """Closes every context."""
        for context in self.contexts:
            context.close()


def address(ledger_id: str, path: str, **parameters: Any) -> str:
    """A page of a ledger; what is not given is resolved by the console."""
    query = f"?{urlencode(parameters)}" if parameters else ""
    return f"/console/ledgers/{ledger_id}/{path}{query}"


def place_of(page: Page) -> dict[str, str]:
    """The parameters of the address that the browser shows."""
    return dict(parse_qsl(urlsplit(page.url).query))


def settled(page: Page) -> None:
    """Returns once what the page asked for has been swapped in."""
    expect(page.locator(".htmx-request")).to_have_count(0)


def overflow_of(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def name_of_focused(page: Page) -> str:
    """What has the keyboard: its label, or its text."""
    said: str = page.evaluate(FOCUSED)
    return said


def tab_to(page: Page, text: str) -> None:
    """Goes on with the Tab key until what says the text has the keyboard; it must be seen there each time."""
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(OUTLINED), f"nothing shows that {name_of_focused(page)!r} has the keyboard"
        if name_of_focused(page).startswith(text):
            return
    pytest.fail(f"the keyboard does not reach {text!r}")
