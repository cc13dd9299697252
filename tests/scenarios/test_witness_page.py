"""docs/witness.md is done step by step: every command of the page is run, and answers what it shows."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from adapters.transparency.witness_client import submit
from domain.checkpoint import parse_checkpoint
from domain.note import Algorithm, format_note, format_verifier_key, parse_note, parse_verifier_key
from domain.policy import parse_policy
from tests.support.ed25519 import SeededSigner
from tests.support.pages import Example, examples
from tests.support.processes import DEADLINE_S, ROOT, Server, answering, fundtrail
from tests.support.witness import SmallLog

PAGE: Final = (ROOT / "docs" / "witness.md").read_text(encoding="utf-8")
SHOWN_ADDRESS: Final = "http://127.0.0.1:8090"
PROGRAM: Final = ".venv/bin/fundtrail "
POLICIES: Final = re.findall(r"^```policy\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
EXAMPLES: Final = tuple(examples(PAGE))


def example(start: str) -> Example:
    """The one command of the page that starts like this."""
    (found,) = [each for each in EXAMPLES if each.command.startswith(start)]
    return each_line_joined(found)


def each_line_joined(found: Example) -> Example:
    return Example(found.command.replace("\\\n", ""), found.output)


MAKE, START = example("mkdir "), example(f"{PROGRAM}witness ")
KEY, HEALTH = example(f"{PROGRAM}witness-key "), example(f"curl -s {SHOWN_ADDRESS}/healthz")
HASH, LOOK = example("printf "), example(f"curl -s {SHOWN_ADDRESS}/4")
SHOWN: Final = parse_note(f"{LOOK.output}\n".encode())
LOG: Final = SmallLog(parse_checkpoint(SHOWN.text).origin)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the page is done; its first steps are done already."""
    shell(MAKE.command, tmp_path)
    (tmp_path / "witness" / "policy").write_text(POLICIES[0], encoding="utf-8")
    return tmp_path


@pytest.fixture
def witness(folder: Path) -> Iterator[Server]:
    """What the page starts."""
    with answering(shlex.split(START.command.removeprefix(PROGRAM)), folder, "") as server:
        yield server
        server.stop()


def shell(command: str, folder: Path) -> str:
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603, S607 (the page's own commands)
    return done.stdout


def curl(command: str, witness: Server) -> str:
    words = shlex.split(command)
    assert words[:2] == ["curl", "-s"]
    return httpx.get(words[2].replace(SHOWN_ADDRESS, witness.url), timeout=DEADLINE_S).text


def test_every_command_of_the_page_is_done_here() -> None:
    assert [each_line_joined(each) for each in EXAMPLES] == [MAKE, START, KEY, HEALTH, HASH, LOOK]


def test_the_witness_of_the_page_watches_its_log(folder: Path, witness: Server) -> None:
    vkey, address = witness.output.read_text("utf-8").splitlines()
    shown_key, shown_address = map(str.strip, START.output.splitlines())
    key = parse_verifier_key(vkey)
    assert key.name == parse_verifier_key(shown_key).name
    assert address.replace(witness.url, SHOWN_ADDRESS) == shown_address

    printed = fundtrail(folder, "", *shlex.split(KEY.command.removeprefix(PROGRAM)))
    assert (printed.stdout, KEY.output) == (f"{vkey}\n", shown_key)
    assert curl(HEALTH.command, witness) == HEALTH.output

    note = LOG.note(parse_checkpoint(SHOWN.text).size)
    cosignatures = submit(witness.url, key, note, LOG.prove)
    assert shell(HASH.command, folder) == f"{HASH.output}\n"
    assert LOOK.command == f"curl -s {SHOWN_ADDRESS}/{HASH.output.split()[0]}/checkpoint"
    answered = parse_note(curl(LOOK.command, witness).encode())
    assert answered == note._replace(signatures=note.signatures + cosignatures)
    # The signatures of the witness differ, because its key is new each time.
    assert (answered.text, answered.signatures[0]) == (SHOWN.text, SHOWN.signatures[0])
    assert [each.name for each in answered.signatures] == [each.name for each in SHOWN.signatures]
    assert format_note(SHOWN).decode() == f"{LOOK.output}\n"


def test_the_policies_of_the_page_name_its_keys() -> None:
    own, others = map(parse_policy, POLICIES)
    assert [log.key for log in own.logs] == [log.key for log in others.logs] == [LOG.signer.key]
    assert [(each.name, each.key) for each in others.witnesses] == [(others.quorum, parse_verifier_key(KEY.output))]


def test_the_groups_that_the_page_names_can_be_added() -> None:
    group, quorum = re.findall(r"`((?:group|quorum) either[^`]*)`", PAGE)
    *lines, _ = POLICIES[1].splitlines()
    office = format_verifier_key(SeededSigner("office.example", Algorithm.COSIGNATURE).key)
    policy = parse_policy("\n".join([*lines, f"witness audit-office {office}", group, quorum, ""]))
    assert [policy.is_met(names) for names in ((), {"audit-office"}, {"audit-bureau"})] == [False, True, True]
