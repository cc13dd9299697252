"""Dockerfile and docker-compose.yml: their commands are run as they stand, on the PostgreSQL of the tests."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

import httpx
import pytest
from sqlalchemy import create_engine, make_url, text

from tests.support.command_line import EXAMPLES
from tests.support.containers import (
    COMPOSE,
    DOCKERFILE,
    OF_OUR_IMAGE,
    SERVICES,
    Containers,
    command_of,
    folders_of_image,
    instruction,
    is_closed,
    mounted,
    readable_to_all,
    secrets_of,
    with_variables,
    words,
)
from tests.support.effort import full_only
from tests.support.postgres import SERVER_URL_VARIABLE
from tests.support.processes import ROOT, wait_for
from tests.support.psql import libpq, psql_here

LOGINS: Final = {"api_url": "fundtrail_api_login", "projector_url": "fundtrail_projector_login"}


def test_every_service_is_closed_and_holds_no_secret() -> None:
    assert [name for name, each in SERVICES.items() if not is_closed(each)] == ["folders"]
    folders = SERVICES["folders"]
    assert (folders["cap_add"], folders["network_mode"], secrets_of("folders")) == (["CHOWN"], "none", {})
    assert not is_closed(SERVICES["api"] | {"user": "root"})
    for name, service in SERVICES.items():
        assert set(secrets_of(name).values()) <= set(COMPOSE["secrets"]), name
        assert set(volumes_of(name)) <= set(COMPOSE["volumes"]), name
        plain = {key for key in service.get("environment", {}) if re.search("PASSWORD|SECRET|URL", key)}
        assert plain <= {"POSTGRES_PASSWORD_FILE", "FUNDTRAIL_PASSWORDS"}, name
        assert set(service.get("depends_on", {})) <= set(SERVICES), name
    assert set(COMPOSE["secrets"]) == {each for name in SERVICES for each in secrets_of(name).values()}


def test_nothing_starts_before_the_deployment_has_a_name() -> None:
    named = SERVICES["api"]["environment"]["FUNDTRAIL_DEPLOYMENT"]
    with pytest.raises(LookupError, match="FUNDTRAIL_DEPLOYMENT: name this deployment"):
        with_variables(named, {})
    assert with_variables(named, {"FUNDTRAIL_DEPLOYMENT": "qingshi.example"}) == "qingshi.example"


def volumes_of(service: str) -> list[str]:
    named = (each.partition(":")[0] for each in SERVICES[service].get("volumes", []))
    return [each for each in named if not each.startswith(".")]


def test_only_this_machine_reaches_the_api_and_nobody_the_database() -> None:
    assert {name: each["ports"] for name, each in SERVICES.items() if "ports" in each} == {
        "api": ["127.0.0.1:8000:8000"]
    }
    assert [name for name, each in SERVICES.items() if "outside" in each.get("networks", ())] == ["api"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_what_the_api_keeps_is_on_volumes_that_belong_to_its_user() -> None:
    folders = set(folders_of_image().values())
    assert folders == set(mounted("api"))
    made = re.sub(r"\\\n\s*", " ", DOCKERFILE)
    owned = re.findall(r"install -d -o fundtrail -g fundtrail -m 0700 (.*)", made)[-1].split()
    assert folders < set(owned), "a new volume takes its owner from the image"


def test_the_image_is_of_the_locked_packages_and_runs_without_root() -> None:
    assert instruction("USER") == "10001:10001"
    assert {SERVICES[name]["user"] for name in OF_OUR_IMAGE} == {"10001:10001"}
    installs = re.findall(r"pip install ([^&]*)", re.sub(r"\\\n\s*", " ", DOCKERFILE))
    assert all("--require-hashes" in each or "--no-index" in each for each in installs)
    assert len(installs) == 3
    copied = {each.split()[0] for each in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)}
    assert {"domain", "projections", "adapters", "api", "pyproject.toml"} <= copied
    kept = set(re.findall(r"^!(.*)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        word for each in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE) for word in each.split()
    }
    assert named == kept
    assert all((ROOT / each).exists() for each in kept)


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)  # noqa: S603 (a tool of ours)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.fixture
def containers(postgresql_url: str, tmp_path: Path) -> Containers:
    """The files of secrets as docs/operations.md has them made, for the database of the test."""
    secrets = tmp_path / "files"
    secrets.mkdir()
    readable_to_all(tmp_path)
    superuser = make_url(postgresql_url)
    for name in COMPOSE["secrets"]:
        (secrets / name).write_text(f"{name} of the test's\n", encoding="utf-8")
    (secrets / "pgpass").chmod(0o600)
    (secrets / "migrate_url").write_text(postgresql_url, encoding="utf-8")
    for name, login in LOGINS.items():
        url = superuser.set(username=login).render_as_string(hide_password=False)
        (secrets / name).write_text(url, encoding="utf-8")
    return Containers(tmp_path, secrets)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@full_only
def test_the_services_start_in_their_order_and_the_health_check_sees_it(
    containers: Containers, postgresql_url: str
) -> None:
    containers.run("migrate")
    tools = os.pathsep.join([psql_here(), os.environ["PATH"]])
    logins = [word.replace("/srv/logins.sql", str(ROOT / "deploy" / "logins.sql")) for word in command_of("logins")]
    where = {
        "PATH": tools,
        "FUNDTRAIL_PASSWORDS": str(containers.folder / "logins" / "secrets"),
        **libpq(postgresql_url),
    }
    for _ in range(2):
        containers.run("logins", instead=logins, **where)
    assert logins_of(postgresql_url) == dict(
        zip(sorted(LOGINS.values()), ["fundtrail_app", "fundtrail_projector"], strict=True)
    )

    port = free_port()
    probe = words("HEALTHCHECK")
    assert containers.start("api", instead=probe, FUNDTRAIL_PORT=port).wait(60) != 0, "nobody answers yet"
    api = containers.start("api", FUNDTRAIL_PORT=port)
    projector = containers.start("projector")
    try:
        wait_for("the api answers", lambda: f":{port}" in containers.said("api"))
        containers.run("api", instead=probe, FUNDTRAIL_PORT=port)
        readiness = f"http://127.0.0.1:{port}/readyz"
        # Until the projector was seen, it is not.
        wait_for("the api is ready", lambda: httpx.get(readiness, timeout=60).status_code == httpx.codes.OK)
        imported = ["fundtrail", "import", str(EXAMPLES / "story.jsonl"), "--ledger", "story"]
        containers.run("api", instead=imported)
        wait_for("the projector follows", lambda: views_of(postgresql_url) == {56})
    finally:
        for process in (api, projector):
            process.terminate()
        ended = [process.wait(60) for process in (api, projector)]
    assert ended == [0, 0], containers.said("api") + containers.said("projector")


def test_the_database_is_of_the_version_that_everything_is_tried_on(postgresql_url: str) -> None:
    if SERVER_URL_VARIABLE in os.environ:
        pytest.skip(f"{SERVER_URL_VARIABLE} names a server of somebody's own choice")
    images = {each["image"] for each in SERVICES.values() if "postgres" in each["image"]}
    version = str(asked(postgresql_url, "SHOW server_version")[0][0]).partition(".")[0]
    assert images == {f"postgres:{version}-bookworm"}
    assert f"PostgreSQL {version}" in (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")


def logins_of(url: str) -> dict[str, str]:
    statement = (
        "SELECT member.rolname, granted.rolname FROM pg_auth_members JOIN pg_roles member ON member.oid = member "
        "JOIN pg_roles granted ON granted.oid = roleid WHERE member.rolname = ANY(:names)"
    )
    rows = asked(url, statement, names=list(LOGINS.values()))
    return {str(member): str(group) for member, group in rows}


def views_of(url: str) -> set[object]:
    """The positions that the views have reached."""
    return {row[0] for row in asked(url, "SELECT position FROM views.projection_position WHERE ledger_id = 'story'")}


def asked(url: str, statement: str, **values: object) -> list[tuple[object, ...]]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]
    finally:
        engine.dispose()
