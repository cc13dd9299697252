"""Behind a reverse proxy a caller's address is what the proxy says, where the settings name it; else it is the peer."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from api.callers import FAILURES_AT_ONCE
from api.forwarded import told_address
from api.settings import Settings
from domain.access_log import AccessQuery
from tests.support.caller import problem
from tests.support.identified import bearing, identifying_server
from tests.support.server import RunningServer

WRONG = bearing("ft_aaaaaaaaaaaa_" + "A" * 43)
PROXY = "10.0.0.5"


def addresses(server: RunningServer) -> list[str | None]:
    """Where those came from who were turned away, oldest first."""
    records = server.services.access_log.page(AccessQuery(limit=1_000)).records
    return [record.entry.address for record in records]


def test_the_address_that_the_named_proxy_tells_is_recorded_and_counted(sqlite_url: str) -> None:
    with identifying_server(sqlite_url, trusted_proxy="127.0.0.0/8") as server:

        def fails(told: str) -> int:
            return server.client.get("/v1/ledgers", headers=WRONG | {"X-Forwarded-For": told}).status_code

        # The end is the proxy's; what stands before it changes nothing.
        answers = [fails(f"203.0.113.{number}, 198.51.100.7") for number in range(FAILURES_AT_ONCE + 1)]
        assert answers == [401] * FAILURES_AT_ONCE + [429]
        assert fails("198.51.100.8") == 401
        assert addresses(server) == ["198.51.100.7"] * len(answers) + ["198.51.100.8"]


@pytest.mark.parametrize("trusted_proxy", ["", PROXY])
def test_of_anybody_else_the_header_counts_for_nothing(sqlite_url: str, trusted_proxy: str) -> None:
    with identifying_server(sqlite_url, trusted_proxy=trusted_proxy) as server:
        problem(server.client.get("/v1/ledgers", headers={"X-Forwarded-For": "198.51.100.7"}), 401, "unauthenticated")
        assert addresses(server) == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("values", "address"),
    [
        (["198.51.100.7"], "198.51.100.7"),
        (["203.0.113.1", "203.0.113.2 ,  198.51.100.7 "], "198.51.100.7"),
        (["2001:DB8::7"], "2001:db8::7"),
        (["::ffff:198.51.100.7"], "198.51.100.7"),
        (["fe80::7%<script>"], "fe80::7"),
        (["198.51.100.7, unknown"], PROXY),
        (["198.51.100.7,"], PROXY),
        (["198.51.100.7:8080"], PROXY),
        (["198.51.100.7\u00e9"], PROXY),
        ([], PROXY),
    ],
)
def test_only_the_end_of_the_header_counts_and_only_as_an_address(values: list[str], address: str) -> None:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in values]
    assert told_address(PROXY, [(b"host", b"x"), *headers], PROXY) == address


def test_a_peer_is_known_in_each_of_its_forms() -> None:
    headers = [(b"x-forwarded-for", b"198.51.100.7")]
    assert told_address(f"::ffff:{PROXY}", headers, PROXY) == "198.51.100.7"
    assert told_address(f"::ffff:{PROXY}", headers, "") == PROXY
    assert told_address("fe80::1%eth0", headers, "fe80::1") == "198.51.100.7"
    # A Unix socket has no address.
    assert told_address("", headers, PROXY) == ""


@pytest.mark.parametrize("wrong", ["proxy.example", "10.0.0.5/8", "10.0.0.5,10.0.0.6", "0.0.0.0/0", "::/0"])
def test_a_setting_that_names_no_proxy_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError, match="trusted_proxy"):
        Settings.model_validate({"trusted_proxy": wrong})


def test_every_worker_is_given_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for text in ("", PROXY):
        for name, value in Settings.model_validate({"trusted_proxy": text}).as_environment().items():
            monkeypatch.setenv(name, value)
        assert Settings().trusted_proxy == text
