"""docs/operations.md says what is so: its commands are run here, and those of PostgreSQL in tests/faults."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from api.console.pages.importing import MAX_FILE_FORM_BYTES
from api.json_input import MAX_BATCH_BYTES
from api.readiness import CHECKS
from api.settings import Settings
from tests.support.command_line import EXAMPLES, CommandLine
from tests.support.effort import full_only
from tests.support.pages import examples, scripts
from tests.support.processes import ROOT, in_shell

PAGE: Final = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SCRIPTS: Final = scripts(PAGE)
UNITS: Final = ("fundtrail.service", "fundtrail-projector.service")
CONTAINERS: Final = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DRILLED: Final = {"base backup", "named moment", "recovery"}
"""By tests/faults/test_postgres_recovery.py."""


@full_only
def test_backup_and_restore_answer_what_the_page_shows(sqlite_url: str, tmp_path: Path) -> None:
    program = CommandLine(sqlite_url, tmp_path)
    assert program("import", EXAMPLES / "tianjiaan-2023.jsonl", "--ledger", "tianjiaan-2023").code == 0
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / "elsewhere").mkdir()
    key = program("log-key", "list", "--ledger", "tianjiaan-2023").output.split()[-1]
    (tmp_path / "elsewhere" / "log-key.txt").write_text(key, encoding="utf-8")
    shown = list(examples(PAGE))
    assert len(shown) == 4
    for example in shown:
        done = in_shell(tmp_path, sqlite_url, example.command)
        assert done.returncode == 0, done.stderr
        said, lines = (done.stderr + done.stdout).splitlines(), example.output.splitlines()
        assert len(said) == len(lines), (example.command, said)
        for line, wanted in zip(said, lines, strict=True):
            assert re.fullmatch(".+".join(map(re.escape, wanted.split("…"))), line), (example.command, line)


def test_the_secrets_of_the_page_are_those_of_the_containers(tmp_path: Path) -> None:
    subprocess.run(["/bin/sh", "-euc", SCRIPTS["secrets"]], cwd=tmp_path, check=True)  # noqa: S603 (the page's own words)
    made = {path.name: path for path in (tmp_path / "secrets").iterdir()}
    assert {f"./secrets/{name}" for name in made} == {each["file"] for each in CONTAINERS["secrets"].values()}
    assert {path.stat().st_mode & 0o777 for path in made.values()} == {0o600}
    assert re.fullmatch(r"[0-9a-f]{48}", made["api_password"].read_text(encoding="utf-8"))
    password = made["api_password"].read_text(encoding="utf-8")
    address = f"postgresql+psycopg://fundtrail_api_login:{password}@database/fundtrail\n"
    assert made["api_url"].read_text(encoding="utf-8") == address


def test_the_installation_of_the_page_names_what_there_is() -> None:
    assert {*SCRIPTS} == DRILLED | {"secrets", "from a registry", "from the bundle"}
    version = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert version is not None
    for name in ("from a registry", "from the bundle"):
        assert set(re.findall(r"\d+\.\d+\.\d+", SCRIPTS[name])) == {version[1]}
    for path in re.findall(r"requirements/\w+\.txt", SCRIPTS["from a registry"]):
        assert (ROOT / path).exists()
    targets = re.findall(r"`make (\w+)", PAGE)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert targets
    assert all(re.search(rf"^{each}:", makefile, re.MULTILINE) for each in targets)


@pytest.mark.parametrize("name", UNITS)
def test_the_units_are_understood_by_systemd(name: str, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not on this machine")
    unit = (ROOT / "deploy" / name).read_text(encoding="utf-8")
    program = re.search(r"^ExecStart=(\S+)", unit, re.MULTILINE)
    assert program is not None
    # It looks whether the program is there.
    (tmp_path / name).write_text(unit.replace(program[1], "/bin/true"), encoding="utf-8")
    done = subprocess.run([analyze, "verify", tmp_path / name], capture_output=True, text=True, check=False)  # noqa: S603 (a tool of the system)
    complaints = [line for line in done.stderr.splitlines() if name in line]
    assert complaints == []


def test_the_proxy_lets_pass_what_the_service_takes() -> None:
    proxy = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    assert proxy.count("{") == proxy.count("}")
    lines = [line.split("#")[0].strip() for line in proxy.splitlines()]
    assert [line for line in lines if line and not line.endswith((";", "{", "}"))] == []
    (mebibytes,) = re.findall(r"client_max_body_size\s+(\d+)m;", proxy)
    assert int(mebibytes) * 1024 * 1024 >= max(MAX_BATCH_BYTES, MAX_FILE_FORM_BYTES)
    assert "proxy_set_header Host $http_host;" in lines, "$host is without the port, which `Origin` has"
    assert {"client_header_timeout 10s;", "client_body_timeout   10s;"} <= set(lines)


def test_the_proxy_tells_whose_address_it_saw_in_every_location_and_limits_each() -> None:
    proxy = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    before, *locations = re.split(r"^    location ", proxy, flags=re.MULTILINE)
    assert "    proxy_set_header X-Forwarded-For $remote_addr;\n" in before
    # A location with one header of its own inherits none.
    assert not any("proxy_set_header" in each for each in locations)
    (zone,) = re.findall(r"^limit_req_zone \s*\$binary_remote_addr zone=(\w+):", before, re.MULTILINE)
    assert re.search(rf"^    limit_req \s*zone={zone} ", before, re.MULTILINE)
    (setting,) = re.findall(r"FUNDTRAIL_TRUSTED_PROXY=(\S+)", before)
    assert f"FUNDTRAIL_TRUSTED_PROXY={setting}" in PAGE
    assert Settings(trusted_proxy=setting).trusted_proxy == setting


def test_every_check_of_readyz_is_watched() -> None:
    watched = PAGE[PAGE.index("## Watch") : PAGE.index("## Retention")]
    assert [check for check in CHECKS if f"| `{check}` |" not in watched] == []


def result(name: str) -> dict[str, Any]:
    path = ROOT / "benchmarks" / "results" / f"{name}.json"
    measured: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["measured"]
    return measured


def test_the_figures_of_the_page_are_those_recorded() -> None:
    writes, growth = result("write_rates"), result("growth")

    def row(name: str, *figures: float, unit: str = "") -> str:
        return f"| {name} | {' | '.join(f'{figure:,.0f}{unit}' for figure in figures)} |"

    engines = ("sqlite", "postgresql")
    at_a_million = [growth[engine]["1000000"] for engine in engines]
    expected = [
        row("single writes over HTTP, 64 at a time", *rates(writes, "single"), unit="/s"),
        row("batches of 1,000 over HTTP", *rates(writes, "batch"), unit="/s"),
        row("bytes of an event with its indexes, at 1,000,000", *(each["bytes_per_event"] for each in at_a_million)),
        row("memory of `serve` at 1,000,000 events", *(each["memory_mb"] for each in at_a_million), unit=" MB"),
        row(
            "rebuild of the views at 1,000,000 events",
            *(each["rebuild_events_per_s"] for each in at_a_million),
            unit="/s",
        ),
    ]
    shown = [line for line in PAGE[PAGE.index("## Capacity") :].splitlines() if line.startswith("| ")][1:]
    assert shown == expected


def rates(writes: dict[str, Any], kind: str) -> list[float]:
    return [writes[engine][kind]["events_per_s"]["median"] for engine in ("sqlite", "postgresql")]
