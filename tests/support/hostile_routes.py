"""What no route must be hurt by, made for every operation of the service's own description, whichever there are."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from tests.support.caller import JSON
from tests.support.hostile import CANARY, Sent

FORBIDDEN: Final = {
    "NUL": "\0",
    "an escape": "\x1b[2J",
    "a newline": "\r\nX-Injected: 1",
    "a bidi override": "\u202e",
    "a bidi isolate": "\u2066",
    "a mark of direction": "\u200f",
    "a zero-width space": "\u200b",
    "a byte order mark": "\ufeff",
    "a line separator": "\u2028",
    "an unassigned character": "\u0378",
    "a non-character": "\uffff",
}
"""No text may hold one of them."""
STRANGE: Final = {
    **{name: CANARY + character for name, character in FORBIDDEN.items()},
    "dots": "../../../etc/passwd",
    "SQL": f"{CANARY}' OR 1=1; DROP TABLE events; --",
    "markup": f"<script>{CANARY}</script>",
    "a template": "{{7*7}}${7*7}%(a)s{0}",
    "5,000 digits": "1" * 5_000,
    "a huge exponent": "1e400",
    "not a number": "NaN",
    "below zero": "-1",
    "digits of another script": "١٢٣",
    "a long word": CANARY * 500,
    "nothing": "",
}
OF_NO_FIELD: Final = {
    "5,000 digits": "1" * 5_000,
    "a list": "[[]]",
    "an object": f'{{"{CANARY}": 1}}',
    "a fraction": "0.1",
}
"""JSON that no field takes."""
UNDECODABLE: Final = {
    "half a character": "%ED%A0%80",
    "an overlong slash": "%C0%AF",
    "Latin-1": "%E9",
    "half an escape": "%4",
}
ACCEPTS: Final = (
    "",
    "text/html;q=0",
    "application/xml",
    "*/*;q=0",
    "a/b," * 5_000,
    ";;;,,,q=",
    "application/json;q=nan",
)
HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "Accept": ACCEPTS,
    "Accept-Language": ("zz-" + "a" * 20_000, "en;q=" + "9" * 5_000, ";" * 20_000, "en;q=1e400", "*;q=NaN"),
    "Range": ("bytes=0-0", "bytes=" + "0-1," * 5_000, "rows=-1"),
    "If-None-Match": ("*", '"' * 20_000, "W/" * 10_000, '"' + CANARY + '"'),
    "If-Modified-Since": ("Thu, 99 Foo 99999 99:99:99 GMT",),
    "Host": ("[", "a/b?c#d", "x" * 5_000, "127.0.0.1:99999", "evil.example\t"),
    "Cookie": ("a=" + "b" * 20_000,),
    "Expect": ("the unexpected",),
    "X-HTTP-Method-Override": ("DELETE",),
    "X-Forwarded-For": ("127.0.0.1, " * 500,),
    "X-Forwarded-Prefix": (f"/{CANARY}",),
    "Forwarded": (f'for="{CANARY}";proto=https',),
    "Last-Event-ID": ("-1", "1" * 5_000, CANARY),
    "Idempotency-Key": ("", "a b", "k" * 129),
    "Content-Length": ("00000000000000000000",),
    "Content-Encoding": ("gzip", "br, gzip", "identity, gzip"),
    "Content-Type": ("application/json; charset=utf-16", "application/json;charset=GBK", "text/json"),
    "Connection": ("close, Content-Type, Idempotency-Key", "Upgrade"),
}
METHODS: Final = ("DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND")


def hostile_requests(document: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Sent]:
    """Requests to every operation of an OpenAPI document; `names` fill the addresses where nothing else is meant."""
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method.lower() not in operations:
                yield Sent(f"{method} {path}", method, filled(path, names))
        for method, operation in operations.items():
            yield from to_operation(method.upper(), path, operation, names)
            if "requestBody" in operation:
                yield from bodies(document, path, operation, names)


def to_operation(method: str, path: str, operation: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Sent]:
    target = filled(path, names)
    shown = f"{method} {path}"
    queried = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]
    for what, text in [*((what, quote(text, safe="")) for what, text in STRANGE.items()), *UNDECODABLE.items()]:
        for name in in_path(path):
            yield Sent(f"{shown}: {name} is {what}", method, filled(path, {**names, name: text}))
        for name in queried:
            yield Sent(f"{shown}: {name} is {what}", method, f"{target}?{name}={text}")
        yield Sent(f"{shown}: a parameter named {what}", method, f"{target}?{text}=1")
    for name in queried:
        yield Sent(f"{shown}: {name} twenty times", method, f"{target}?" + "&".join([f"{name}=1"] * 20))
    yield Sent(f"{shown}: 2,000 parameters", method, f"{target}?{'a=1&' * 2_000}")
    for name, values in HEADERS.items():
        for number, value in enumerate(values):
            yield Sent(f"{shown}: {name} {number}", method, target, {**JSON, name: value})


def bodies(
    document: Mapping[str, Any], path: str, operation: Mapping[str, Any], names: Mapping[str, str]
) -> Iterator[Sent]:
    """A body for each field: each forbidden character in texts, and values of every other type."""
    (media_type,) = operation["requestBody"]["content"].values()
    target = filled(path, names)
    for pointer, schema in fields_of(document, media_type["schema"], ()):
        texts = {what: json.dumps(CANARY + character) for what, character in FORBIDDEN.items()}
        values = {**(texts if schema.get("type") == "string" else {}), **OF_NO_FIELD}
        for what, value in values.items():
            yield Sent(f"POST {path}: {'/'.join(pointer)} is {what}", "POST", target, JSON, nested(pointer, value))
    for what, text in {"NaN": "NaN", "1e400": "1e400", "an endless number": "9" * 100_000}.items():
        yield Sent(f"POST {path}: {what}", "POST", target, JSON, b'{"amount": ' + text.encode() + b"}")
    yield Sent(f"POST {path}: 60,000 levels", "POST", target, JSON, b'{"a":' * 60_000)
    yield Sent(f"POST {path}: a field twice", "POST", target, JSON, b'{"name": "a", "name": "b"}')
    yield Sent(f"POST {path}: compressed", "POST", target, {**JSON, "Content-Encoding": "gzip"}, bytes(1_000))


def fields_of(
    document: Mapping[str, Any], schema: Mapping[str, Any], parents: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """The pointer and the schema of every field of an object, and of the objects in it; items of lists are left out."""
    for name, each in resolved(document, schema).get("properties", {}).items():
        inner = resolved(document, next((one for one in each.get("anyOf", ()) if one.get("type") != "null"), each))
        yield (*parents, name), inner
        yield from fields_of(document, inner, (*parents, name))


def resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def nested(pointer: tuple[str, ...], text: str) -> bytes:
    for name in reversed(pointer):
        text = f'{{"{name}": {text}}}'
    return text.encode()


def in_path(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def filled(path: str, names: Mapping[str, str]) -> str:
    for name in in_path(path):
        path = path.replace(f"{{{name}}}", names[name])
    return path
