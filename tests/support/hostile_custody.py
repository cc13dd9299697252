"""Erasures and digests that must be refused."""

from typing import Final

from tests.support.caller import LATER, SPRING
from tests.support.hostile import CANARY, SOME_ID, Row

ERASING: Final = {"effective_date": LATER, "event_ids": [SOME_ID], "legal_basis": "retention_ended"}
OTHER_IDS: Final = [f"{number:08x}-8808-81c7-ada4-68fa62c3aa63" for number in range(101)]
ERASURES: Final[list[Row]] = [
    (f"erasing {name}", "/erasures", ERASING | {"event_ids": ids}, pointer)
    for name, ids, pointer in [
        ("null", None, "/event_ids"),
        ("a text", SOME_ID, "/event_ids"),
        ("a number", 7, "/event_ids"),
        ("an object", {"0": SOME_ID}, "/event_ids"),
        ("nothing", [], "/event_ids"),
        ("101 events", OTHER_IDS, "/event_ids"),
        ("an event twice", [SOME_ID, OTHER_IDS[0], SOME_ID], "/event_ids/2"),
        ("a number among ids", [SOME_ID, 7], "/event_ids/1"),
        ("null among ids", [None], "/event_ids/0"),
        ("a list among ids", [[SOME_ID]], "/event_ids/0"),
        ("an empty id", [""], "/event_ids/0"),
        ("an id in capitals", [SOME_ID.upper()], "/event_ids/0"),
        ("an id with a NUL", [f"{SOME_ID}\0"], "/event_ids/0"),
        ("an id with a newline", [f"{SOME_ID}\n"], "/event_ids/0"),
        ("an id of half a character", ["\ud800"], "/event_ids/0"),
        ("an id that is a position", ["7"], "/event_ids/0"),
        ("what it cannot name", [f"{CANARY}' OR 1=1 --"], "/event_ids/0"),
    ]
] + [
    ("a legal basis in Chinese", "/erasures", ERASING | {"legal_basis": "保存期满"}, "/legal_basis"),
    ("a legal basis with a NUL", "/erasures", ERASING | {"legal_basis": f"a\0{CANARY}"}, "/legal_basis"),
    ("a legal basis that is a list", "/erasures", ERASING | {"legal_basis": ["a"]}, "/legal_basis"),
    ("no legal basis", "/erasures", {"effective_date": LATER, "event_ids": [SOME_ID]}, "/legal_basis"),
    ("an erasure by key", "/erasures", ERASING | {"event_key": "k"}, "/event_key"),
    ("an erasure without a date", "/erasures", {"event_ids": [SOME_ID], "legal_basis": "a"}, "/effective_date"),
    ("a payee to be erased", "/erasures", ERASING | {"payee": CANARY}, "/payee"),
]
DIGESTS: Final[list[Row]] = [
    ("a digest of one's own", "/digests", {"position": 1, "root": "0" * 64, "tag_count": 1}, "/root"),
    ("a digest of another day", "/digests", {"effective_date": SPRING}, "/effective_date"),
    ("a digest with a NUL", "/digests", {"correlation_id": f"{CANARY}\0"}, "/correlation_id"),
    ("a digest with a source of nothing", "/digests", {"source": {}}, "/source/ref"),
    ("a digest as a command", "/digests", {"command": "record-digest"}, "/command"),
]
