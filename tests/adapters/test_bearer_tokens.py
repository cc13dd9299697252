"""Which tokens are taken, and where the issuer's keys come from."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from structlog.testing import capture_logs

from adapters.access import issuer_keys
from adapters.access.bearer_tokens import BearerTokens
from adapters.access.issuer_keys import IssuerKeys
from adapters.access.verified_token import InvalidTokenError, KeysUnknownError, TokenRules, UnusableKeySourceError
from tests.support.issuer import AUDIENCE, ISSUER, Issuer, key_server, new_key
from tests.support.scripted_server import Answer, drip, raw, scripted, status

NOW: Final = datetime(2024, 1, 2, 1, 0, tzinfo=UTC)
NOW_S: Final = int(NOW.timestamp())
RULES: Final = TokenRules(issuer=ISSUER, audience=AUDIENCE, group_claim="groups", leeway_s=30)


class StandingClock:
    def now(self) -> datetime:
        return NOW


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def tokens(issuer: Issuer, tmp_path: Path) -> BearerTokens:
    return verifying(issuer.published(tmp_path / "keys.json"))


def verifying(source: Path | str) -> BearerTokens:
    return BearerTokens(RULES, IssuerKeys(str(source)), StandingClock())


def test_a_token_of_the_issuer_says_who_and_of_which_groups(issuer: Issuer, tokens: BearerTokens) -> None:
    found = tokens.verify(issuer.token(NOW_S, groups=["finance", "audit"]))
    assert (found.issuer, found.subject) == (ISSUER, "wang")
    assert found.groups == {"finance", "audit"}
    assert found.expires_at_s == NOW_S + 600 + 30


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["other", AUDIENCE]},
        {"exp": NOW_S - 29},
        {"nbf": NOW_S + 30},
        {"groups": None},
        {"groups": "finance"},
        {"groups": [1, "finance"]},
    ],
    ids=str,
)
def test_what_is_within_the_rules_is_taken(issuer: Issuer, tokens: BearerTokens, claims: dict[str, Any]) -> None:
    assert tokens.verify(issuer.token(NOW_S, **claims)).subject == "wang"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"exp": None},
        {"exp": NOW_S - 30},
        {"exp": "tomorrow"},
        {"exp": 10**400},
        {"exp": 10**30},
        {"nbf": NOW_S + 31},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "a" * 256},
        {"sub": "王\x00"},
        {"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}},
        {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}},
    ],
    ids=str,
)
def test_what_is_not_is_no_token(issuer: Issuer, tokens: BearerTokens, claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidTokenError):
        tokens.verify(issuer.token(NOW_S, **claims))


@pytest.mark.parametrize("members", ['"sub": "li", "sub": "wang"', '"sub": "wang", "x": {"a": 1, "a": 2}'])
def test_a_name_that_stands_twice_makes_it_no_token(issuer: Issuer, tokens: BearerTokens, members: str) -> None:
    claims = json.dumps({"iss": ISSUER, "aud": AUDIENCE, "exp": NOW_S + 600})[:-1] + f", {members}}}"
    key = issuer.keys[-1]
    with pytest.raises(InvalidTokenError):
        tokens.verify(jws.serialize_compact({"alg": "RS256", "kid": key.kid}, claims, key))


def test_only_a_token_that_says_it_is_one_for_access_or_nothing_is_taken(issuer: Issuer, tokens: BearerTokens) -> None:
    for fitting in ("JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"):
        assert tokens.verify(issuer.token(NOW_S, head={"typ": fitting})).subject == "wang"
    claims = json.dumps({"iss": ISSUER, "aud": AUDIENCE, "sub": "wang", "exp": NOW_S + 600})
    key = issuer.keys[-1]
    assert tokens.verify(jws.serialize_compact({"alg": "RS256", "kid": key.kid}, claims, key)).subject == "wang"
    for other in ("logout+jwt", "application/logout+jwt", "dpop+jwt", "JWS", "", "application/"):
        with pytest.raises(InvalidTokenError):
            tokens.verify(issuer.token(NOW_S, head={"typ": other}))


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(issuer: Issuer) -> str:
    _, payload, _ = issuer.token(NOW_S).split(".")
    return f"{_part({'alg': 'none'})}.{payload}."


def signed_with_the_public_key(issuer: Issuer) -> str:
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "wang", "exp": NOW_S + 600}
    content = f"{_part({'alg': 'HS256', 'kid': issuer.keys[-1].kid})}.{_part(claims)}"
    digest = hmac.new(issuer.keys[-1].as_pem(private=False), content.encode(), hashlib.sha256).digest()
    return f"{content}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def signed_by_another(issuer: Issuer) -> str:
    return Issuer([new_key(str(issuer.keys[-1].kid))]).token(NOW_S)


def with_other_claims(issuer: Issuer) -> str:
    head, _, signature = issuer.token(NOW_S).split(".")
    return f"{head}.{_part({'iss': ISSUER, 'aud': AUDIENCE, 'sub': 'li', 'exp': NOW_S + 600})}.{signature}"


def with_a_critical_header(issuer: Issuer) -> str:
    _, payload, signature = issuer.token(NOW_S).split(".")
    return f"{_part({'alg': 'RS256', 'crit': ['b65'], 'b65': 1})}.{payload}.{signature}"


def of_another_kind_of_key(_issuer: Issuer) -> str:
    return Issuer([ECKey.generate_key("P-256", {"kid": "k1"})]).token(NOW_S, algorithm="ES256")


FORGED: Final[tuple[Callable[[Issuer], str], ...]] = (
    unsigned,
    signed_with_the_public_key,
    signed_by_another,
    with_other_claims,
    with_a_critical_header,
    of_another_kind_of_key,
)


@pytest.mark.parametrize("forge", FORGED)
def test_a_forged_token_is_none(issuer: Issuer, tokens: BearerTokens, forge: Callable[[Issuer], str]) -> None:
    with pytest.raises(InvalidTokenError):
        tokens.verify(forge(issuer))


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "a.b.c", "é.é.é", "a.b.c.d.e", f"{_part({'alg': 'RS256'})}..", f"{_part([])}.e30.e30",
     f"{_part({'alg': ['RS256']})}.e30.e30", f"{_part({'kid': 7})}.e30.e30", "[" * 3000, "a" * 20_000],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_what_is_no_token_at_all_is_refused_as_one(tokens: BearerTokens, text: str) -> None:
    with pytest.raises(InvalidTokenError):
        tokens.verify(text)


def test_a_new_key_of_the_issuer_is_found_and_the_old_ones_stay_while_it_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issuer = Issuer()
    with key_server(issuer) as served:
        tokens = verifying(served.url)
        tokens.verify(issuer.token(NOW_S))
        old = issuer.token(NOW_S)
        issuer.keys.append(new_key("k2"))
        with pytest.raises(InvalidTokenError):
            # It was asked a moment ago.
            tokens.verify(issuer.token(NOW_S))
        assert served.asked == 1
        monkeypatch.setattr(issuer_keys, "READ_AGAIN_AFTER_S", 0.0)
        assert tokens.verify(issuer.token(NOW_S)).subject == "wang"
        assert served.asked == 2
        served.is_away = True
        issuer.keys.append(new_key("k3"))
        with pytest.raises(InvalidTokenError):
            tokens.verify(issuer.token(NOW_S))
        assert served.asked == 3
        assert tokens.verify(old).subject == "wang"


def test_tokens_with_a_key_that_nobody_knows_do_not_make_the_issuer_be_asked_each_time() -> None:
    issuer = Issuer()
    with key_server(issuer) as served:
        tokens = verifying(served.url)
        strangers = Issuer([new_key("k9")])
        for _ in range(5):
            with pytest.raises(InvalidTokenError):
                tokens.verify(strangers.token(NOW_S))
        assert served.asked == 1


def test_a_key_that_was_withdrawn_is_taken_no_longer_once_the_keys_are_renewed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issuer = Issuer()
    with key_server(issuer) as served:
        keys = IssuerKeys(served.url)
        tokens = BearerTokens(RULES, keys, StandingClock())
        old = issuer.token(NOW_S)
        assert tokens.verify(old).subject == "wang"
        issuer.keys[:] = [new_key("k2")]
        monkeypatch.setattr(issuer_keys, "READ_AGAIN_AFTER_S", 0.0)
        keys.renew()
        with pytest.raises(InvalidTokenError):
            tokens.verify(old)


def test_an_issuer_that_never_answered_is_told_apart_from_a_wrong_token() -> None:
    issuer = Issuer()
    with key_server(issuer) as served:
        served.is_away = True
        begin = time.monotonic()
        with pytest.raises(KeysUnknownError):
            verifying(served.url).verify(issuer.token(NOW_S))
        assert time.monotonic() - begin < 5


NO_ANSWERS: Final[dict[str, Answer]] = {
    "no HTTP": raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "nothing": raw(b""),
    "a line without end": raw(b"HTTP/1.1 200 " + b"k" * 70_000),
    "too many headers": raw(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n"),
    "half a chunk": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "elsewhere": status("302 Found", b"", "Location: http://127.0.0.1/keys"),
    "no JSON": status("200 OK", b"<html>"),
    "deep JSON": status("200 OK", b"[" * 500_000),
    "keys of no known kind": status(
        "200 OK", b'{"keys": [{"kty": "EC", "crv": "P-1", "x": "AA", "y": "AA", "kid": "k1"}]}'
    ),
}


@pytest.mark.parametrize("answer", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_whatever_the_issuers_address_answers_a_token_is_told_that_its_keys_are_not_known(
    issuer: Issuer, answer: Answer
) -> None:
    with scripted(answer) as server, pytest.raises(KeysUnknownError):
        verifying(f"{server.url}/keys").verify(issuer.token(NOW_S))


DRIPPING: Final[dict[str, Answer]] = {
    "a head": drip(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
    "a body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n", b" "),
}


@pytest.mark.parametrize("answer", DRIPPING.values(), ids=DRIPPING)
def test_an_answer_that_drips_is_given_up(issuer: Issuer, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuer_keys, "TIMEOUT_S", 0.3)
    with scripted(answer) as server:
        begin = time.monotonic()
        with pytest.raises(KeysUnknownError):
            verifying(f"{server.url}/keys").verify(issuer.token(NOW_S))
        assert time.monotonic() - begin < 2


def test_while_the_keys_are_being_read_tokens_are_verified_with_those_of_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issuer = Issuer()
    asked = threading.Event()

    def hold(_connection: socket.socket, ended: threading.Event) -> None:
        asked.set()
        ended.wait(10)

    monkeypatch.setattr(issuer_keys, "READ_AGAIN_AFTER_S", 0.0)
    with scripted(status("200 OK", issuer.key_set()), hold) as server:
        keys = IssuerKeys(f"{server.url}/keys")
        keys.renew()
        reading = threading.Thread(target=keys.renew)
        reading.start()
        assert asked.wait(10)
        begin = time.monotonic()
        with pytest.raises(InvalidTokenError):
            BearerTokens(RULES, keys, StandingClock()).verify(Issuer([new_key("k9")]).token(NOW_S))
        assert BearerTokens(RULES, keys, StandingClock()).verify(issuer.token(NOW_S)).subject == "wang"
        assert time.monotonic() - begin < issuer_keys.TIMEOUT_S
        assert reading.is_alive()
    reading.join(10)


def test_of_an_address_that_does_not_answer_only_scheme_and_host_are_logged() -> None:
    with scripted(status("503 Service Unavailable")) as server, capture_logs() as logged:
        IssuerKeys(f"{server.url}/tenant-7/keys?code=s3cret").renew()
    assert [(each["event"], each["source"]) for each in logged] == [("issuer-keys-not-read", "http://127.0.0.1")]
    assert "s3cret" not in str(logged)


@pytest.mark.parametrize("source", ["http://127.0.0.2:1/keys", "http://[::1]:1/keys", "http://localhost:1/keys"])
def test_on_this_machine_keys_may_come_without_tls(source: str) -> None:
    IssuerKeys(source)


@pytest.mark.parametrize(
    "source",
    [
        "http://login.example/keys",
        "ftp://login.example/keys",
        "https://",
        "file:///keys",
        "https://us:er@login.example/keys",
        "https://login.example:port/keys",
        "https://login.example/the keys",
        "http://127.0.0.1.example/keys",
    ],
)
def test_keys_are_not_taken_from_an_address_that_others_could_answer_for(source: str) -> None:
    with pytest.raises(UnusableKeySourceError):
        IssuerKeys(source)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"keys": []}', b'{"keys": [{"kty": "oct", "k": "AAAA"}]}', b"\xff"]
)
def test_a_file_that_holds_no_public_keys_is_refused_at_the_start(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    with pytest.raises(UnusableKeySourceError):
        IssuerKeys(str(path))
    with pytest.raises(UnusableKeySourceError):
        IssuerKeys(str(tmp_path / "none.json"))
