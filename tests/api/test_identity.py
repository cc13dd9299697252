"""Who is let in, for how long, and what is said to those who are not."""

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from adapters.access.api_keys import ApiKey, ApiKeys, MadeKey, NewKey, hash_of
from adapters.clock import SystemClock
from adapters.database import Database, open_database
from api import callers
from api.app import create_app
from api.callers import FAILURES_AT_ONCE, KEY_REMEMBERED_S, Callers
from api.denied import Unauthenticated
from api.guard import UnguardedRouteError, guard_routes
from domain.access import Grant, Role
from domain.ports import Clock
from tests.support.attacks_on_keys import INVENTED, SECRET, STRANGER
from tests.support.caller import problem
from tests.support.identified import bearing, by, client_with, identifying_server, made_key, open_founded
from tests.support.issuer import AUDIENCE, ISSUER, Issuer
from tests.support.server import BEGIN, RunningServer

GRANTS: Final = """
[[grant]]
group = "finance"
role = "approver"
ledgers = ["tokens"]

[[grant]]
group = "town"
role = "clerk"
ledgers = ["tokens"]
units = ["U1"]
"""


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("identity")
    (folder / "grants.toml").write_text(GRANTS, encoding="utf-8")
    with identifying_server(
        f"sqlite:///{folder}/fundtrail.db",
        oidc_issuer=ISSUER,
        oidc_audience=AUDIENCE,
        oidc_keys=str(issuer.published(folder / "keys.json")),
        oidc_grants=str(folder / "grants.toml"),
    ) as running:
        yield running


@pytest.fixture
def admin(server: RunningServer) -> Iterator[httpx.Client]:
    with client_with(server, made_key(server, Role.ADMIN).text) as client:
        yield client


@pytest.fixture(autouse=True)
def forgiven(server: RunningServer) -> None:
    """Every test begins without failures of its address."""
    server.services.callers._failures._buckets.clear()


def unauthenticated(answer: httpx.Response) -> None:
    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_an_application_with_a_route_that_names_no_right_is_not_made(server: RunningServer) -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    async def show() -> Response:
        return Response()

    app.add_api_route("/v1/secrets", show, name="secrets")
    with pytest.raises(UnguardedRouteError, match="secrets"):
        guard_routes(app.router.routes)
    assert create_app(server.services).routes


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Basic dXNlcjpwYXNz", "ft_x", "Bearer ft_aaaaaaaaaaaa_" + "A" * 43, "Bearer a.b.c"],
)
def test_what_is_no_valid_credential_is_refused_without_saying_why(server: RunningServer, header: str) -> None:
    unauthenticated(server.client.get("/v1/ledgers", headers={"Authorization": header}))


def test_a_key_that_was_written_into_the_database_opens_nothing(server: RunningServer, admin: httpx.Client) -> None:
    with server.services.database.access_writer.begin() as connection:
        connection.execute(text(INVENTED.format("")), {"hash": hash_of(SECRET)})
    unauthenticated(server.client.get("/v1/me", headers=bearing(f"ft_{STRANGER}_{SECRET}")))
    listed = next(key for key in admin.get("/v1/keys").json()["items"] if key["key_id"] == STRANGER)
    assert (listed["as_recorded"], listed["usable"]) == (False, False)
    revoked = admin.post(f"/v1/keys/{STRANGER}/revocation").json()
    assert (revoked["as_recorded"], revoked["revoked_at"] is None) == (False, False)


def test_a_secret_of_another_key_is_no_credential(server: RunningServer) -> None:
    one, other = made_key(server, Role.VIEWER).text, made_key(server, Role.VIEWER).text
    mixed = one[: len("ft_aaaaaaaaaaaa_")] + other[len("ft_aaaaaaaaaaaa_") :]
    unauthenticated(server.client.get("/v1/ledgers", headers=bearing(mixed)))
    assert server.client.get("/v1/ledgers", headers=bearing(one)).status_code == 200


def test_the_word_bearer_is_taken_in_any_case(server: RunningServer) -> None:
    text = made_key(server, Role.VIEWER).text
    assert server.client.get("/v1/ledgers", headers={"Authorization": f"bEARER {text}"}).status_code == 200


def test_a_revocation_in_another_process_works_within_a_second(server: RunningServer) -> None:
    made = made_key(server, Role.VIEWER)
    with client_with(server, made.text) as client:
        assert client.get("/v1/ledgers").status_code == 200
        revoked_at_s = revoke_elsewhere(server, made)
        asked_after_s = 0.0
        while client.get("/v1/ledgers").status_code == 200:
            assert asked_after_s <= KEY_REMEMBERED_S
            asked_after_s = time.monotonic() - revoked_at_s


def revoke_elsewhere(server: RunningServer, made: MadeKey) -> float:
    """When it was revoked by somebody with a connection of their own to the database."""
    database = open_database(server.services.settings.database_url)
    try:
        ApiKeys(database, SystemClock()).revoke(made.key.key_id, by("local"))
    finally:
        database.dispose()
    return time.monotonic()


def test_a_revocation_over_http_works_at_once(server: RunningServer, admin: httpx.Client) -> None:
    made = made_key(server, Role.VIEWER)
    with client_with(server, made.text) as client:
        assert client.get("/v1/ledgers").status_code == 200
        answer = admin.post(f"/v1/keys/{made.key.key_id}/revocation")
        assert answer.json()["usable"] is False
        unauthenticated(client.get("/v1/ledgers"))
    again = admin.post(f"/v1/keys/{made.key.key_id}/revocation")
    assert again.json() == answer.json()


class SlowKeys(ApiKeys):
    """Keys that were read and do not arrive yet, as from a slow database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self.are_read, self.may_arrive = threading.Event(), threading.Event()

    @override
    def find(self, key_id: str) -> ApiKey | None:
        found = super().find(key_id)
        self.are_read.set()
        assert self.may_arrive.wait(10)
        return found


def test_a_key_that_was_looked_up_while_it_was_revoked_is_not_remembered(server: RunningServer) -> None:
    keys = SlowKeys(server.services.database, server.services.clock)
    asked = Callers(keys, server.services.clock, None, is_open=False)
    made = made_key(server, Role.VIEWER)
    scope: dict[str, Any] = {
        "type": "http",
        "headers": [(b"authorization", f"Bearer {made.text}".encode())],
        "client": ("10.1.1.1", 1),
        "app": SimpleNamespace(state=SimpleNamespace(services=server.services)),
    }

    async def revoked_meanwhile() -> None:
        under_way = asyncio.create_task(asked.caller(Request(scope)))
        assert await asyncio.to_thread(keys.are_read.wait, 10)
        keys.revoke(made.key.key_id, by("local"))
        asked.forget(made.key.subject)
        keys.may_arrive.set()
        # It was asked before the revocation, and may be answered so.
        assert (await under_way).subject == made.key.subject
        with pytest.raises(Unauthenticated):
            await asked.caller(Request(scope))

    asyncio.run(revoked_meanwhile())


def test_a_key_is_good_until_it_expires(server: RunningServer) -> None:
    now = server.services.clock.now()
    new = NewKey(grant=Grant(role=Role.VIEWER), expires_at=now + timedelta(seconds=1))
    made = made_key(server, Role.VIEWER, new=new)
    # Each reading of the test's clock is a second after the one before.
    unauthenticated(server.client.get("/v1/ledgers", headers=bearing(made.text)))


def test_a_key_is_told_once_and_says_what_it_may(admin: httpx.Client) -> None:
    wanted = {
        "role": "clerk",
        "ledgers": ["a"],
        "units": ["U2", "U1"],
        "label": "cashier-1",
        "expires_at": "9999-12-31",
    }
    answer = admin.post("/v1/keys", json=wanted)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    assert made["key"].startswith(f"ft_{made['key_id']}_")
    expected = {
        "role": "clerk", "ledgers": ["a"], "units": ["U1", "U2"], "label": "cashier-1",
        "expires_at": "9999-12-31T23:59:59.999999Z", "revoked_at": None, "usable": True,
    }  # fmt: skip
    assert {name: made[name] for name in expected} == expected
    listed = next(key for key in admin.get("/v1/keys").json()["items"] if key["key_id"] == made["key_id"])
    assert listed == {name: value for name, value in made.items() if name != "key"}


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/role", "missing"),
        ({"role": "king"}, "/role", "choice"),
        ({"role": "admin", "ledgers": ["a"]}, "/role", "grant"),
        ({"role": "approver", "ledgers": ["a"], "units": ["U1"]}, "/role", "grant"),
        ({"role": "clerk", "units": ["U1"]}, "/role", "grant"),
        ({"role": "clerk", "ledgers": []}, "/ledgers", "empty"),
        ({"role": "clerk", "ledgers": ["a b"]}, "/ledgers/0", "pattern"),
        ({"role": "clerk", "label": "王小明"}, "/label", "pattern"),
        ({"role": "clerk", "expires_at": "2020-01-01"}, "/expires_at", "past"),
        ({"role": "clerk", "expires_at": "9999-12-32"}, "/expires_at", "instant-or-date"),
        ({"role": "clerk", "expires_at": "soon"}, "/expires_at", "instant-or-date"),
        ({"role": "clerk", "name": "x"}, "/name", "unknown-field"),
    ],
    ids=str,
)
def test_a_key_that_can_mean_nothing_is_not_made(
    admin: httpx.Client, body: dict[str, Any], pointer: str, code: str
) -> None:
    document = problem(admin.post("/v1/keys", json=body), 422, "invalid-body")
    assert [(each["pointer"], each["code"]) for each in document["errors"]] == [(pointer, code)]


def test_a_key_that_is_not_there_cannot_be_revoked(admin: httpx.Client) -> None:
    for key_id in ("aaaaaaaaaaaa", "%00", "x" * 300):
        problem(admin.post(f"/v1/keys/{key_id}/revocation"), 404, "unknown-key")


def test_the_actor_of_an_entry_is_who_was_let_in_and_in_which_role(server: RunningServer) -> None:
    made = made_key(server, Role.APPROVER, "signed")
    with client_with(server, made.text) as client:
        caller = open_founded(client, "signed")
        actors = [event["actor"] for event in caller.read("/events")["items"]]
    expected = {"subject": f"key:{made.key.key_id}", "issuer": None, "role": "approver"}
    assert actors == [expected] * 6


def test_only_the_ledgers_of_a_grant_are_listed(server: RunningServer) -> None:
    with client_with(server, made_key(server, Role.APPROVER).text) as client:
        for ledger_id in ("mine", "yours"):
            open_founded(client, ledger_id)
    with client_with(server, made_key(server, Role.VIEWER, "mine", "not-there-yet").text) as client:
        assert [each["ledger_id"] for each in client.get("/v1/ledgers").json()["items"]] == ["mine"]
        refused = [client.get(f"/v1/ledgers/{each}/events") for each in ("yours", "nobodys", "%00", "a" * 100)]
        for answer in refused:
            problem(answer, 403, "forbidden")
        assert len({answer.content for answer in refused}) == 1


def test_a_stream_ends_when_its_key_is_revoked(server: RunningServer, admin: httpx.Client) -> None:
    with client_with(server, made_key(server, Role.APPROVER, "streamed").text) as client:
        open_founded(client, "streamed")
    made = made_key(server, Role.AUDITOR, "streamed")
    with client_with(server, made.text) as client, client.stream("GET", "/v1/ledgers/streamed/events/stream") as stream:
        assert stream.status_code == 200
        lines = stream.iter_lines()
        next(lines)
        begin_s = time.monotonic()
        admin.post(f"/v1/keys/{made.key.key_id}/revocation")
        for _ in lines:
            pass
        assert time.monotonic() - begin_s < 5


def tokens_of(issuer: Issuer, server: RunningServer, **claims: Any) -> str:
    return issuer.token(server.services.clock.now().timestamp() + 60, **claims)


def test_a_token_of_the_issuer_lets_its_groups_in_and_is_recorded_under_a_pseudonym(
    server: RunningServer, issuer: Issuer
) -> None:
    with client_with(server, tokens_of(issuer, server, sub="wang-xiaoming")) as client:
        caller = open_founded(client, "tokens")
        actor = caller.read("/events/1")["actor"]
        events = client.get(f"{caller.base}/events")
    assert (actor["issuer"], actor["role"]) == (ISSUER, "approver")
    assert actor["subject"].startswith("oidc:")
    assert "wang" not in events.text
    person = server.services.callers.token_source
    assert person is not None
    found = person.pseudonyms.find(actor["subject"])
    assert found is not None
    assert found.subject == "wang-xiaoming"


def test_a_token_gives_no_more_than_its_groups_do(server: RunningServer, issuer: Issuer) -> None:
    with client_with(server, tokens_of(issuer, server, groups=["choir"])) as client:
        problem(client.get("/v1/ledgers"), 403, "forbidden")
        problem(client.get("/metrics"), 403, "forbidden")
        assert client.get("/v1/me").json()["grants"] == []
    with client_with(server, tokens_of(issuer, server, groups=["town"])) as client:
        assert client.get("/metrics").status_code == 200
        problem(client.get("/v1/ledgers/tokens/events"), 403, "forbidden")
        problem(client.get("/v1/keys"), 403, "forbidden")


def test_a_token_is_good_until_its_end(server: RunningServer, issuer: Issuer) -> None:
    unauthenticated(server.client.get("/v1/ledgers", headers=bearing(issuer.token(BEGIN.timestamp() - 3600))))


def test_after_too_many_failures_an_address_is_told_to_wait_and_a_valid_key_is_taken(server: RunningServer) -> None:
    key = made_key(server, Role.VIEWER).text
    fail_too_often(server)
    # The first request with it, and so not one that was remembered.
    assert server.client.get("/v1/ledgers", headers=bearing(key)).status_code == 200


def test_after_too_many_failures_a_token_that_was_verified_before_is_taken_and_others_are_not_verified(
    server: RunningServer, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, new = tokens_of(issuer, server), tokens_of(issuer, server, sub="li")
    assert server.client.get("/metrics", headers=bearing(known)).status_code == 200
    fail_too_often(server)
    problem(server.client.get("/metrics", headers=bearing(new)), 429, "too-many-failures")
    assert server.client.get("/metrics", headers=bearing(known)).status_code == 200
    # Also when it has to be verified anew.
    monkeypatch.setattr(callers, "TOKEN_REMEMBERED_S", 0.0)
    remembered = server.services.callers._remembered
    remembered[callers._digest_of(known)] = remembered[callers._digest_of(known)]._replace(until_s=0.0)
    assert server.client.get("/metrics", headers=bearing(known)).status_code == 200


def test_after_too_many_failures_without_any_credential_it_is_told_that_one_is_needed(server: RunningServer) -> None:
    fail_too_often(server)
    unauthenticated(server.client.get("/v1/ledgers"))


def test_after_too_many_failures_it_can_try_again_after_the_time_that_it_was_told(server: RunningServer) -> None:
    waiting_s = fail_too_often(server)
    assert 1 <= waiting_s <= callers.FAILURE_EVERY_S


def fail_too_often(server: RunningServer) -> int:
    """Shows invalid keys until the address is told to wait; for how many seconds."""
    wrong = bearing("ft_aaaaaaaaaaaa_" + "A" * 43)
    for _ in range(FAILURES_AT_ONCE):
        unauthenticated(server.client.get("/v1/ledgers", headers=wrong))
    answer = server.client.get("/v1/ledgers", headers=wrong)
    document = problem(answer, 429, "too-many-failures")
    assert int(answer.headers["retry-after"]) == document["retry_after_s"]
    return int(document["retry_after_s"])


def test_the_document_says_which_credential_each_address_takes(server: RunningServer) -> None:
    document = server.client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    open_paths = {
        path
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if operation["security"] == []
    }
    assert open_paths == {"/v1/setup", "/healthz", "/readyz"}
    for path in document["paths"].keys() - open_paths:
        for operation in document["paths"][path].values():
            assert operation["security"] == [{"bearer": []}]
            assert {"401", "403", "429"} <= operation["responses"].keys()


def test_a_caller_is_told_who_it_is_and_what_each_grant_gives(server: RunningServer) -> None:
    with client_with(server, made_key(server, Role.CLERK, "qingshi", units=("U1",)).text) as client:
        told = client.get("/v1/me").json()
    grant = {"role": "clerk", "ledgers": ["qingshi"], "units": ["U1"], "rights": ["read-lines", "record"]}
    assert (told["issuer"], told["local"], told["grants"]) == (None, False, [grant])
    assert told["subject"].startswith("key:")
