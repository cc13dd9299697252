"""Requests made from the service's own description, right and wrong ones: it answers what it says it answers.

Schemathesis makes them, for every operation but the stream: what reads an answer to its end would wait for ever there.
The service asks who calls. Each operation is tried by who may and by who may not.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from domain.access import Role
from domain.access_log import AccessKind, AccessQuery
from tests.support.caller import EVALUATION, new_caller
from tests.support.effort import full_only
from tests.support.identified import bearing, client_with, identifying_server, made_key
from tests.support.server import RunningServer

pytestmark = full_only

SEED: Final = 20_230_301
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
)
STREAM: Final = "/events/stream$"
EXAMPLES: Final = 60
"""Of every operation, made at random from the seed."""
EXAMPLES_TURNED_AWAY: Final = 5
DENIALS: Final = (AccessKind.UNAUTHENTICATED, AccessKind.DENIED)
DEADLINE_S: Final = 900

OF_KEYS: Final = "^/v1/keys"
OF_THE_ACCESS_LOG: Final = "/(access-log|refusals)$"
OF_LINES: Final = "/lines"
OF_FACTS: Final = "/(appropriations|projects|evaluations|events|allocations|disbursements)"
WRONG_KEY: Final = "ft_aaaaaaaaaaaa_" + "A" * 43


@dataclass(frozen=True)
class Described:
    """The service, in whose ledger the names that requests use are those of something; keys of who may do what."""

    server: RunningServer
    folder: Path
    ledger_id: str
    key_id: str
    approver: str
    auditor: str
    admin: str


@pytest.fixture
def described(sqlite_url: str, tmp_path: Path) -> Iterator[Described]:
    with identifying_server(sqlite_url) as server:
        approver, auditor, admin = (made_key(server, each).text for each in (Role.APPROVER, Role.AUDITOR, Role.ADMIN))
        spare = made_key(server, Role.VIEWER).key.key_id
        yield Described(server, tmp_path, founded(server, approver), spare, approver, auditor, admin)


def test_every_operation_turns_away_as_described(described: Described) -> None:
    # Some are told 401, and those after them 429.
    keys = {OF_KEYS: described.approver, OF_LINES: described.admin, OF_FACTS: WRONG_KEY}
    report = checked(described, None, keys, ["fuzzing"], EXAMPLES_TURNED_AWAY)
    told = turned_away(described.server)
    shown = ", ".join(f"{number} {code}" for code, number in sorted(told.items()))
    print(f"turned away: {report}, seed {SEED}: {shown}")  # noqa: T201 (the figures are what the test shows)
    assert told.keys() == {"unauthenticated", "forbidden", "too-many-failures"}


def test_every_operation_answers_as_described(described: Described) -> None:
    keys = {OF_THE_ACCESS_LOG: described.auditor, OF_KEYS: described.admin}
    report = checked(described, described.approver, keys, ["fuzzing", "coverage"], EXAMPLES)
    print(f"answered: {report}, seed {SEED}")  # noqa: T201 (the figures are what the test shows)


def founded(server: RunningServer, key: str) -> str:
    """The ledger."""
    with client_with(server, key) as client:
        caller = new_caller(client)
        caller.found()
        caller.record("/evaluations", EVALUATION)
        return caller.ledger_id


def turned_away(server: RunningServer) -> Counter[str]:
    """How many were, by what they were told."""
    server.services.denials.write_counted()
    codes: Counter[str] = Counter()
    after, more = 0, True
    while more:
        page = server.services.access_log.page(AccessQuery(kinds=DENIALS, after=after, limit=1_000))
        for record in page.records:
            codes[record.entry.code] += record.entry.count
            after = record.sequence
        more = page.more
    return codes


def checked(
    described: Described, key: str | None, keys: Mapping[str, str], phases: Sequence[str], examples: int
) -> str:
    """What schemathesis says at its end. Fails unless every check holds. `key`, `keys`: see `configuration`."""
    path = described.folder / "schemathesis.toml"
    path.write_text(configuration(described, key, keys), encoding="utf-8")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(path)),
        *("run", f"{described.server.url}/openapi.json", "--no-color", "--exclude-path-regex", STREAM),
        *("--checks", ",".join(CHECKS), "--suppress-health-check", "all"),
        *("--seed", str(SEED), "--generation-deterministic", "--workers", "1"),
        *("--phases", ",".join(phases), "--max-examples", str(examples)),
    ]
    done = subprocess.run(  # noqa: S603 (the command is the test's own)
        command, cwd=described.folder, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    (cases,) = (line.strip() for line in done.stdout.splitlines() if " generated, " in line)
    return cases


def configuration(described: Described, key: str | None, keys: Mapping[str, str]) -> str:
    """What fills the addresses with names of things there are, and says who calls.

    `keys` are shown at addresses of a pattern, `key` at all others; None: nothing is.
    """
    lines = [] if key is None else [f"headers = {header_of(key)}"]
    lines += [
        "[parameters]",
        f'"path.ledger" = "{described.ledger_id}"',
        '"path.id" = ["P1", "L1", "A1", "E1"]',
        '"path.position" = ["1", "3"]',
        '"path.path" = ["entries/000.p/3", "0/000.p/3"]',
        f'"path.key_id" = ["{described.key_id}", "abcdefghijkl"]',
    ]
    for pattern, text in keys.items():
        lines += ["[[operations]]", f'include-path-regex = "{pattern}"', f"headers = {header_of(text)}"]
    return "\n".join(lines)


def header_of(key: str) -> str:
    ((name, text),) = bearing(key).items()
    return f'{{ {name} = "{text}" }}'
