"""Requests made from the service's own description, right and wrong ones: it answers what it says it answers.

Schemathesis makes them, for every operation but the stream: what reads an answer to its end would wait for ever there.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.support.caller import EVALUATION, Caller, new_caller
from tests.support.effort import IS_FULL, effort
from tests.support.raw import CREDENTIALS
from tests.support.server import RunningServer, running_server

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
EXAMPLES: Final = effort(2, 60)
"""Of every operation, made at random from the seed."""
SOME: Final = r"^/v1/ledgers$|/(units|reversals|execution|proofs/inclusion)$"
"""Operations that are gone through value by value with every change; in the full test all are."""
DEADLINE_S: Final = 900


def test_every_operation_answers_as_described(sqlite_url: str, tmp_path: Path) -> None:
    with running_server(sqlite_url) as server:
        caller = founded(server)
        runs: dict[str, list[str]] = {"fuzzing": [], "coverage": [] if IS_FULL else ["--include-path-regex", SOME]}
        for phase, options in runs.items():
            report = checked(server, caller, tmp_path, phase, options)
            print(f"{phase}: {report}, seed {SEED}")  # noqa: T201 (the figures are what the test shows)


def founded(server: RunningServer) -> Caller:
    """A ledger in which the names that the requests use are those of something."""
    caller = new_caller(server.client)
    caller.found()
    caller.record("/evaluations", EVALUATION)
    return caller


def checked(server: RunningServer, caller: Caller, folder: Path, phase: str, options: list[str]) -> str:
    """What schemathesis says at its end. Fails unless every check holds."""
    configuration = folder / "schemathesis.toml"
    configuration.write_text(named(caller.ledger_id), encoding="utf-8")
    headers = [part for name, text in CREDENTIALS.items() for part in ("--header", f"{name}:{text}")]
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration)),
        *("run", f"{server.url}/openapi.json", "--no-color", "--exclude-path-regex", STREAM),
        *("--checks", ",".join(CHECKS), "--phases", phase, "--suppress-health-check", "all"),
        *("--seed", str(SEED), "--generation-deterministic", "--max-examples", str(EXAMPLES), "--workers", "1"),
        *headers,
        *options,
    ]
    done = subprocess.run(  # noqa: S603 (the command is the test's own)
        command, cwd=folder, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    (cases,) = (line.strip() for line in done.stdout.splitlines() if " generated, " in line)
    return cases


def named(ledger_id: str) -> str:
    """The configuration that fills the addresses with names of things there are."""
    return f"""
[parameters]
"path.ledger" = "{ledger_id}"
"path.id" = ["P1", "L1", "A1", "E1"]
"path.position" = ["1", "3"]
"path.path" = ["entries/000.p/3", "0/000.p/3"]
"""
