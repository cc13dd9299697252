"""The audit of dependencies is never green without having looked: held against a service of advisories of our own."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from scripts.audit_dependencies import CONTROL, FOUND, NOT_AUDITED, REQUIREMENTS, main, pins_of
from tests.support.effort import full_only

LOCK = "alembic==1.20.1 \\\n    --hash=sha256:00\nuvloop==0.22.1 ; sys_platform == 'nowhere' \\\n    --hash=sha256:00\n"


@dataclass
class Advisories:
    """What the service knows, and which packages it was asked for; it fails at those in `failing`."""

    known: frozenset[str] = frozenset({CONTROL})
    failing: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)

    def answer(self, question: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        pin = f"{question['package']['name']}=={question['version']}"
        self.asked.append(pin)
        if pin in self.failing:
            return 500, {}
        return 200, {"vulns": [advisory(pin)]} if pin in self.known else {}


def advisory(pin: str) -> dict[str, Any]:
    name, _, version = pin.partition("==")
    events = [{"introduced": "0"}, {"fixed": "99.1"}]
    affected: dict[str, Any] = {"package": {"name": name, "ecosystem": "PyPI"}, "versions": [version]}
    affected |= {"ranges": [{"type": "ECOSYSTEM", "events": events}]}
    return {"id": f"GHSA-{name}", "summary": "bad", "details": "bad", "aliases": [], "affected": [affected]}


@contextmanager
def serving(advisories: Advisories) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = advisories.answer(question)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """Two packages, one of them for no platform."""
    path = tmp_path / "lock.txt"
    path.write_text(LOCK, encoding="utf-8")
    return path


def audited(lock: Path, advisories: Advisories) -> int:
    with serving(advisories) as url:
        return main(["--requirements", str(lock), "--osv-url", url])


@full_only
def test_everything_is_looked_up_also_what_is_for_another_platform(
    lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    advisories = Advisories()
    assert audited(lock, advisories) == 0
    assert advisories.asked == [CONTROL, "alembic==1.20.1", "uvloop==0.22.1"]
    assert capsys.readouterr().out == "audited 2 packages: 0 known vulnerabilities\n"


@full_only
def test_a_known_vulnerability_is_named(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audited(lock, Advisories(known=frozenset({CONTROL, "uvloop==0.22.1"}))) == FOUND
    assert capsys.readouterr().out.splitlines()[0] == "uvloop 0.22.1: GHSA-uvloop, fixed in 99.1"


@full_only
@pytest.mark.parametrize("failing", ["alembic==1.20.1", CONTROL])
def test_a_service_that_fails_has_audited_nothing(failing: str, lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audited(lock, Advisories(failing=frozenset({failing}))) == NOT_AUDITED
    assert capsys.readouterr().err.startswith("not audited: ")


@full_only
def test_a_service_that_knows_nothing_has_audited_nothing(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audited(lock, Advisories(known=frozenset())) == NOT_AUDITED
    assert "its silence means nothing" in capsys.readouterr().err


def test_a_service_that_cannot_be_reached_has_audited_nothing(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Advisories()) as url:
        pass
    assert main(["--requirements", str(lock), "--osv-url", url, "--timeout", "2"]) == NOT_AUDITED
    assert capsys.readouterr().err.startswith("not audited: ")


def test_a_file_without_packages_has_not_been_audited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lock.txt").write_text("# nothing\n", encoding="utf-8")
    assert main(["--requirements", str(tmp_path / "lock.txt")]) == NOT_AUDITED
    assert "pins no package" in capsys.readouterr().err


def test_every_package_of_the_lock_is_read() -> None:
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    assert len(pins_of(REQUIREMENTS)) == sum("==" in line and not line.startswith((" ", "#")) for line in lines) > 30
