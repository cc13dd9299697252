"""How soon a page of the console follows the slider, among 100,000 events, in a real browser.

    python -m benchmarks.console

The workload is recorded in this process and served by `fundtrail serve`. A headless Chromium shows the overview; arrow
keys and leaps of the slider are timed in the page itself: from the event of the input to the first frame after the new
page is in place. Then the page is asked for without a
browser, and one question to the interface as a page asks it (in the process) beside the same one over HTTP.
"""

import asyncio
import random
import time
from typing import Any, Final

import httpx
from playwright.sync_api import Page, sync_playwright
from starlette.requests import Request

from api.app import create_app
from api.bootstrap import running_services
from api.console.inside import Inside
from api.languages import Language
from api.settings import Settings
from benchmarks.as_of import EVENT_COUNT, at_share, load, wait_for_views
from benchmarks.loading import LEDGER
from benchmarks.machine import ROUNDS, load_average, say, summary, write_result
from benchmarks.servers import Served, databases, serve
from benchmarks.workload import events, with_possible_reversals
from scripts.browser import MISSING, chromium

MOVES_PER_ROUND: Final = 20
ASKED_PER_ROUND: Final = 100
BETWEEN_MS: Final = 300
LAST_DAY: Final = "2025-12-31"
GOALS: Final = {"slider_median_ms": 500.0}

TIMED: Final = """() => {
  window.taken = [];
  let begin = 0;
  document.addEventListener("input", (event) => { if (event.target.id === "scrub") begin = performance.now(); }, true);
  document.addEventListener("htmx:after:swap", () => requestAnimationFrame(() => {
    document.documentElement.dataset.moves = window.taken.push(performance.now() - begin);
  }));
}"""
LEAP: Final = """(part) => {
  const slider = document.getElementById("scrub");
  slider.value = String(Math.round(slider.max * part));
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  slider.dispatchEvent(new Event("change", { bubbles: true }));
}"""


def slider_ms(page: Page, dice: random.Random) -> list[float]:
    """Milliseconds of each move, sorted: half of them a day by an arrow key, half a leap to any day."""
    page.evaluate("window.taken.length = 0")
    page.wait_for_timeout(BETWEEN_MS)
    for number in range(MOVES_PER_ROUND):
        if number % 2:
            page.evaluate(LEAP, dice.uniform(0.2, 0.9))
        else:
            page.locator("#scrub").press(dice.choice(["ArrowLeft", "ArrowRight"]))
        moved(page, number + 1)
        # Moves that follow one another at once are taken for one that goes on.
        page.wait_for_timeout(BETWEEN_MS)
    taken: list[float] = page.evaluate("window.taken")
    return sorted(taken)


def moved(page: Page, count: int) -> None:
    """Returns once the page has followed so many moves. Its policy forbids the usual way of waiting for a condition."""
    page.locator(f"html[data-moves='{count}']").wait_for(state="attached")


def page_ms(client: httpx.Client, address: str) -> list[float]:
    """Milliseconds of the page alone, asked for again and again without a browser; sorted."""
    taken = []
    for _ in range(MOVES_PER_ROUND):
        begin = time.perf_counter()
        client.get(address).raise_for_status()
        taken.append((time.perf_counter() - begin) * 1e3)
    return sorted(taken)


def over_http_ms(client: httpx.Client, query: str) -> list[float]:
    """Milliseconds of one small question to the interface over a kept connection; sorted."""
    taken = []
    for _ in range(ASKED_PER_ROUND):
        begin = time.perf_counter()
        client.get(f"/v1/ledgers/{LEDGER}/units?limit=1&{query}").raise_for_status()
        taken.append((time.perf_counter() - begin) * 1e3)
    return sorted(taken)


async def inside_ms(inside: Inside, query: dict[str, str]) -> list[float]:
    """Milliseconds of the same question as a page asks it, in the process; sorted."""
    taken = []
    for _ in range(ASKED_PER_ROUND):
        begin = time.perf_counter()
        await inside.get(f"/v1/ledgers/{LEDGER}/units", {"limit": 1, **query})
        taken.append((time.perf_counter() - begin) * 1e3)
    return sorted(taken)


def measure_inside(url: str, query: dict[str, str]) -> list[float]:
    """The medians of the rounds of `inside_ms`, in an application of this process that shares the database."""
    settings = Settings(database_url=url, auth="off", projector=False, checkpoints=False, daily_digest=False)
    with running_services(settings) as services:
        scope = {"type": "http", "app": create_app(services), "client": ("127.0.0.1", 1), "scheme": "http"}
        inside = Inside(Request({**scope, "headers": [(b"host", b"127.0.0.1")]}), Language.CHINESE)
        return [at_share(asyncio.run(inside_ms(inside, query)), 0.5) for _ in range(ROUNDS)]


def measure(name: str, url: str, positions: dict[str, int]) -> dict[str, Any]:
    """One database."""
    coordinates = {"as_of": LAST_DAY, "at_position": str(max(positions.values()))}
    query = "&".join(f"{key}={value}" for key, value in coordinates.items())
    with serve(url) as server:
        wait_for_views(server)
        rounds = measure_served(server, query)
    rounds["inside_ms"] = measure_inside(url, coordinates)
    say(f"{name}: {rounds}")
    loads = rounds.pop("load_average")
    return {**{each: summary(taken, 2) for each, taken in rounds.items()}, "load_average": loads}


def measure_served(server: Served, query: str) -> dict[str, list[Any]]:
    """The rounds of everything that is asked of the server, by name."""
    base = f"http://{server.host}:{server.port}"
    address = f"/console/ledgers/{LEDGER}/overview?{query}&unit=wan&lang=zh"
    dice = random.Random(1)
    found: dict[str, list[Any]] = {}
    with sync_playwright() as playwright, httpx.Client(base_url=base, timeout=60) as client:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(locale="zh-CN")
        page.goto(base + address)
        page.evaluate(TIMED)
        for _ in range(ROUNDS):
            moves = slider_ms(page, dice)
            add(found, "slider_median_ms", at_share(moves, 0.5))
            add(found, "slider_p95_ms", at_share(moves, 0.95))
            add(found, "page_ms", at_share(page_ms(client, address), 0.5))
            add(found, "over_http_ms", at_share(over_http_ms(client, query), 0.5))
            add(found, "load_average", load_average())
        browser.close()
    return found


def add(found: dict[str, list[Any]], name: str, value: object) -> None:
    """One round of one figure."""
    found.setdefault(name, []).append(value)


def main() -> None:
    """Measures, and records the result."""
    if chromium() is None:
        say(f"{MISSING}; the console is not measured")
        return
    stream = with_possible_reversals(list(events(EVENT_COUNT)))
    measured = {}
    with databases("ours") as kinds:
        for name, (url,) in kinds:
            positions, _ = load(url, stream)
            measured[name] = measure(name, url, positions)
    conditions = {
        "events": f"{EVENT_COUNT} of the workload and what they name; 12 % late",
        "moves": f"{MOVES_PER_ROUND} of the slider in each round, half a day by key, half a leap; to the next frame",
        "page": "the overview, asked for without a browser",
        "inside": f"GET units?limit=1, {ASKED_PER_ROUND} times in each round: as a page asks it, and over HTTP",
        "browser": chromium(),
        "server": "fundtrail serve, one process, which also made the views",
    }
    say(str(write_result("console", {"goals": GOALS, "conditions": conditions, "measured": measured})))


if __name__ == "__main__":
    main()
