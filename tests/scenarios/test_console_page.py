"""docs/console.md says what is so: its example is asked here, and it names every page and key there is."""

import re
import shlex
from typing import Final
from urllib.parse import urlsplit

import pytest

from api.console.site import PAGES
from tests.scenarios.conftest import StoryReader
from tests.support.effort import full_only
from tests.support.pages import Example, examples
from tests.support.processes import ROOT

PAGE: Final = (ROOT / "docs" / "console.md").read_text(encoding="utf-8")
PICTURES: Final = ROOT / "docs" / "screenshots"
MOST_BYTES: Final = 4_000_000
KEYS: Final = ("←", "→", "`[`", "`]`", "`/`")


@full_only
@pytest.mark.parametrize("example", list(examples(PAGE)), ids=lambda example: example.command)
def test_a_page_gives_its_table_as_shown(example: Example, story: StoryReader) -> None:
    words = shlex.split(example.command)
    assert words[:2] == ["curl", "-sL"]
    address = urlsplit(words[2])._replace(scheme="", netloc="").geturl()
    answer = story.client.get(address, follow_redirects=True)
    assert answer.content.decode("utf-8-sig").splitlines() == example.output.splitlines()


def test_there_is_an_example() -> None:
    assert len(list(examples(PAGE))) == 1


def test_every_page_is_named() -> None:
    assert [page.path for page in PAGES if f"`{page.path}`" not in PAGE] == []


def test_every_address_that_is_named_is_one() -> None:
    table = PAGE[PAGE.index("## Pages") : PAGE.index("## Keyboard")]
    rows = [line.split("|")[2] for line in table.splitlines() if line.startswith("| ")][1:]
    named = {path for row in rows for path in re.findall(r"`([^`]+)`", row)}
    assert named == {page.path for page in PAGES}


def test_every_key_is_named() -> None:
    assert [key for key in KEYS if key not in PAGE] == []


def test_the_pictures_are_there_and_small() -> None:
    pictures = list(PICTURES.glob("*.png"))
    shown = {page.name.removeprefix("console-") for page in PAGES}
    assert len({each.stem for each in pictures} & shown) > 20
    assert sum(each.stat().st_size for each in pictures) < MOST_BYTES
