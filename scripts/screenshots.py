"""Takes the pictures of docs/screenshots: every page of the console, of the example ledgers.

    python -m scripts.screenshots

It serves `fundtrail demo` and finds the pages by their routes and links, so a new page has its picture without being
named here. The door is that of an empty `fundtrail serve`, as the demo asks nobody who they are. Where `pngquant` is
installed the pictures have a palette, which makes them a quarter of the size.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
from playwright.sync_api import Browser, sync_playwright

from scripts.browser import MISSING, chromium
from scripts.console_pages import addresses, chosen, refuse, upload

ROOT: Final = Path(__file__).resolve().parents[1]
PICTURES: Final = ROOT / "docs" / "screenshots"
FUNDTRAIL: Final = (sys.executable, "-m", "api.cli")
ON_ANY_PORT: Final = ("--port", "0")
STORY: Final = "story"
REPORT: Final = "jincheng-2023"
OF_REPORT: Final = frozenset({"overview", "projects", "lines", "appropriations", "report-progress", "reports-progress"})
"""Pages that say more of the published report, which has more projects, than of the invented county."""
YEAR_END: Final = "?as_of=2023-12-31&lang=zh"
WIDTH: Final = 1280
HEIGHT: Final = 860
TALLEST: Final = 1500
PHONE: Final = 380
DRAWN_MS: Final = 400
"""Charts are drawn after the page is loaded."""
FURTHER: Final = {
    "overview-past": (STORY, "overview?as_of=2023-04-18&known_at=2023-04-18&lang=zh", WIDTH),
    "overview-en": (REPORT, "overview?as_of=2023-12-31&lang=en", WIDTH),
    "overview-phone": (REPORT, "overview?as_of=2023-12-31&lang=zh", PHONE),
}
"""By name: ledger, page, and width."""
TYPED: Final = {"record-command": ("#field-amount", "186500.00")}
"""By name: the field that is filled in before the picture, and with what."""


@contextmanager
def serving(command: str) -> Iterator[str]:
    """Where a fresh server answers that the command starts."""
    words = (*FUNDTRAIL, command, *ON_ANY_PORT)
    with tempfile.TemporaryDirectory() as folder:
        own = {**os.environ, "FUNDTRAIL_DATABASE_URL": f"sqlite:///{folder}/pictures.db"}
        with subprocess.Popen(words, cwd=ROOT, env=own, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own command line)
            try:
                assert process.stdout is not None
                line = next(each for each in process.stdout if "http://" in each)
                yield line.rpartition(" ")[2].strip()
            finally:
                process.terminate()


def places(url: str) -> dict[str, str]:
    """The address of each picture, by its name."""
    with httpx.Client(base_url=url, timeout=60) as client:
        refuse(client, STORY)
        uploaded = upload(client, STORY)
        of_story = addresses(client, STORY, YEAR_END, uploaded)
        of_report = addresses(client, REPORT, YEAR_END)
    found = {}
    for route, place in of_story.items():
        name = route.removeprefix("console-")
        if place.is_page:
            found[name] = (of_report[route] if name in OF_REPORT else place).address
    return found | chosen(STORY, YEAR_END, uploaded)


def take(browser: Browser, name: str, address: str, width: int = WIDTH) -> None:
    """One picture, not taller than a few screens."""
    page = browser.new_page(viewport={"width": width, "height": HEIGHT}, locale="zh-CN")
    page.goto(address)
    if name in TYPED:
        page.fill(*TYPED[name])
    page.wait_for_timeout(DRAWN_MS)
    height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    clip: Any = {"x": 0, "y": 0, "width": width, "height": height}
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True, clip=clip)
    page.close()


def compress() -> None:
    """Gives the pictures a palette, where the tool for it is installed."""
    program = shutil.which("pngquant")
    if program is None:
        print("pngquant is not installed: the pictures stay as they are")
        return
    pictures = [str(each) for each in PICTURES.glob("*.png")]
    subprocess.run([program, "--force", "--ext", ".png", "--quality", "60-90", *pictures], check=True)  # noqa: S603 (a tool of the system)


def main() -> None:
    """Takes every picture anew, and says how large they are."""
    path = chromium()
    if path is None:
        sys.exit(MISSING)
    PICTURES.mkdir(exist_ok=True)
    for each in PICTURES.glob("*.png"):
        each.unlink()
    with serving("demo") as url, serving("serve") as empty_url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name, address in places(url).items():
            take(browser, name, url + address)
        for name, (ledger_id, address, width) in FURTHER.items():
            take(browser, name, f"{url}/console/ledgers/{ledger_id}/{address}", width)
        take(browser, "sign-in", f"{empty_url}/console/sign-in?lang=zh")
        browser.close()
    compress()
    total = sum(each.stat().st_size for each in PICTURES.glob("*.png"))
    print(f"{len(list(PICTURES.glob('*.png')))} pictures, {total / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
