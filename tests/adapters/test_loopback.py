"""Which hosts are this machine alone."""

import pytest

from adapters.loopback import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost", "LocalHost"])
def test_a_loopback_address_is_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "0.0.0.0", "192.168.1.10", "::", "[::1]", "example.org", "127.0.0.1.example.org", "localhost.", "2130706433"],  # noqa: S104 (it is none)
)
def test_nothing_else_is(host: str) -> None:
    assert not is_loopback(host)
