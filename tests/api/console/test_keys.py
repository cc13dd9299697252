"""访问密钥: an administrator lists, makes and revokes keys on a page, and nobody else does."""

from collections.abc import Iterator
from typing import Final

import httpx
import pytest
from sqlalchemy import text

from adapters.access.api_keys import hash_of
from api.console.credentials import COOKIE
from domain.access import Role
from tests.support.attacks_on_keys import INVENTED, SECRET, STRANGER
from tests.support.console import Console
from tests.support.identified import bearing, identifying_server, made_key
from tests.support.server import RunningServer
from tests.support.tls import NO_TLS

KEYS: Final = "/console/keys"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with identifying_server(f"sqlite:///{tmp_path_factory.mktemp('keys')}/fundtrail.db") as running:
        yield running


@pytest.fixture
def administrator(server: RunningServer) -> Iterator[Console]:
    """A browser in which an administrator is signed in."""
    cookies = {COOKIE: made_key(server, Role.ADMIN).text}
    with httpx.Client(base_url=server.url, timeout=30, cookies=cookies, verify=NO_TLS) as client:
        yield Console(client, "none")


def test_a_key_is_made_shown_once_and_good(server: RunningServer, administrator: Console) -> None:
    fields = {"role": "clerk", "ledgers": "qingshi，liulin", "label": "window-3", "expires_at": "2030-01-01"}
    made = administrator.send(KEYS, fields)
    assert made.response.status_code == 201
    key = made.text("#new-key")
    told = server.client.get("/v1/me", headers=bearing(key)).json()
    assert told["grants"][0]["ledgers"] == ["liulin", "qingshi"]
    listed = administrator.follow(KEYS)
    assert "window-3" in listed.text("#keys")
    for page in (made, listed):
        assert "2030-01-01 23:59" in page.text("main")
        assert "Asia/Shanghai" in page.text("main")
    timed = administrator.send(KEYS, {"role": "viewer", "expires_at": "2030-01-01 18:00"})
    assert "2030-01-01 18:00 Asia/Shanghai" in timed.text("main")
    dated = administrator.send(KEYS, {"role": "viewer", "expires_at": "2030年1月1日"})
    assert "2030-01-01 23:59 Asia/Shanghai" in dated.text("main")
    assert key not in listed.response.text


def test_a_key_that_makes_no_sense_is_refused_at_its_field(administrator: Console) -> None:
    shown = administrator.send(KEYS, {"role": "viewer", "ledgers": "a b", "expires_at": "2020-01-01"})
    assert shown.response.status_code == 422
    assert shown.text("#field-ledgers-wrong")
    assert shown.one("#field-ledgers")["value"] == "a b"
    english = shown.one("button[lang=en]")
    kept = administrator.send(english["formaction"], {"role": "viewer", "ledgers": "a b", "act": "keep"})
    assert (kept.response.status_code, kept.one("#field-ledgers")["value"]) == (200, "a b")
    shown = administrator.send(KEYS, {"role": "viewer", "expires_at": "明年"})
    assert "2025-12-31 18:00" in shown.text("#field-expires_at-wrong")
    shown = administrator.send(KEYS, {"role": "admin", "ledgers": "qingshi"})
    assert "管理的密钥不限定账套" in shown.text("#field-ledgers-wrong")
    shown = administrator.send(KEYS, {"role": "clerk", "units": "U1"})
    assert shown.text("#field-ledgers-wrong") == "限于单位时，须恰好填写一个账套编号"
    assert len(shown.all(".wrong")) == 1
    shown = administrator.send(KEYS, {"role": "auditor", "ledgers": "qingshi", "units": "U1"})
    assert shown.text("#field-units-wrong") == "只有查看和经办的密钥可以限于单位"


def test_a_form_that_says_more_than_its_page_has_controls_for_makes_no_key(administrator: Console) -> None:
    before = administrator.follow(KEYS).texts("#keys tbody tr")
    for wrong in ({"canary": "1"}, {"role": ["viewer", "admin"]}):
        shown = administrator.send(KEYS, {"role": "viewer"} | wrong)
        assert (shown.response.status_code, "canary" in shown.response.text) == (422, False), wrong
    assert administrator.send(f"{KEYS}/nowhere/revocation", {"canary": "1"}).response.status_code == 422
    assert administrator.follow(KEYS).texts("#keys tbody tr") == before


def test_a_revoked_key_is_shown_as_such_and_no_longer_good(server: RunningServer, administrator: Console) -> None:
    made = made_key(server, Role.VIEWER)
    listed = administrator.send(f"{KEYS}/{made.key.key_id}/revocation", {})
    row = next(each for each in listed.texts("#keys tbody tr") if made.key.key_id in each)
    assert "已吊销" in row
    assert server.client.get("/v1/me", headers=bearing(made.text)).status_code == 401
    assert administrator.send(f"{KEYS}/nowhere/revocation", {}).response.status_code == 404


def test_a_key_that_was_written_into_the_database_is_shown_as_such(
    server: RunningServer, administrator: Console
) -> None:
    with server.services.database.access_writer.begin() as connection:
        connection.execute(text(INVENTED.format("")), {"hash": hash_of(SECRET)})
    listed = administrator.follow(KEYS)
    row = next(each for each in listed.texts("#keys tbody tr") if STRANGER in each)
    assert "与访问日志不符" in row


def test_who_manages_keys_sees_no_ledgers_and_the_way_to_the_keys(administrator: Console) -> None:
    shown = administrator.follow("/console")
    assert shown.link("访问密钥").startswith(KEYS)
    assert "不能查看账套" in shown.text("main")


def test_nobody_else_has_the_page(server: RunningServer) -> None:
    with httpx.Client(
        base_url=server.url, timeout=30, cookies={COOKIE: made_key(server, Role.AUDITOR).text}, verify=NO_TLS
    ) as client:
        auditor = Console(client, "none")
        assert auditor.follow(KEYS).response.status_code == 403
        assert auditor.send(KEYS, {"role": "admin"}).response.status_code == 403
        assert "访问密钥" not in auditor.follow("/console").text("main")
