"""`fundtrail keys` and `pseudonyms`, and how `fundtrail serve` starts while nobody could be identified."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import insert, text

from adapters.access.first_key import GOOD_FOR
from adapters.access.pseudonyms import Pseudonyms
from adapters.access.tables import deployment_secret, setup_token
from adapters.clock import SystemClock
from adapters.database import open_database
from adapters.event_log.encoding import microseconds
from api.bootstrap import running_services
from api.first_start import prepare_first_key
from api.identity import UnusableIdentityError
from api.security import UnsafeExposureError
from api.settings import Settings
from tests.support.caller import problem
from tests.support.command_line import ENGLISH, CommandLine
from tests.support.effort import full_only, quick_on_sqlite_only, sampled
from tests.support.identified import bearing
from tests.support.issuer import AUDIENCE, ISSUER, Issuer
from tests.support.keys import keys_folder_of
from tests.support.processes import Server, fundtrail, serving

ASKING: Final = ENGLISH | {"FUNDTRAIL_AUTH": "on"}
ANYWHERE: Final = "0.0.0.0"  # noqa: S104 (it is what is refused)


@pytest.fixture
def line(tmp_path: Path, sqlite_url: str) -> CommandLine:
    return CommandLine(sqlite_url, tmp_path)


@quick_on_sqlite_only
def test_a_key_is_made_listed_and_revoked(tmp_path: Path, database_url: str) -> None:
    line = CommandLine(database_url, tmp_path)
    made = line("keys", "create", "--role", "clerk", "--ledger", "qingshi", "--unit", "U1", "--label", "cashier-1")
    assert made.code == 0, made.messages
    text = made.output.strip()
    key_id = text.split("_")[1]
    assert f"key:{key_id}" in made.messages
    assert line("keys", "list").output == f"{key_id}  usable   clerk     qingshi units U1  cashier-1\n"
    revoked = line("keys", "revoke", key_id, "--json").json
    assert (revoked["revoked_by"], revoked["usable"]) == ("local", False)
    listed = line("keys", "list", "--json")
    assert [each["key_id"] for each in listed.json["items"]] == [key_id]
    assert text.split("_", 2)[2] not in listed.output


def test_a_key_for_everything_says_so_and_until_when(line: CommandLine) -> None:
    made = line("keys", "create", "--role", "auditor", "--expires", "2099-12-31", "--json").json
    assert (made["ledgers"], made["units"], made["expires_at"]) == (None, None, "2099-12-31T23:59:59.999999Z")
    assert "every-ledger until 2099-12-31" in line("keys", "list").output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--role", "king"], "king"),
        (["--role", "clerk", "--unit", "U1"], "role: "),
        (["--role", "clerk", "--ledger", "a b"], "ledgers/0: "),
        (["--role", "clerk", "--label", "Wang Xiaoming"], "label: "),
        (["--role", "clerk", "--expires", "2001-01-01"], "expires_at: must be later than now"),
    ],
)
def test_a_key_that_can_mean_nothing_is_wrong_usage(line: CommandLine, options: list[str], said: str) -> None:
    refused = line("keys", "create", *options)
    assert refused.code == 2
    assert said in refused.messages


def test_what_is_not_there_can_be_neither_revoked_nor_shown(line: CommandLine) -> None:
    line("migrate")
    for arguments in (
        ["keys", "revoke", "aaaaaaaaaaaa"],
        ["pseudonyms", "show", "oidc:0"],
        ["pseudonyms", "erase", "x"],
    ):
        assert line(*arguments).code == 1


def test_whom_a_pseudonym_stands_for_is_shown_and_erased_and_rows_beside_are_named(line: CommandLine) -> None:
    line("migrate")
    database = open_database(line.url)
    name = Pseudonyms(database, SystemClock()).of("https://login.example", "wang")
    assert line("pseudonyms", "show", name).output.startswith("wang  of https://login.example, first seen 2")
    assert line("pseudonyms", "show", name, "--json").json["subject"] == "wang"
    # As the service's role may: it erases, and adds.
    altered = text(
        "UPDATE pseudonym SET subject = 'li'" if database.is_sqlite else "UPDATE access.pseudonym SET subject = 'li'"
    )
    with database.access_writer.begin() as connection:
        connection.execute(altered)
    shown = line("pseudonyms", "show", name)
    assert (shown.code, shown.output, "does not stand for" in shown.messages) == (1, "", True)
    found = line("verify")
    assert (found.code, f"pseudonym: {name} does not stand for whom its row names" in found.output) == (1, True)
    assert line("pseudonyms", "erase", name).code == 0
    assert line("pseudonyms", "show", name).code == 1
    with database.access_writer.begin() as connection:
        connection.execute(
            insert(setup_token),
            {"token_hash": bytes(32), "expires_at_us": microseconds(SystemClock().now() + GOOD_FOR)},
        )
    assert line("verify").code == 0
    with database.access_writer.begin() as connection:
        connection.execute(insert(setup_token), {"token_hash": b"\1" * 32, "expires_at_us": 2**63 - 1})
        # On PostgreSQL the service's role may; on SQLite a trigger refuses it.
        connection.execute(text("DROP TRIGGER deployment_secret_no_replacement"))
        connection.execute(insert(deployment_secret), {"name": "other", "secret": bytes(32)})
    database.dispose()
    found = line("verify", "--json")
    assert [each["detail"] for each in found.json["access_log"]["differences"]] == [
        "deployment_secret: other is none of this version's",
        "setup_token: one is good for longer than any that was issued",
    ]


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str, Server]]:
    """Two processes on a database without a key; nobody asks for figures there."""
    folder = tmp_path_factory.mktemp("first")
    url = f"sqlite:///{folder}/fundtrail.db"
    with serving(folder, url, "--workers", "2", "--no-projector", auth="on") as server:
        yield folder, url, server
        server.stop()


def test_the_first_start_shows_a_token_that_makes_the_first_key_once(first_start: tuple[Path, str, Server]) -> None:
    folder, url, server = first_start
    said = server.messages.read_text("utf-8")
    found = re.findall(r"setup_[A-Za-z0-9_-]{43}", said)
    assert len(found) == 1, said
    assert found[0] not in server.output.read_text("utf-8")
    with httpx.Client(base_url=server.url, timeout=30) as client:
        problem(client.get("/v1/ledgers"), 401, "unauthenticated")
        made = client.post("/v1/setup", json={"token": found[0]})
        assert made.status_code == 201, made.text
        problem(client.post("/v1/setup", json={"token": found[0]}), 401, "unauthenticated")
        headers = bearing(made.json()["key"])
        # Each connection may be another process.
        for _ in range(6):
            assert httpx.get(f"{server.url}/v1/keys", headers=headers, timeout=30).status_code == 200
        listed = fundtrail(folder, url, "keys", "list")
    assert made.json()["key_id"] in listed.stdout


@full_only
def test_a_key_made_on_the_command_line_is_good_at_once(first_start: tuple[Path, str, Server]) -> None:
    folder, url, server = first_start
    key = fundtrail(folder, url, "keys", "create", "--role", "viewer").stdout.strip()
    assert httpx.get(f"{server.url}/v1/ledgers", headers=bearing(key), timeout=30).json() == {"items": []}


def settings_of(url: str, **more: Any) -> Settings:
    values = {"database_url": url, "keys_folder": keys_folder_of(url), "auth": "on", "daily_digest": False}
    return Settings.model_validate(values | {"checkpoints": False, "self_check_interval_s": 0} | more)


def started_with(capsys: pytest.CaptureFixture[str], settings: Settings) -> str:
    """What is said at a start, which goes no further than that."""
    with running_services(settings) as services:
        prepare_first_key(services)
    return capsys.readouterr().err


def test_a_start_with_a_key_shows_no_token(
    line: CommandLine, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = started_with(capsys, settings_of(sqlite_url))
    assert re.search(r"^  setup_[A-Za-z0-9_-]{43}$", said, re.MULTILINE), "the token has a line of its own"
    key_id = line("keys", "create", "--role", "viewer", "--json").json["key_id"]
    assert started_with(capsys, settings_of(sqlite_url)) == ""
    line("keys", "revoke", key_id)
    assert "setup_" in started_with(capsys, settings_of(sqlite_url))


def test_beyond_this_machine_it_starts_only_where_somebody_can_be_identified(
    line: CommandLine, sqlite_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for auth, why in (("on", "neither a key nor an issuer"), ("off", "FUNDTRAIL_AUTH=off")):
        refused = line("serve", "--host", ANYWHERE, environment=ENGLISH | {"FUNDTRAIL_AUTH": auth})
        assert refused.code == 2
        assert why in refused.messages
    with pytest.raises(UnsafeExposureError):
        started_with(capsys, settings_of(sqlite_url, host=ANYWHERE))
    assert started_with(capsys, settings_of(sqlite_url, host=ANYWHERE, **issuer_settings(tmp_path))) == ""
    line("keys", "create", "--role", "admin")
    assert started_with(capsys, settings_of(sqlite_url, host=ANYWHERE)) == ""


def issuer_settings(folder: Path) -> dict[str, str]:
    (folder / "grants.toml").write_text("[[grant]]\ngroup = 'finance'\nrole = 'viewer'\n", encoding="utf-8")
    keys = Issuer().published(folder / "keys.json")
    names = {"oidc_keys": str(keys), "oidc_grants": str(folder / "grants.toml")}
    return names | {"oidc_issuer": ISSUER, "oidc_audience": AUDIENCE}


@pytest.mark.parametrize(
    ("change", "why"),
    sampled(
        [
            ({"oidc_audience": ""}, "FUNDTRAIL_OIDC_AUDIENCE must be set"),
            ({"oidc_keys": "http://login.example/keys"}, "https://"),
            ({"oidc_keys": "none.json"}, "none.json"),
            ({"oidc_grants": "none.toml"}, "none.toml"),
        ],
        one_in=2,
    ),
    ids=str,
)
def test_an_issuer_that_is_only_half_configured_is_refused_at_the_start(
    sqlite_url: str, tmp_path: Path, change: dict[str, str], why: str
) -> None:
    given = issuer_settings(tmp_path) | change
    with pytest.raises(UnusableIdentityError, match=why), running_services(settings_of(sqlite_url, **given)):
        pass


@full_only
def test_a_half_configured_issuer_is_wrong_usage(line: CommandLine) -> None:
    refused = line("serve", environment=ASKING | {"FUNDTRAIL_OIDC_ISSUER": ISSUER})
    assert refused.code == 2
    assert "FUNDTRAIL_OIDC_KEYS" in refused.messages
