"""Every example of README.md is run against a fresh demo, and answers what the page says."""

import hashlib
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.support.pages import Example, examples
from tests.support.processes import FUNDTRAIL, ROOT, in_shell, started, wait_for
from tests.support.tls import NO_TLS

README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN_ADDRESS: Final = "http://127.0.0.1:8000"
PLACES: Final = (".venv", "examples", "verifier")
"""What of the sources the commands of the page name."""
LEAF: Final = re.compile(r"\(printf '\\0'; (curl .*)\) \| sha256sum")
PICK: Final = re.compile(r"^pick\(\) \{ python3 -c '\n(.*?)' \"\$@\"; \}$", re.DOTALL | re.MULTILINE)


EXAMPLES: Final = tuple(examples(README))
OVER_HTTP: Final = tuple(example for example in EXAMPLES if "curl " in example.command)
OF_THE_PROGRAM: Final = tuple(example for example in EXAMPLES if example not in OVER_HTTP)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a fresh `fundtrail demo` answers."""
    with started([*FUNDTRAIL, "demo", "--port", "0"], tmp_path_factory.mktemp("tour"), "sqlite:///unused.db") as child:
        wait_for("the demo prints its guide", lambda: "Ctrl+C" in child.messages.read_text("utf-8"), child)
        found = re.search(r"http://[\d.]+:\d+", child.output.read_text("utf-8"))
        assert found is not None
        yield found.group()
        child.stop()


def curl(words: list[str], address: str) -> bytes:
    """The body that curl would print; it knows the options that the page uses."""
    assert words[:2] == ["curl", "-s"], words
    headers: dict[str, str] = {}
    url, body = "", None
    rest = iter(words[2:])
    for word in rest:
        if word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(rest)
        else:
            url = word
    method = "GET" if body is None else "POST"
    assert url.startswith(SHOWN_ADDRESS), url
    url = url.replace(SHOWN_ADDRESS, address)
    return httpx.request(method, url, headers=headers, content=body, timeout=30, verify=NO_TLS).content


def pick(body: bytes, names: list[str]) -> list[Any]:
    """The rows that the function of the page prints."""
    function = PICK.search(README)
    assert function is not None, "the page no longer shows it"
    command = [sys.executable, "-X", "utf8", "-c", function[1], *names]
    done = subprocess.run(command, input=body, capture_output=True, check=True)  # noqa: S603 (the page's own code)
    return documents(done.stdout.decode())


def documents(text: str) -> list[Any]:
    """The JSON documents that stand one after another."""
    decoder = json.JSONDecoder()
    found = []
    while text := text.strip():
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:]
    return found


@pytest.mark.parametrize("example", OVER_HTTP, ids=lambda example: example.command.splitlines()[0])
def test_the_service_answers_what_the_page_shows(example: Example, address: str) -> None:
    if leaf := LEAF.fullmatch(example.command):
        digest = hashlib.sha256(b"\0" + curl(shlex.split(leaf[1]), address)).hexdigest()
        assert f"{digest}  -" == example.output
        return
    words = shlex.split(example.command.replace("\\\n", ""))
    end = words.index("|") if "|" in words else len(words)
    body = curl(words[:end], address)
    shown = documents(example.output)
    if end == len(words):
        assert [json.loads(body)] == shown
    else:
        assert words[end + 1] == "pick"
        assert pick(body, words[end + 2 :]) == shown


def test_the_program_says_what_the_page_shows(tmp_path: Path) -> None:
    for name in PLACES:
        (tmp_path / name).symlink_to(ROOT / name)
    url = f"sqlite:///{tmp_path}/fundtrail.db"
    for example in OF_THE_PROGRAM:
        done = in_shell(tmp_path, url, example.command)
        assert done.returncode == 0, done.stderr
        said = (done.stderr + done.stdout).splitlines()
        shown = example.output.splitlines()
        assert len(said) == len(shown), example.command
        assert all(map(is_shown_as, said, shown)), example.command


def is_shown_as(said: str, shown: str) -> bool:
    """Whether a line is the one shown, in which an ellipsis stands for what differs each time."""
    return re.fullmatch(".+".join(map(re.escape, shown.split("…"))), said) is not None


def test_every_example_of_the_page_is_run() -> None:
    assert {*OVER_HTTP, *OF_THE_PROGRAM} == {*EXAMPLES}
    assert len(OVER_HTTP) >= 8
    assert len(OF_THE_PROGRAM) >= 3


def test_every_link_of_the_pages_leads_to_a_file() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} names {target}"
