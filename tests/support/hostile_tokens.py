"""Texts that look like bearer tokens of an issuer, more or less, and are none."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey

from tests.support.hostile import CANARY
from tests.support.issuer import AUDIENCE, ISSUER, Issuer, new_key

Named = Iterator[tuple[str, str]]

_DEEP: Final = 900
"""Levels whose head is still short enough to be read."""
_KEY_IDS: Final[dict[str, Any]] = {
    "a path": "../../../../etc/passwd",
    "the address of a file": f"file:///{CANARY}",
    "an address": f"http://127.0.0.1:1/{CANARY}",
    "SQL": f"{CANARY}' OR 1=1; --",
    "a NUL": f"k1\0{CANARY}",
    "half a character": "\ud800",
    "a command": f"$(touch {CANARY})",
    "3,000 letters": "k" * 3_000,
    "nothing": "",
    "a number": 7,
    "true": True,
    "null": None,
    "a list": ["k1"],
    "an object": {"kid": "k1"},
}
_HEADS: Final[dict[str, bytes]] = {
    "no object": b'["RS256"]',
    "a text": b'"RS256"',
    "a number": b"1e400",
    "null": b"null",
    "nothing": b"",
    "half a text": b'{"alg": "RS2',
    "not UTF-8": b'{"alg": "\xff"}',
    "a byte order mark": b'\xef\xbb\xbf{"alg": "RS256"}',
    "a digit too many": b'{"alg": "RS256", "n": ' + b"9" * 2_900 + b"}",
    "lists in lists": b'{"alg": ' + b"[" * _DEEP + b"]" * _DEEP + b"}",
    "lists that never end": b"[" * 2_900,
    "objects that never end": b'{"a":' * 580,
    "a head of 20,000 bytes": json.dumps({"alg": "RS256", "x": CANARY * 4_000}).encode(),
    "an algorithm twice": b'{"alg": "none", "alg": "RS256", "kid": "k1"}',
}
_ALGORITHMS: Final[tuple[Any, ...]] = (
    *("none", "None", "nOnE", "", "HS384", "RSA1_5", "A128KW", "dir", "ES256", "EdDSA", "RS1", CANARY, "RS256\0"),
    *(None, 256, True, ["RS256"], {"alg": "RS256"}),
)
_FORMS: Final = {
    "a dot": ".",
    "two dots": "..",
    "three dots": "...",
    "10,000 dots": "." * 10_000,
    "dots and letters": "a." * 7_000,
    "two parts": f"{CANARY}.{CANARY}",
    "five parts": f"e30.{CANARY}.e30.e30.e30",
    "letters that are no base64": "!!!.???.***",
    "padding": "e30=.e30=.e30=",
    "a JSON": f'{{"token":"{CANARY}"}}',
    "5,000 letters without a dot": "a" * 5_000,
    "17,000 letters": f"{'a' * 8_500}.{'b' * 8_500}.",
}


def hostile_tokens(issuer: Issuer, now_s: int) -> Named:
    """By name, tokens of every kind that a stranger could send, and of some that the issuer never should."""
    yield from ((f"a token of {name}", text) for name, text in _FORMS.items())
    stranger = new_key("k1")
    claims = json.dumps(_claims(now_s)).encode()
    for algorithm in _ALGORITHMS:
        head = _head(alg=algorithm)
        yield f"algorithm {algorithm!r}", _signed(stranger, head, claims)
        yield f"algorithm {algorithm!r}, no signature", f"{_part(head)}.{_part(claims)}."
    yield "a public key as a secret", _signed_with_the_public_key(issuer, claims)
    for name, key_id in _KEY_IDS.items():
        yield f"key id: {name}", _signed(stranger, _head(kid=key_id), claims)
    for name, more in _pointing_to(stranger).items():
        yield f"a head that names {name}", _signed(stranger, _head(**more), claims)
    for name, head in _HEADS.items():
        yield f"the head of a token: {name}", _signed(stranger, head, claims)
    yield from _wrongly_signed(issuer, claims)
    for name, wrong in _wrong_claims(now_s).items():
        yield f"a signed token: {name}", _signed(_key_of(issuer), _head(), wrong)


def _claims(now_s: int, **more: Any) -> dict[str, Any]:
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": f"{CANARY}-person", "exp": now_s + 600, "groups": ["finance"]}
    return usual | more


def _head(**more: Any) -> bytes:
    return json.dumps({"alg": "RS256", "kid": "k1", "typ": "JWT"} | more).encode()


def _pointing_to(stranger: RSAKey) -> dict[str, dict[str, Any]]:
    """Heads that tell the reader by which key, or how, to verify them."""
    return {
        "its own key": {"jwk": stranger.as_dict(private=False)},
        "where its key is": {"jku": f"http://127.0.0.1:1/{CANARY}"},
        "a certificate": {"x5c": [CANARY], "x5u": "file:///etc/passwd"},
        "what must be understood": {"crit": ["b64", CANARY], "b64": False},
        "a compression": {"zip": "DEF"},
        "a token inside": {"cty": "JWT"},
        "an encryption": {"enc": "A256GCM"},
    }


def _wrongly_signed(issuer: Issuer, claims: bytes) -> Named:
    good = _signed(_key_of(issuer), _head(), claims)
    head, payload, signature = good.split(".")
    yield "no signature", f"{head}.{payload}."
    yield "half of a signature", f"{head}.{payload}.{signature[:100]}"
    yield "a signature of zeros", f"{head}.{payload}.{'A' * len(signature)}"
    yield "a signature of 10,000 letters", f"{head}.{payload}.{'A' * 10_000}"
    yield "the signature of other claims", f"{head}.{_part(claims.replace(b'finance', b'auditor'))}.{signature}"
    yield "a signature and something after it", f"{good}.{CANARY}"


def _wrong_claims(now_s: int) -> dict[str, bytes]:
    """What the issuer never says, though it has its signature."""
    said: dict[str, dict[str, Any]] = {
        "a subject that is a number": {"sub": 7},
        "a subject with a NUL": {"sub": f"{CANARY}\0"},
        "a subject of half a character": {"sub": f"{CANARY}\ud800"},
        "a subject that turns the text round": {"sub": f"\u202e{CANARY}"},
        "a subject of 5,000 letters": {"sub": CANARY * 1_000},
        "an audience in lists": {"aud": [[AUDIENCE]]},
        "another issuer": {"iss": f"{ISSUER}/"},
        "an end long ago": {"exp": 0},
        "an end that is a text": {"exp": str(now_s + 600)},
        "an end beyond all clocks": {"exp": 10**400},
        "an end that is no number": {"exp": float("nan")},
        "an end that never comes": {"exp": float("inf")},
        "a beginning that never comes": {"nbf": 10**400},
    }
    texts = {name: json.dumps(_claims(now_s, **more)).encode() for name, more in said.items()}
    return texts | {
        "no object": b"[]",
        "nothing": b"",
        "not UTF-8": b'{"sub": "\xff"}',
        "lists that never end": b"[" * 9_000,
        "objects in objects": b'{"a":' * 1_500 + b"1" + b"}" * 1_500,
        "5,000 digits": b'{"exp": ' + b"9" * 5_000 + b"}",
    }


def _signed_with_the_public_key(issuer: Issuer, claims: bytes) -> str:
    content = f"{_part(_head(alg='HS256'))}.{_part(claims)}"
    digest = hmac.new(_key_of(issuer).as_pem(private=False), content.encode(), hashlib.sha256).digest()
    return f"{content}.{_part(digest)}"


def _signed(key: RSAKey, head: bytes, claims: bytes) -> str:
    """A token whose signature is right for exactly these bytes, whatever they say."""
    content = f"{_part(head)}.{_part(claims)}"
    assert key.private_key is not None
    return f"{content}.{_part(key.private_key.sign(content.encode(), PKCS1v15(), SHA256()))}"


def _key_of(issuer: Issuer) -> RSAKey:
    key = issuer.keys[-1]
    assert isinstance(key, RSAKey)
    return key


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
