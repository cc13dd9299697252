"""Input that must be refused: for each what is sent, and what must be answered."""

import json
from collections.abc import Iterator
from typing import Any, Final

from tests.support.caller import (
    ALLOCATION,
    APPROPRIATION,
    DISBURSEMENT,
    EVALUATION,
    JSON,
    LATER,
    PROJECT,
    SPRING,
    UNIT,
)
from tests.support.hostile import CANARY, MIB, SOME_ID, Hostile, Row
from tests.support.hostile_custody import DIGESTS, ERASURES


def sending(name: str, text: str, pointer: str, *, base: dict[str, Any] = DISBURSEMENT, at: str = "") -> Hostile:
    """A body in which the value at the pointer is this JSON text."""
    segments = pointer.strip("/").split("/")
    members = {**base}
    target: Any = members
    for segment in segments[:-1]:
        target = target.setdefault(segment, {})
    target[segments[-1]] = CANARY
    body = json.dumps(members).replace(json.dumps(CANARY), text).encode("utf-8")
    path = at or {id(UNIT): "/units", id(ALLOCATION): "/allocations", id(APPROPRIATION): "/appropriations"}.get(
        id(base), "/disbursements"
    )
    return Hostile(name, 422, "invalid-body", pointer, path=path, body=body)


def malformed(name: str, body: bytes, code: str, status: int = 400, pointer: str | None = None) -> Hostile:
    return Hostile(name, status, code, pointer, body=body)


def asking(name: str, path: str, pointer: str, status: int = 422, code: str = "invalid-parameter") -> Hostile:
    return Hostile(name, status, code, pointer, path=path, method="GET", headers={})


def reading(name: str, path: str, code: str) -> Hostile:
    return Hostile(name, 404, code, path=path, method="GET", headers={})


AMOUNTS: Final = {
    "a number": "100",
    "a fraction": "0.1",
    "NaN": "NaN",
    "Infinity": "Infinity",
    "Infinity below zero": "-Infinity",
    "a number beyond exactness": "12345678901234567.89",
    "1e400": "1e400",
    "minus 1e400": "-1e400",
    "5,000 digits": "1" * 5_000,
    "a million digits": "9" * 1_000_000,
    "true": "true",
    "null": "null",
    "a list": '["1"]',
    "an object": '{"yuan": "1"}',
    "empty text": '""',
    "text of NaN": '"NaN"',
    "text of Infinity": '"Infinity"',
    "text of -0": '"-0"',
    "zero": '"0"',
    "zero with decimals": '"0.00"',
    "a minus": '"-1.00"',
    "a plus": '"+1.00"',
    "an exponent": '"1e3"',
    "a huge exponent": '"1E+1000000"',
    "three decimals": '"1.005"',
    "no digit after the point": '"1."',
    "no digit before the point": '".5"',
    "a leading zero": '"01"',
    "separators": '"1,000.00"',
    "underscores": '"1_000"',
    "spaces": '" 1 "',
    "a trailing newline": '"1\\n"',
    "full-width digits": '"１２３"',
    "Arabic digits": '"١٢٣"',
    "a full-width point": '"1．00"',
    "Chinese numerals": '"一百"',
    "hexadecimal": '"0x10"',
    "14 digits": '"12345678901234"',
    "a currency sign": '"￥1.00"',
    "a formula": '"=1+1"',
    "a NUL inside": '"1\\u0000"',
    "a lone surrogate": '"\\ud800"',
    "wan without saying so": '"1万"',
}
TEXTS: Final = {
    "NUL": "\\u0000",
    "a bell": "\\u0007",
    "a newline": "\\n",
    "delete": "\\u007f",
    "a C1 control": "\\u0085",
    "a bidi override": "\\u202e",
    "a bidi isolate": "\\u2066",
    "a line separator": "\\u2028",
    "a lone high surrogate": "\\ud83d",
    "a lone low surrogate": "\\udc00",
    "an unassigned character": "\\u0378",
    "a zero-width space": "\\u200b",
    "a byte order mark": "\\ufeff",
    "a tag": "\\udb40\\udc41",
}
DATES: Final = {
    "a number": "20230301",
    "null": "null",
    "a time": '"2023-03-01T00:00:00Z"',
    "no such day": '"2023-02-30"',
    "month 13": '"2023-13-01"',
    "year zero": '"0000-01-01"',
    "one-digit month": '"2023-3-1"',
    "compact": '"20230301"',
    "week": '"2023-W09-3"',
    "slashes": '"2023/03/01"',
    "full-width": '"２０２３-03-01"',
    "trailing newline": '"2023-03-01\\n"',
    "a word": '"today"',
}
PARAMETERS: Final = {
    "as_of": ["2023-02-30", "20230301", "", "%00", "%F0%28", "today"],
    "known_at": ["2023-02-30", "2023-03-01T00:00:00", "2023-03-01T25:00:00Z", "2023-03-01T00:00:00%2B08:00", "1e9"],
    "at_position": ["-1", "1.0", "1e3", "abc", "%EF%BC%91", "99999999999999999999", "0x1", "+1", "007", "7"],
    "limit": ["0", "1001", "-1", "ten", "1e2", "", "%00"],
    "sort": ["nothing", "--name", "name;drop", "%27", ""],
    "cursor": ["x", "%00", "e30", "a" * 5_000, "AAAA" * 40],
    "category": ["%00", "", "%E2%80%AE", "x" * 1_001],
    "start_year": ["abc", "-1", "99999", "2023.0"],
    "recurrence": ["never"],
    "score": ["1e2", "89.999", "%00"],
    "filter[name]": ["x"],
    "as_of[]": ["2023-01-01"],
}


CHANGING: Final = {"effective_date": SPRING, "project_id": "P1", "reason": "调整"}
AMENDMENTS: Final[list[Row]] = [
    (name, "/project-amendments", CHANGING | {"changes": changes}, pointer)
    for name, changes, pointer in [
        ("no change", {}, "/changes"),
        ("changes that are a list", [], "/changes"),
        ("a change of the id", {"project_id": "P2"}, "/changes/project_id"),
        ("a change to nothing", {"name": None}, "/changes/name"),
        ("a change of a wrong amount", {"planned_amount": 1}, "/changes/planned_amount"),
        ("a change of what is not there", {"colour": 1}, "/changes/colour"),
    ]
]
REGISTRATIONS: Final[list[Row]] = [
    ("no field at all", "/lines", {}, "/line_id"),
    ("a field whose name is half a character", "/lines", {"\ud800": 1}, ""),
    (
        "21 units",
        "/projects",
        PROJECT | {"implementing_unit_ids": [f"U{n}" for n in range(21)]},
        "/implementing_unit_ids",
    ),
    ("a unit twice", "/projects", PROJECT | {"implementing_unit_ids": ["U1", "U1"]}, "/implementing_unit_ids/1"),
    ("units that are a text", "/projects", PROJECT | {"implementing_unit_ids": "U1"}, "/implementing_unit_ids"),
    ("the unit of an item in a single command", "/disbursements", DISBURSEMENT | {"unit": "wan"}, "/unit"),
    ("a server's own field", "/disbursements", DISBURSEMENT | {"recorded_at": "2020-01-01"}, "/recorded_at"),
]

BACK: Final = {"effective_date": LATER, "reason": "误录"}
CORRECTIONS: Final[list[Row]] = [
    ("neither id nor key", "/reversals", BACK, ""),
    ("both id and key", "/reversals", BACK | {"event_id": SOME_ID, "event_key": "k"}, ""),
    ("an event id in capitals", "/reversals", BACK | {"event_id": SOME_ID.upper()}, "/event_id"),
    ("an event key with a space", "/reversals", BACK | {"event_key": "a b"}, "/event_key"),
]

INDICATOR: Final = {"code": "a", "name": "里程", "level1": "产出"}
MANY: Final = [INDICATOR | {"code": f"c{n}"} for n in range(101)]
SCORING: Final = {"effective_date": SPRING, "evaluation_id": "E1"}
EVALUATIONS: Final[list[Row]] = [
    ("101 indicators", "/evaluations", EVALUATION | {"indicators": MANY}, "/indicators"),
    ("an indicator twice", "/evaluations", EVALUATION | {"indicators": [INDICATOR] * 2}, "/indicators/1/code"),
    (
        "a maximum that is a number",
        "/evaluations",
        EVALUATION | {"indicators": [INDICATOR | {"max_points": 10}]},
        "/indicators/0/max_points",
    ),
    ("granted points of zero", "/points", SCORING | {"points": "0", "reason": "r"}, "/points"),
    ("a score above 999.99", "/scores", SCORING | {"indicator": "a", "score": "1000"}, "/score"),
]


def hostile_inputs() -> Iterator[Hostile]:
    for name, text in AMOUNTS.items():
        yield sending(f"amount: {name}", text, "/amount")
    for name, escape in TEXTS.items():
        yield sending(f"text: {name}", f'"{CANARY}{escape}"', "/purpose")
        yield sending(f"payee: {name}", f'"{CANARY}{escape}"', "/payee")
        yield sending(f"id: {name}", f'"{CANARY}{escape}"', "/line_id")
    for name, text in DATES.items():
        yield sending(f"date: {name}", text, "/effective_date")
        if name != "null":
            yield sending(f"document date: {name}", text, "/document_date", base=APPROPRIATION)
    yield from hostile_fields()
    yield from hostile_commands()
    yield from hostile_bodies()
    yield from hostile_depths()
    yield from hostile_headers()
    yield from hostile_questions()


def hostile_fields() -> Iterator[Hostile]:
    yield sending("text that is too long", json.dumps("长" * 1_001), "/purpose")
    yield sending("text of white space", '"   "', "/purpose")
    yield sending("text that is not NFC", '"e\\u0301"', "/purpose")
    yield sending("text that is a number", "1", "/purpose")
    yield sending("an id with a slash", '"../L1"', "/line_id")
    yield sending("an id that is too long", json.dumps("L" * 65), "/line_id")
    yield sending("an id that begins with a point", '".L1"', "/line_id")
    yield sending("an id in Chinese", '"道路"', "/line_id")
    yield sending("an id that is null", "null", "/line_id")
    yield sending("a voucher number that is too long", json.dumps("V" * 129), "/voucher_no")
    yield sending("a word that is not in the list", '"gift"', "/kind")
    yield sending("a word in capitals", '"PAYMENT"', "/kind")
    yield sending("null where there is a default", "null", "/kind")
    yield sending("a list where there is a word", '["payment"]', "/kind")
    yield sending("a year as text", '"2023"', "/fiscal_year", base=APPROPRIATION)
    yield sending("a year with a fraction", "2023.0", "/fiscal_year", base=APPROPRIATION)
    yield sending("a year out of range", "1948", "/fiscal_year", base=APPROPRIATION)
    yield sending("a year of 400 digits", "2" * 400, "/fiscal_year", base=APPROPRIATION)
    yield sending("a year that is true", "true", "/fiscal_year", base=APPROPRIATION)
    yield sending("a yes as text", '"true"', "/direct", base=APPROPRIATION)
    yield sending("a yes as a number", "1", "/direct", base=APPROPRIATION)
    yield sending(
        "an additional allocation of zero",
        '"0.00"',
        "/amount",
        base=ALLOCATION | {"stage": "additional"},
        at="/allocations",
    )
    yield sending("an unknown field", "1", "/colour")
    yield sending(
        "an unknown field inside",
        "1",
        "/overrun/colour",
        base=DISBURSEMENT | {"overrun": {"authority": "a", "reason": "b"}},
    )
    yield sending("an overrun that is text", '"yes"', "/overrun")
    yield sending(
        "a source with a hash in capitals",
        json.dumps("A" * 64),
        "/source/sha256",
        base=DISBURSEMENT | {"source": {"ref": "r"}},
    )
    yield sending("a source with row zero", "0", "/source/row", base=DISBURSEMENT | {"source": {"ref": "r"}})
    yield sending("a correlation that is too long", json.dumps("c" * 129), "/correlation_id")
    yield sending("a precision that is not in the list", '"hour"', "/date_precision")


def hostile_commands() -> Iterator[Hostile]:
    for rows in (AMENDMENTS, REGISTRATIONS, CORRECTIONS, ERASURES, DIGESTS, EVALUATIONS):
        for name, path, body, pointer in rows:
            yield Hostile(name, 422, "invalid-body", pointer, path=path, body=json.dumps(body).encode())


def hostile_bodies() -> Iterator[Hostile]:
    text = json.dumps(DISBURSEMENT)
    yield malformed("nothing", b"", "not-json")
    yield malformed("half of it", text[:40].encode(), "not-json")
    yield malformed("something after it", f"{text} {CANARY}".encode(), "not-json")
    yield malformed("NaN alone", b"NaN", "not-an-object")
    yield malformed("a comment", f"{text} // {CANARY}".encode(), "not-json")
    yield malformed("single quotes", text.replace('"', "'").encode(), "not-json")
    yield malformed("a raw newline in a text", text.replace("V1", "V\n1").encode(), "not-json")
    yield malformed("a raw NUL in a text", text.replace("V1", "V\x001").encode(), "not-json")
    yield malformed("a list", b"[]", "not-an-object")
    yield Hostile("a digest without a body", 400, "not-json", path="/digests", body=b"")
    yield Hostile("a digest of a list", 400, "not-an-object", path="/digests", body=b"[]")
    yield Hostile("a digest that is no JSON", 415, "unsupported-media-type", path="/digests", body=b"{}", headers={})
    yield malformed("a text", json.dumps(CANARY).encode(), "not-an-object")
    yield malformed("null", b"null", "not-an-object")
    for name, again in (("", "amount"), (", once escaped", "\\u0061mount")):
        body = text.replace("{", f'{{"{again}": "1", ', 1).encode()
        yield malformed(f"the same field twice{name}", body, "duplicate-field", pointer="/amount")
    same = f'{{"{CANARY}": 1, "{CANARY}": 2}}'.encode()
    yield malformed("the same unknown field twice", same, "duplicate-field", pointer="")
    yield malformed("the same field twice inside", b'{"source": {"ref": "a", "ref": "b"}}', "duplicate-field")
    yield malformed("Latin-1", text.replace("V1", "V\u00e9").encode("latin-1"), "not-utf8")
    yield malformed("UTF-16", text.encode("utf-16"), "not-utf8")
    yield malformed("a surrogate in UTF-8", text.encode().replace(b"V1", b"\xed\xa0\x80"), "not-utf8")
    yield malformed("an overlong NUL", text.encode().replace(b"V1", b"\xc0\x80"), "not-utf8")
    yield malformed("a byte order mark", b"\xef\xbb\xbf" + text.encode(), "not-json")
    yield malformed("gzip", bytes.fromhex("1f8b0800000000000003"), "not-utf8")
    yield malformed("5,000 fields", json.dumps({f"f{n}": 1 for n in range(5_000)}).encode(), "too-many-fields")
    yield malformed("more than 1 MiB", text.replace("V1", "V" * MIB).encode(), "body-too-large", 413)
    yield malformed("60 MB", b"[" * 60_000_000, "body-too-large", 413)


def hostile_depths() -> Iterator[Hostile]:
    yield malformed("33 levels", b'{"a":' + b"[" * 32 + b"]" * 32 + b"}", "too-deep")
    yield malformed("1,000 levels", b'{"a":' * 1_000 + b"1" + b"}" * 1_000, "too-deep")
    yield malformed("100,000 levels", b"[" * 100_000 + b"]" * 100_000, "too-deep")
    yield malformed("100,000 levels that never close", b'{"a":' * 100_000, "too-deep")
    yield malformed("brackets in pairs that do not match", b"[{]}" * 20_000, "not-json")
    yield malformed("half a million quotes", b'"\\' * 250_000, "not-json")


def hostile_headers() -> Iterator[Hostile]:
    body = json.dumps(DISBURSEMENT).encode()
    for media_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json5",
        "multipart/form-data; boundary=x",
    ):
        yield Hostile(
            f"declared as {media_type}", 415, "unsupported-media-type", body=body, headers={"Content-Type": media_type}
        )
    for encoding in ("gzip", "br", "deflate", "gzip, identity", "Zk7Qx"):
        declared = {**JSON, "Content-Encoding": encoding}
        yield Hostile(f"compressed as {encoding}", 415, "unsupported-encoding", body=body, headers=declared)
    for charset in ("gbk", "UTF-16", "latin-1", '"gb18030"', ""):
        declared = {"Content-Type": f"application/json; charset={charset}"}
        yield Hostile(f"declared in {charset}", 415, "unsupported-encoding", body=body, headers=declared)
    yield Hostile("declared as nothing", 415, "unsupported-media-type", body=body, headers={})
    yield Hostile("a wrong method", 405, "method-not-allowed", body=body, method="PUT")
    yield Hostile("deleting", 405, "method-not-allowed", path="/events/1", method="DELETE", headers={})
    yield Hostile("an unknown address", 404, "not-found", path=f"/{CANARY}", body=body)
    yield Hostile("a ledger that can be none", 404, "unknown-ledger", path="/../%00/units", body=body)
    yield Hostile("a slash at the end", 404, "not-found", path="/disbursements/", body=body)
    yield Hostile(
        "a parameter of a write", 422, "invalid-parameter", "/colour", path="/disbursements?colour=1", body=body
    )
    yield Hostile(
        "a mode of a single write", 422, "invalid-parameter", "/mode", path="/disbursements?mode=partial", body=body
    )
    yield Hostile("a mode that is none", 422, "invalid-parameter", "/mode", path="/batch?mode=some", body=body)
    yield Hostile("a dry run that is maybe", 422, "invalid-parameter", "/dry_run", path="/batch?dry_run=1", body=body)


def hostile_questions() -> Iterator[Hostile]:
    for name, values in PARAMETERS.items():
        shown = f"/{name}" if name.isidentifier() else ""
        for value in values:
            yield asking(f"{name}={value[:20]}", f"/projects?{name}={value}", shown)
    yield asking("a parameter twice", "/projects?limit=1&limit=2", "/limit")
    yield asking("time and position", "/projects?known_at=2023-01-01&at_position=1", "/known_at")
    yield asking("an unknown parameter", "/projects?colour=1", "/colour")
    yield asking("a parameter whose name is markup", "/projects?%3Cscript%3E=1", "")
    yield asking("no group", "/execution", "/group_by")
    yield asking("an unknown group", "/execution?group_by=colour", "/group_by")
    yield asking("a diff of time and position", "/diff?from_known_at=2023-01-01&from_position=1", "/from_known_at")
    yield asking("an unknown order", "/projects/P1/history?order=random", "/order")
    yield asking("after a word", "/events?after=x", "/after")
    yield asking("a tag with a NUL", "/events?tag=%00", "/tag")
    yield asking("eleven tags", "/events?" + "&".join(["tag=a:b"] * 11), "/tag")
    yield asking("a thousand tags", "/events?" + "&".join(f"tag=a:{n}" for n in range(1_000)), "/tag")
    yield asking("as_of of events", "/events?as_of=2023-01-01", "/as_of")
    yield asking("an opening as of a day", "/events/1/opening?as_of=2023-01-01", "/as_of")
    yield asking("a stream after a word", "/events/stream?after=x", "/after")
    for identifier in ("%00", "%2e%2e", "P1%0a", "%F0%28", "x" * 300, "%E2%80%AE"):
        yield reading(f"project {identifier[:10]}", f"/projects/{identifier}", "unknown-project")
        yield reading(f"history of {identifier[:10]}", f"/lines/{identifier}/history", "unknown-line")
    for position in ("0", "-1", "1.0", "007", "%EF%BC%91", "99999999999999999999", "x", "9007199254740991"):
        yield reading(f"event {position}", f"/events/{position}", "unknown-event")
        yield reading(f"opening {position}", f"/events/{position}/opening", "unknown-event")
