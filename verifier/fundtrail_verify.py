#!/usr/bin/env python3
"""Checks the evidence of a fundtrail log offline. One file; Python 3.11 or later, standard library only; no network.

    python -I -S fundtrail_verify.py EVIDENCE --log-key VKEY [--log-key VKEY2 ...] [--policy FILE] [--last-seen FILE]
                                     [--accept-epoch N] [--expect-subject KIND:ID] [--expect-as-of DATE]
                                     [--expect-position N] [--json]

EVIDENCE is an evidence bundle (a zip) or a log export. It exits 0 when every level is verified and the list of entries
is not broken, else 1, and 2 when it was called wrongly. It shares no code with the program that writes the evidence;
what both keep to is docs/reference/evidence.md, called "the page" below.

From top to bottom: limits, findings, JSON, Ed25519, Merkle trees, notes and checkpoints, policy, trust, entries,
corrections, figures, digests, the bundle, the log export, the command line.
"""

import argparse
import base64
import hashlib
import hmac
import json
import re
import struct
import sys
import traceback
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

# ---------------------------------------------------------------------------------------------------------------------
# Limits: evidence comes from someone else and may be made to hurt. Bounds are inclusive.

MAX_LINE_BYTES: Final = 64 * 1024
"""Longest stored entry."""

MAX_JSON_DEPTH: Final = 32
MAX_JSON_CONTAINERS: Final = 250_000
"""Most objects and arrays of one JSON file of a bundle."""

MAX_JSON_COMMAS: Final = 1_000_000
"""Most commas outside texts of one JSON file of a bundle: so many values, and one more for each container."""

MAX_INTEGER: Final = 2**53 - 1
"""Largest integer, and largest sum of fen, that every reader of JSON represents exactly."""

MAX_TREE_SIZE: Final = 2**63 - 1
MAX_PROOF_HASHES: Final = 64
MAX_NOTE_BYTES: Final = 2**20
MAX_SIGNATURES: Final = 64
MAX_EXTENSIONS: Final = 16
MAX_POLICY_BYTES: Final = 2**18
MAX_POLICY_MEMBERS: Final = 64
"""Most logs, most witnesses and most groups of a policy, each; also most keys on the command line."""

MAX_BUNDLE_BYTES: Final = 256 * 2**20
"""Largest zip."""

MAX_BUNDLED_ENTRIES: Final = 50_000
"""Most lines of entries.jsonl, and of tail.jsonl. The service writes no more, and 20,000 of a tail."""

MAX_TAGS: Final = 20_000_000
"""Most different tags of a log export: the one thing that takes memory for each."""

MAX_DIGEST_LEAVES: Final = 1_000_000_000
"""Most leaves hashed for all digests of a log export together."""

SKEW_S: Final = 300
"""How far the clocks of the log and of a witness may be apart, in seconds."""

_MIB: Final = 2**20
MANIFEST: Final = "manifest.json"
FILES: Final = {
    MANIFEST: _MIB,
    "claim.json": _MIB,
    "checkpoint.txt": MAX_NOTE_BYTES,
    "entries.jsonl": 128 * _MIB,
    "inclusion.json": 128 * _MIB,
    "completeness.json": _MIB,
    "log.pub": _MIB,
    "tail.jsonl": 128 * _MIB,
    "consistency.json": _MIB,
    "openings.json": 32 * _MIB,
    "README.txt": _MIB,
    "report.html": 32 * _MIB,
}
"""The files of a bundle, in their order, with the most bytes of each."""

OPTIONAL_FILES: Final = ("tail.jsonl", "consistency.json", "openings.json")
FOR_PEOPLE: Final = ("README.txt", "report.html")
"""Files that are proven by nothing; a change in them is worth a remark."""


# ---------------------------------------------------------------------------------------------------------------------
# Findings: what is said of each level, and the first bad thing.


class Level(StrEnum):
    """The five questions, in the order in which they are answered."""

    CONSISTENCY = "consistency"
    INCLUSION = "inclusion"
    CONTENT = "content"
    FIGURES = "figures"
    COMPLETENESS = "completeness"


class Fault(Exception):
    """Something is not as it must be, and where: the file, and the position of an entry or the number of a line."""

    def __init__(self, reason: str, file: str = "", position: int | None = None, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.file, self.position, self.line = reason, file, position, line

    def at(self, file: str, position: int | None = None, line: int | None = None) -> "Fault":
        """The same fault; its place is filled in where it had none."""
        if not self.file:
            self.file, self.position, self.line = file, position, line
        return self

    @property
    def place(self) -> str:
        """The place in words; empty when there is none."""
        if self.position is not None:
            return f"{self.file}, position {self.position}"
        return self.file if self.line is None else f"{self.file}, line {self.line}"


class WronglyCalledError(Exception):
    """The command line, or a file of the auditor's own that it names, cannot be used."""


RESTING_ON_ENTRIES: Final = (Level.CONTENT, Level.FIGURES, Level.COMPLETENESS)
"""The levels that an entry which cannot be read leaves without an answer."""


@dataclass
class Report:
    """What is found: for each level a reason to accept it or its first fault; and remarks, which decide nothing."""

    kind: str | None = None
    reasons: dict[Level, str] = field(default_factory=dict)
    faults: dict[Level, Fault] = field(default_factory=dict)
    covered: bool = True
    remarks: list[str] = field(default_factory=list)
    claim: dict[str, Any] | None = None

    def accept(self, level: Level, reason: str) -> None:
        """Says why a level holds; it does not count when the level has a fault, earlier or later."""
        self.reasons[level] = reason

    def blame(self, fault: Fault, *levels: Level) -> None:
        """Says that these levels do not hold (none given: no level does); only the first fault of each is kept."""
        for level in levels or tuple(Level):
            self.faults.setdefault(level, fault)

    def judging(
        self, *levels: Level, file: str = "", position: int | None = None, line: int | None = None
    ) -> "Judging":
        """A fault inside the block is one of these levels, by default at this place; the work goes on behind it."""
        return Judging(self, levels, file, position, line)

    def verdict(self, level: Level) -> str:
        """The word of the page for a level. A level of which nothing was said does not hold."""
        holds = level not in self.faults and level in self.reasons
        if level is not Level.COMPLETENESS:
            return "verified" if holds else "failed"
        return "broken" if not holds else "proven" if self.covered else "not covered"

    def reason(self, level: Level) -> str:
        """Why the verdict is what it is."""
        fault = self.faults.get(level)
        if fault is None:
            return self.reasons.get(level, "not examined")
        return f"{fault.place}: {fault.reason}" if fault.place else fault.reason

    @property
    def first_fault(self) -> tuple[Level, Fault] | None:
        """The fault of the first level that has one."""
        return next(((level, self.faults[level]) for level in Level if level in self.faults), None)

    @property
    def exit_code(self) -> int:
        """0 when every level holds."""
        return int(any(self.verdict(level) in {"failed", "broken"} for level in Level))


class Judging:
    """See Report.judging."""

    __slots__ = ("_levels", "_place", "_report")

    def __init__(self, report: Report, levels: tuple[Level, ...], *place: Any) -> None:
        self._report, self._levels, self._place = report, levels, place

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        if not isinstance(error, Fault):
            return False
        self._report.blame(error.at(*self._place), *self._levels)
        return True


MAX_SHOWN: Final = 120
"""Most characters of a text of the evidence in a message."""


def shown(value: object) -> str:
    """A value of the evidence as it may stand on a terminal: short, and with nothing in it that a terminal obeys."""
    text = str(value)
    text = text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "..."
    return text if text.isprintable() else ascii(text)


@contextmanager
def within(file: str, position: int | None = None, line: int | None = None) -> Iterator[None]:
    """A fault inside the block that names no place is one of this place."""
    try:
        yield
    except Fault as fault:
        raise fault.at(file, position, line) from None


# ---------------------------------------------------------------------------------------------------------------------
# JSON: read strictly, and only in the one spelling in which it is written.

_CONTAINER: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[{]|([\]}])', re.DOTALL)
_TEXT: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_INTEGER_DIGITS: Final = len(str(-MAX_INTEGER))


def _refuse_number(text: str) -> Any:
    raise Fault(f"a number that is no integer: {shown(text)}")


def _bounded_integer(text: str) -> int:
    # Ever longer digits take ever more time to read, so their number comes first.
    number = int(text) if len(text) <= _INTEGER_DIGITS else MAX_INTEGER + 1
    if not -MAX_INTEGER <= number <= MAX_INTEGER:
        raise Fault(f"a number of {len(text)} digits is beyond 2^53")
    return number


_decode: Final = json.JSONDecoder(
    parse_int=_bounded_integer, parse_float=_refuse_number, parse_constant=_refuse_number
).decode
encode_json: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
"""The one spelling of a value: sorted keys, no white space, nothing escaped that need not be."""


def parse_json(data: bytes) -> Any:
    """The value of canonical JSON bytes.

    Writing the value again must give the same bytes. That alone refuses white space, other escapes, keys out of order
    and keys given twice (the value keeps one of them).

    Raises:
        Fault: any other bytes, numbers that are no integers within 2^53, too deep, or not UTF-8.
    """
    _refuse_deep(data)
    _refuse_many(data)
    try:
        value = _decode(data.decode())
        same = encode_json(value).encode() == data
    except (ValueError, RecursionError) as error:
        raise Fault("it is no JSON") from error
    if not same:
        raise Fault("it is no JSON in canonical form (sorted keys, each once, no white space)")
    return value


def parse_json_file(data: bytes) -> Any:
    """The value of a JSON file: canonical JSON and one newline. Raises: Fault."""
    if not data.endswith(b"\n"):
        raise Fault("it does not end in a newline")
    return parse_json(data[:-1])


def _refuse_many(data: bytes) -> None:
    if data.count(b",") <= MAX_JSON_COMMAS:
        return
    # Commas of texts do not count; what is between the texts is looked at piece by piece, to hold no copy of it.
    start = commas = 0
    for text in _TEXT.finditer(data):
        commas += data.count(b",", start, text.start())
        start = text.end()
    if commas + data.count(b",", start) > MAX_JSON_COMMAS:
        raise Fault(f"more than {MAX_JSON_COMMAS} values")


def _refuse_deep(data: bytes) -> None:
    opened = data.count(b"{") + data.count(b"[")
    if opened <= MAX_JSON_DEPTH:
        return
    if opened > MAX_JSON_CONTAINERS:
        raise Fault(f"more than {MAX_JSON_CONTAINERS} brackets")
    depth = 0
    for found in _CONTAINER.finditer(data):
        if found.group().startswith(b'"'):
            continue
        depth += -1 if found.group(1) else 1
        if depth > MAX_JSON_DEPTH:
            raise Fault(f"JSON more than {MAX_JSON_DEPTH} levels deep")


def keyed(value: Any, *names: str) -> dict[str, Any]:
    """The value, an object of exactly these keys. Raises: Fault."""
    if not isinstance(value, dict) or value.keys() != set(names):
        raise Fault(f"an object with exactly the keys {', '.join(names)} is needed")
    return value


def whole(value: Any, least: int = 0) -> int:
    """The value, a whole number that is not below the least. Raises: Fault."""
    if type(value) is not int or value < least:
        raise Fault(f"{shown(value)} is no whole number from {least}")
    return value


def worded(value: Any, *words: str) -> str:
    """The value, one of these words (none given: any text). Raises: Fault."""
    if not isinstance(value, str) or (words and value not in words):
        raise Fault(f"{shown(value)} is not " + (f"one of {', '.join(words)}" if words else "a text"))
    return value


def listed(value: Any) -> list[Any]:
    """The value, an array. Raises: Fault."""
    if not isinstance(value, list):
        raise Fault("an array is needed")
    return value


def decode_base64(text: Any) -> bytes | None:
    """The bytes of base64 (RFC 4648 section 4); None for every spelling but the one that encoding gives."""
    if not isinstance(text, str) or not text.isascii():
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None


def base64_hash(value: Any) -> bytes:
    """The 32 bytes of a hash of a proof. Raises: Fault."""
    data = decode_base64(value)
    if data is None or len(data) != HASH_BYTES:
        raise Fault("a hash of a proof is base64 of 32 bytes")
    return data


def base64_hashes(value: Any) -> list[bytes]:
    """The hashes of a proof, of which there are at most 64. Raises: Fault."""
    if len(listed(value)) > MAX_PROOF_HASHES:
        raise Fault(f"a proof has at most {MAX_PROOF_HASHES} hashes")
    return [base64_hash(each) for each in value]


def hex_hash(value: Any) -> bytes:
    """The 32 bytes of 64 lower-case hex digits. Raises: Fault."""
    if not isinstance(value, str) or not _HEX_64.fullmatch(value):
        raise Fault("64 lower-case hex digits are needed")
    return bytes.fromhex(value)


# ---------------------------------------------------------------------------------------------------------------------
# Ed25519. Source: RFC 8032 sections 5.1.3 and 5.1.7.

_PRIME: Final = 2**255 - 19
_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_CURVE_D: Final = -121665 * pow(121666, -1, _PRIME) % _PRIME
_ROOT_OF_MINUS_1: Final = pow(2, (_PRIME - 1) // 4, _PRIME)
KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

Point = tuple[int, int, int, int]
"""X, Y, Z and T of extended coordinates: x = X/Z, y = Y/Z, xy = T/Z."""

_NEUTRAL: Final[Point] = (0, 1, 1, 0)


def verify_ed25519(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature of 64 bytes is one of the message under the public key of 32 bytes.

    A public key that is no point, an S that is not below the group order and an R in another spelling are refused.
    """
    if len(public_key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    key, encoded_r = decode_point(public_key), signature[:32]
    s = int.from_bytes(signature[32:], "little")
    if key is None or s >= _ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(encoded_r + public_key + message).digest(), "little") % _ORDER
    minus_key = (-key[0] % _PRIME, key[1], 1, -key[3] % _PRIME)
    return _encode_point(_sum_of_multiples(s, _BASE, k, minus_key)) == encoded_r


def decode_point(data: bytes) -> Point | None:
    """The point of 32 bytes; None when they are not the one encoding of a point."""
    number = int.from_bytes(data, "little")
    y, is_odd = number & (1 << 255) - 1, number >> 255
    if y >= _PRIME:
        return None
    u, v = (y * y - 1) % _PRIME, (_CURVE_D * y * y + 1) % _PRIME
    x = u * pow(v, 3, _PRIME) * pow(u * pow(v, 7, _PRIME), (_PRIME - 5) // 8, _PRIME) % _PRIME
    if (v * x * x + u) % _PRIME == 0:
        x = x * _ROOT_OF_MINUS_1 % _PRIME
    if (v * x * x - u) % _PRIME or (x == 0 and is_odd):
        return None
    x = x if x & 1 == is_odd else _PRIME - x
    return x, y, 1, x * y % _PRIME


def _encode_point(point: Point) -> bytes:
    inverse = pow(point[2], -1, _PRIME)
    x, y = point[0] * inverse % _PRIME, point[1] * inverse % _PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0])
    b = (one[1] + one[0]) * (other[1] + other[0])
    c = 2 * _CURVE_D * one[3] % _PRIME * other[3]
    d = 2 * one[2] * other[2]
    e, f, g, h = (b - a) % _PRIME, (d - c) % _PRIME, (d + c) % _PRIME, (b + a) % _PRIME
    return e * f % _PRIME, g * h % _PRIME, f * g % _PRIME, e * h % _PRIME


def _double(point: Point) -> Point:
    x, y, z, _ = point
    a, b = x * x, y * y
    h = a + b
    e, g = (h - (x + y) ** 2) % _PRIME, (a - b) % _PRIME
    f, h = (2 * z * z + g) % _PRIME, h % _PRIME
    return e * f % _PRIME, g * h % _PRIME, f * g % _PRIME, e * h % _PRIME


def _sum_of_multiples(one: int, point: Point, other: int, second: Point) -> Point:
    """The sum of one * point and other * second, bit by bit for both at once."""
    addends = (None, point, second, _add(point, second))
    total = _NEUTRAL
    for bit in range(max(one.bit_length(), other.bit_length()) - 1, -1, -1):
        total = _double(total)
        addend = addends[(one >> bit & 1) + 2 * (other >> bit & 1)]
        total = total if addend is None else _add(total, addend)
    return total


def _base_point() -> Point:
    point = decode_point((4 * pow(5, -1, _PRIME) % _PRIME).to_bytes(32, "little"))
    assert point is not None
    return point


_BASE: Final = _base_point()


# ---------------------------------------------------------------------------------------------------------------------
# Merkle trees. Source: RFC 6962 section 2.1, RFC 9162 sections 2.1.3.2 and 2.1.4.2.

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
_sha256: Final = hashlib.sha256


def leaf_hash(entry: bytes) -> bytes:
    """The leaf that stands for a stored entry."""
    return _sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return _sha256(b"\x01" + left + right).digest()


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Accepts that the leaf is number `index` (from 0) of the tree of that size and root. Raises: Fault."""
    if not 0 <= index < size <= MAX_TREE_SIZE:
        raise Fault(f"a tree of {size} has no leaf {index}")
    number, last, root_found = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            raise Fault("the inclusion proof is too long")
        if number & 1 or number == last:
            root_found = node_hash(beside, root_found)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            root_found = node_hash(root_found, beside)
        number, last = number >> 1, last >> 1
    if last:
        raise Fault("the inclusion proof is too short")
    if root_found != root:
        raise Fault("the inclusion proof leads to another root: the entry is not in this tree at this place")


def verify_consistency(first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes) -> None:
    """Accepts that the tree of the second size and root begins with that of the first. Raises: Fault."""
    if not 0 < first <= second <= MAX_TREE_SIZE:
        raise Fault(f"nothing shows that a tree of {second} begins with one of {first}")
    if first == second:
        if proof or first_root != second_root:
            raise Fault(
                f"there are two roots for the first {first} entries, or a proof where there is nothing to prove"
            )
        return
    number, last = first - 1, second - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    # When the first tree is one complete subtree, its root is where the proof starts and is left out of it.
    path = proof if number else [first_root, *proof]
    if not path:
        raise Fault("the consistency proof is empty")
    if _roots_of_consistency(number, last, path) != (first_root, second_root):
        raise Fault(f"the tree of {second} entries does not begin with the one of {first} entries: history was changed")


def _roots_of_consistency(number: int, last: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    first = second = path[0]
    for beside in path[1:]:
        if last == 0:
            raise Fault("the consistency proof is too long")
        if number & 1 or number == last:
            first, second = node_hash(beside, first), node_hash(beside, second)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            second = node_hash(second, beside)
        number, last = number >> 1, last >> 1
    if last:
        raise Fault("the consistency proof is too short")
    return first, second


class Tree:
    """A growing tree, held as the roots of its full subtrees, the largest first: one for each 1 bit of its size."""

    def __init__(self, size: int = 0, frontier: Sequence[bytes] = ()) -> None:
        if len(frontier) != size.bit_count():
            raise Fault(f"a tree of {size} has {size.bit_count()} full subtrees, not {len(frontier)}")
        self.size = size
        self._subtrees = list(frontier)

    def append(self, leaf: bytes) -> None:
        """Adds a leaf hash behind the others."""
        size, node = self.size, leaf
        while size & 1:
            node, size = node_hash(self._subtrees.pop(), node), size >> 1
        self._subtrees.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        if not self._subtrees:
            return EMPTY_ROOT
        *others, root = self._subtrees
        for left in reversed(others):
            root = node_hash(left, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes, level by level: a last node without a partner rises as it is."""
    nodes = list(leaves)
    while len(nodes) > 1:
        rest = nodes[-1:] if len(nodes) % 2 else []
        nodes = [_sha256(b"\x01" + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2], strict=False)]
        nodes += rest
    return nodes[0] if nodes else EMPTY_ROOT


# ---------------------------------------------------------------------------------------------------------------------
# Notes and checkpoints. Source: C2SP signed-note, tlog-checkpoint and tlog-cosignature.

ED25519: Final = 1
"""Type of a key that signs the text as it is."""

COSIGNATURE: Final = 4
"""Type of a key of a witness, which signs a time and the text of a checkpoint."""

MAX_TIME_S: Final = 2**63 - 1
_TIME_BYTES: Final = 8
_KEY_ID_BYTES: Final = 4
_NAME: Final = r"[^\s+\x00-\x1f\ud800-\udfff]++"
_BASE64: Final = r"[A-Za-z0-9+/]++={0,2}"
_SIGNATURE_LINE: Final = re.compile(f"— ({_NAME}) ({_BASE64})")
_VERIFIER_KEY: Final = re.compile(rf"({_NAME})\+([0-9a-f]{{8}})\+({_BASE64})")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_EPOCH: Final = "epoch "
_FIXED_LINES: Final = 3


class VerifierKey(NamedTuple):
    """A public key of 32 bytes, its type, and the name under which it signs."""

    name: str
    kind: int
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that, with the name, tell whose signature a line claims to be."""
        return _sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key).digest()[:_KEY_ID_BYTES]


class Signature(NamedTuple):
    """A signature line as it stands in a note; nothing of it is verified."""

    name: str
    key_id: bytes
    value: bytes


class Note(NamedTuple):
    """A text that ends in a newline, and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...]


class Checkpoint(NamedTuple):
    """What a log says of itself: which it is, how many entries it holds, and their root. Epoch 0: none is stated."""

    origin: str
    size: int
    root: bytes
    epoch: int


class Signed(NamedTuple):
    """A key that has signed; the time in seconds since 1970 that a witness states, None for a log."""

    key: VerifierKey
    time_s: int | None


def parse_verifier_key(text: str) -> VerifierKey:
    """The key of a text `name+id+key`. Raises: Fault: any other spelling, or a type that is not known here."""
    match = _VERIFIER_KEY.fullmatch(text)
    typed = None if match is None else decode_base64(match[3])
    if match is None or not typed:
        raise Fault(f"{shown(text)} is no verifier key (name+id+key)")
    key = VerifierKey(match[1], typed[0], typed[1:])
    if key.kind not in {ED25519, COSIGNATURE} or len(key.public_key) != KEY_BYTES:
        raise Fault(f"the verifier key {shown(text)} is of a type that this verifier does not know")
    if key.key_id.hex() != match[2]:
        raise Fault(f"the verifier key {shown(text)} bears the id of another key")
    return key


def parse_note(data: bytes) -> Note:
    """The note of these bytes. Raises: Fault."""
    if len(data) > MAX_NOTE_BYTES:
        raise Fault(f"a note has at most {MAX_NOTE_BYTES} bytes")
    try:
        whole_text = data.decode()
    except UnicodeDecodeError:
        raise Fault("a note is UTF-8") from None
    text, blank, lines = whole_text.rpartition("\n\n")
    if not blank or not lines.endswith("\n") or _CONTROL.search(whole_text):
        raise Fault("a note is lines of text, an empty line, and signature lines")
    if lines.count("\n") > MAX_SIGNATURES:
        raise Fault(f"a note has at most {MAX_SIGNATURES} signatures")
    return Note(text + "\n", tuple(map(_parse_signature, lines[:-1].split("\n"))))


def _parse_signature(line: str) -> Signature:
    match = _SIGNATURE_LINE.fullmatch(line)
    value = None if match is None else decode_base64(match[2])
    if match is None or value is None or len(value) <= _KEY_ID_BYTES:
        raise Fault("a signature line is a dash, a name, and base64 of a key id and a signature")
    return Signature(match[1], value[:_KEY_ID_BYTES], value[_KEY_ID_BYTES:])


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in the text of a note. Raises: Fault."""
    lines = text[:-1].split("\n")
    if not _FIXED_LINES <= len(lines) <= _FIXED_LINES + MAX_EXTENSIONS or not all(lines):
        raise Fault("a checkpoint is an origin, a size and a root, and no line of it is empty")
    origin, size_text, root_text, *extensions = lines
    size, root = parse_decimal(size_text), decode_base64(root_text)
    if size is None or root is None or len(root) != HASH_BYTES:
        raise Fault("the size of a checkpoint is a number, its root base64 of 32 bytes")
    epochs = [parse_decimal(line.removeprefix(_EPOCH)) for line in extensions if line.startswith(_EPOCH)]
    if len(epochs) > 1 or not all(epochs):
        raise Fault("an epoch is one number above 0")
    return Checkpoint(origin, size, root, epochs[0] or 0 if epochs else 0)


def parse_decimal(text: str) -> int | None:
    """The number of an ASCII decimal below 2^63; None for any other spelling."""
    return int(text) if _DECIMAL.fullmatch(text) and int(text) <= MAX_TREE_SIZE else None


def signatures_by(note: Note, keys: Iterable[VerifierKey]) -> list[Signed]:
    """Every signature by one of the keys; those by others are passed over.

    Raises:
        Fault: a signature that claims to be by one of the keys is wrong, which sinks the note.
    """
    known = {(key.name, key.key_id): key for key in keys}
    signed = []
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is not None:
            signed.append(_signed(note.text, key, signature.value))
    return signed


def _signed(text: str, key: VerifierKey, value: bytes) -> Signed:
    time_s, message, signature = None, text.encode(), value
    if key.kind == COSIGNATURE:
        time_s, signature = int.from_bytes(value[:_TIME_BYTES], "big"), value[_TIME_BYTES:]
        message = f"cosignature/v1\ntime {time_s}\n{text}".encode()
    if (time_s or 0) > MAX_TIME_S or not verify_ed25519(key.public_key, signature, message):
        raise Fault(f"the signature of {shown(key.name)} is wrong")
    return Signed(key, time_s)


# ---------------------------------------------------------------------------------------------------------------------
# Policy: whose cosignatures an auditor asks for. Source: C2SP tlog-policy.

_POLICY_OCTETS: Final = re.compile(rb"[\t\n\x20-\x7e\x80-\xff]*")
_NO_QUORUM: Final = b"none"
_COUNT: Final = re.compile(rb"[1-9][0-9]{0,3}")


class Group(NamedTuple):
    """Holds when at least `needed` of its members do."""

    needed: int
    members: tuple[bytes, ...]


@dataclass
class Policy:
    """Known logs; witnesses and groups by name; and the name that must hold, None when no witness is needed."""

    logs: list[VerifierKey] = field(default_factory=list)
    witnesses: dict[bytes, VerifierKey] = field(default_factory=dict)
    groups: dict[bytes, Group] = field(default_factory=dict)
    quorum: bytes | None = None

    def holds(self, keys: Iterable[VerifierKey]) -> bool:
        """Whether the quorum is met when the witnesses of these keys have cosigned."""
        signed = set(keys)
        names = {name for name, key in self.witnesses.items() if key in signed}
        # A group names only what stands above it, so one pass in order settles all.
        for name, group in self.groups.items():
            if len(names.intersection(group.members)) >= group.needed:
                names.add(name)
        return self.quorum is None or self.quorum in names


def parse_policy(data: bytes) -> Policy:
    """The policy of a file's bytes. Raises: Fault: with the number of the line."""
    if len(data) > MAX_POLICY_BYTES or not _POLICY_OCTETS.fullmatch(data):
        raise Fault(f"a policy is at most {MAX_POLICY_BYTES} bytes without control characters", "policy")
    reader = _PolicyReader()
    for number, line in enumerate(data.split(b"\n"), start=1):
        items = line.replace(b"\t", b" ").split()
        if items and not items[0].startswith(b"#"):
            with within("policy", line=number):
                reader.read(items)
    if not reader.has_quorum:
        raise Fault("a policy needs a quorum line", "policy")
    return reader.policy


class _PolicyReader:
    """A policy while its lines are read."""

    def __init__(self) -> None:
        self.policy = Policy()
        self.has_quorum = False
        self._used: set[bytes] = set()

    def read(self, items: list[bytes]) -> None:
        match items:
            case [b"log", vkey] | [b"log", vkey, _]:
                self._add_log(vkey)
            case [b"witness", name, vkey] | [b"witness", name, vkey, _]:
                self._add_witness(name, vkey)
            case [b"group", name, count, *members] if members:
                self._add_group(name, count, members)
            case [b"quorum", name]:
                self._set_quorum(name)
            case _:
                raise Fault("a line of a policy is a log, a witness, a group or a quorum")

    def _add_log(self, vkey: bytes) -> None:
        key = _key_of_kind(vkey, ED25519)
        if len(self.policy.logs) == MAX_POLICY_MEMBERS:
            raise Fault(f"a policy has at most {MAX_POLICY_MEMBERS} logs")
        if key.public_key in {other.public_key for other in self.policy.logs}:
            raise Fault("this log is there already")
        self.policy.logs.append(key)

    def _add_witness(self, name: bytes, vkey: bytes) -> None:
        key = _key_of_kind(vkey, COSIGNATURE)
        self._refuse_defined(name, self.policy.witnesses)
        if key.public_key in {other.public_key for other in self.policy.witnesses.values()}:
            raise Fault("this witness is there already")
        self.policy.witnesses[name] = key

    def _add_group(self, name: bytes, count: bytes, members: list[bytes]) -> None:
        self._refuse_defined(name, self.policy.groups)
        for member in members:
            self._refuse_undefined(member)
            if member in self._used:
                raise Fault(f"{_octets(member)} is a member already")
            self._used.add(member)
        needed = {b"any": 1, b"all": len(members)}.get(count) or (int(count) if _COUNT.fullmatch(count) else 0)
        if not 1 <= needed <= len(members):
            raise Fault(f"a group needs any, all or 1 to {len(members)} of its members")
        self.policy.groups[name] = Group(needed, tuple(members))

    def _set_quorum(self, name: bytes) -> None:
        if self.has_quorum:
            raise Fault("a policy has one quorum line")
        self.has_quorum = True
        if name != _NO_QUORUM:
            self._refuse_undefined(name)
            self.policy.quorum = name

    def _refuse_defined(self, name: bytes, among: Mapping[bytes, object]) -> None:
        if name == _NO_QUORUM or name in self.policy.witnesses or name in self.policy.groups:
            raise Fault(f"the name {_octets(name)} is taken")
        if len(among) == MAX_POLICY_MEMBERS:
            raise Fault(f"a policy has at most {MAX_POLICY_MEMBERS} witnesses and as many groups")

    def _refuse_undefined(self, name: bytes) -> None:
        if name not in self.policy.witnesses and name not in self.policy.groups:
            raise Fault(f"{_octets(name)} is not defined above")


def _key_of_kind(vkey: bytes, kind: int) -> VerifierKey:
    try:
        key = parse_verifier_key(vkey.decode())
    except UnicodeDecodeError:
        raise Fault("a verifier key is UTF-8") from None
    if key.kind != kind:
        raise Fault("this is no key of a log" if kind == ED25519 else "this is no key of a witness")
    return key


def _octets(name: bytes) -> str:
    return shown(name.decode(errors="backslashreplace"))


# ---------------------------------------------------------------------------------------------------------------------
# Trust: what the auditor brings, and what a checkpoint is worth by it.


class Expected(NamedTuple):
    """The claim that the auditor asked for, as far as it is to be held against the one that is made."""

    subject: str | None = None
    as_of: str | None = None
    position: int | None = None


ANY_CLAIM: Final = Expected()


@dataclass(frozen=True)
class Trust:
    """What the auditor brings: keys of the log, a policy, the note kept, an accepted epoch, and what is claimed."""

    log_keys: tuple[VerifierKey, ...]
    policy: Policy | None = None
    last_seen: bytes | None = None
    accepted_epoch: int | None = None
    expected: Expected = ANY_CLAIM


class Accepted(NamedTuple):
    """A checkpoint that a log key given has signed, and the cosignatures of witnesses of the policy under it."""

    checkpoint: Checkpoint
    cosigned: tuple[Signed, ...]

    @property
    def times_s(self) -> list[int]:
        """When the witnesses say to have seen it, in seconds since 1970."""
        return [each.time_s for each in self.cosigned if each.time_s is not None]


LAST_SEEN: Final = "last-seen"


def accept_checkpoint(note: Note, checkpoint: Checkpoint, origin: str, trust: Trust) -> Accepted:
    """The checkpoint, signed by the log; whether the quorum has seen it is for `require_quorum`. Raises: Fault."""
    if checkpoint.origin != origin:
        raise Fault(f"it is a checkpoint of {shown(checkpoint.origin)}, not of {shown(origin)}")
    policy = trust.policy or Policy()
    logs = {key for key in trust.log_keys if key.name == origin}
    if not logs:
        raise Fault(f"none of the log keys given is one of {shown(origin)}")
    if policy.logs:
        logs &= set(policy.logs)
    if not logs:
        raise Fault("the policy does not list the log key that was given")
    signed = signatures_by(note, [*logs, *policy.witnesses.values()])
    if not any(each.key in logs for each in signed):
        raise Fault("no log key that was given has signed it")
    return Accepted(checkpoint, tuple(each for each in signed if each.key not in logs))


def require_quorum(accepted: Accepted, policy: Policy | None) -> None:
    """Refuses a checkpoint that too few of the policy's witnesses have cosigned. Raises: Fault."""
    keys = {each.key for each in accepted.cosigned}
    if policy is not None and not policy.holds(keys):
        raise Fault(f"{len(keys)} of the policy's witnesses have cosigned it, and that is no quorum")


def accept_last_seen(origin: str, trust: Trust) -> Accepted | None:
    """The checkpoint that the auditor kept, None when none was given. Raises: Fault."""
    if trust.last_seen is None:
        return None
    with within(LAST_SEEN):
        note = parse_note(trust.last_seen)
        return accept_checkpoint(note, parse_checkpoint(note.text), origin, trust)


def is_new_epoch(now: Checkpoint, seen: Checkpoint, trust: Trust) -> bool:
    """Whether the log was set back since it was last seen, and the auditor has accepted that. Raises: Fault: not."""
    accepted = trust.accepted_epoch
    if accepted is None and now.epoch == seen.epoch:
        return False
    if now.epoch < seen.epoch:
        raise Fault(f"the log is in epoch {now.epoch}, last seen in the later epoch {seen.epoch}")
    if now.epoch == seen.epoch and accepted != now.epoch:
        raise Fault(f"the log is in epoch {now.epoch}, and not in epoch {accepted}, which was accepted")
    if accepted != now.epoch:
        raise Fault(
            f"the log is in epoch {now.epoch}, last seen in {seen.epoch}: its operator says that it was set back. "
            f"Ask what was lost; --accept-epoch {now.epoch} accepts it"
        )
    return now.epoch > seen.epoch


def epoch_remark(now: Checkpoint, seen: Checkpoint) -> str:
    """What the auditor gives up by accepting a new epoch."""
    return (
        f"epoch {now.epoch} was accepted: the log has {now.size} entries, and that it begins with the {seen.size} last "
        f"seen in epoch {seen.epoch} was not asked. Entries of that epoch may be lost: ask the operator which, and "
        "keep both checkpoints"
    )


def compare_sizes(now: Checkpoint, seen: Checkpoint) -> None:
    """Refuses a log that has shrunk, or that has another root at the same size. Raises: Fault."""
    if now.size < seen.size:
        raise Fault(f"the log shrank: it had {seen.size} entries when last seen, now it says {now.size}")
    if now.size == seen.size and now.root != seen.root:
        raise Fault(f"the log has another root at size {now.size} than when last seen: two histories are being shown")


def trust_remarks(checkpoint: Checkpoint, trust: Trust) -> list[str]:
    """What the auditor should know about how little was asked."""
    remarks = []
    if trust.policy is None:
        remarks.append("no --policy was given: no witness was asked for, so nothing bounds when entries were recorded")
    if trust.last_seen is None:
        remarks.append("no --last-seen was given: a history that was rewritten before this checkpoint does not show")
    if trust.last_seen is None and checkpoint.epoch:
        remarks.append(
            f"the log is in epoch {checkpoint.epoch}: its operator says that it was set back; ask what was lost"
        )
    return remarks


# ---------------------------------------------------------------------------------------------------------------------
# Entries: the envelope of each one, and what holds from one to the next.

Entry = dict[str, Any]
"""A stored entry as `parse_entry` gives it: the keys and types of the envelope are right."""

_HEX_64: Final = re.compile(r"[0-9a-f]{64}")
_EVENT_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_INDEXES: Final = tuple(index.to_bytes(4, "big") for index in range(16))
FOREIGN_PREFIX: Final = "x-"
"""Types and tags of events that other applications put into the log; no figure knows them."""


@lru_cache(maxsize=100_000)
def _is_day(text: str) -> bool:
    try:
        return _DAY.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


@lru_cache(maxsize=1000)
def _is_instant(text: str) -> bool:
    try:
        return _INSTANT.fullmatch(text) is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def is_day(value: Any) -> bool:
    """Whether it is the text of a calendar day, YYYY-MM-DD."""
    return isinstance(value, str) and _is_day(value)


def is_instant(value: Any) -> bool:
    """Whether it is the text of a UTC instant with six decimals; such texts sort as the instants do."""
    return isinstance(value, str) and _is_instant(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_text_or_null(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_hex_64(value: Any) -> bool:
    return isinstance(value, str) and _HEX_64.fullmatch(value) is not None


def _is_event_id(value: Any) -> bool:
    return isinstance(value, str) and _EVENT_ID.fullmatch(value) is not None


def _is_event_id_or_null(value: Any) -> bool:
    return value is None or _is_event_id(value)


def _is_number(value: Any) -> bool:
    return type(value) is int and value > 0


def _is_actor(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != {"issuer", "role", "subject"}:
        return False
    return _is_text_or_null(value["issuer"]) and _is_text(value["role"]) and _is_text(value["subject"])


def _is_source(value: Any) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict) or value.keys() != {"ref", "row", "sha256"}:
        return False
    row, digest = value["row"], value["sha256"]
    return _is_text(value["ref"]) and (row is None or _is_number(row)) and (digest is None or _is_hex_64(digest))


ENVELOPE: Final[dict[str, Callable[[Any], bool]]] = {
    "actor": _is_actor,
    "basis": ("recorded", "reported", "assumed", "invented").__contains__,
    "causation_id": _is_text_or_null,
    "command_hash": _is_hex_64,
    "command_id": _is_hex_64,
    "correlation_id": _is_text_or_null,
    "corrects": _is_event_id_or_null,
    "data": lambda value: isinstance(value, dict),
    "date_precision": ("day", "month", "quarter", "year").__contains__,
    "effective_date": is_day,
    "id": _is_event_id,
    "ledger": _is_text,
    "position": _is_number,
    "private": lambda value: isinstance(value, dict) and all(map(_is_hex_64, value.values())),
    "recorded_at": is_instant,
    "source": _is_source,
    "tags": lambda value: isinstance(value, dict) and all(map(_is_number, value.values())),
    "type": _is_text,
    "v": lambda value: type(value) is int and value == 1,
}
"""The keys of an entry, all of them always there, and what each one holds."""

_ENVELOPE_KEYS: Final = ENVELOPE.keys()
_ENVELOPE_CHECKS: Final = tuple(ENVELOPE.items())


def parse_entry(stored: bytes) -> Entry:
    """The entry of stored bytes. Raises: Fault: other bytes than canonical JSON, other keys, or of other kinds."""
    if len(stored) > MAX_LINE_BYTES:
        raise Fault(f"an entry has at most {MAX_LINE_BYTES} bytes")
    entry = parse_json(stored)
    if not isinstance(entry, dict) or entry.keys() != _ENVELOPE_KEYS:
        raise Fault("an entry has exactly the keys of the envelope")
    for name, fits in _ENVELOPE_CHECKS:
        if not fits(entry[name]):
            raise Fault(f"`{name}` does not hold what it must")
    return entry


def parse_entry_at(position: int, stored: bytes) -> Entry:
    """The entry of stored bytes that stand at a position. Raises: Fault."""
    entry = parse_entry(stored)
    if entry["position"] != position:
        raise Fault(f"it is the entry at position {entry['position']}")
    return entry


def event_id(command_id: str, index: bytes) -> str:
    """The id of the event with that index of a command: UUIDv8 over a SHA-256 (RFC 9562 section 5.8)."""
    digest = bytearray(_sha256(bytes.fromhex(command_id) + index).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class TimeBounds(NamedTuple):
    """What cosignatures say of `recorded_at`: none is after `latest`; behind position `known`, none before `earliest`.

    Both are texts as `recorded_at` is one; None where no witness of the policy says anything.
    """

    latest: str | None = None
    known: int = 0
    earliest: str | None = None


def time_bounds(now: Accepted | None, seen: Accepted | None) -> TimeBounds:
    """The bounds that follow from the cosignatures of the checkpoint and of the one last seen."""
    latest = min(now.times_s, default=None) if now else None
    earliest = max(seen.times_s, default=None) if seen else None
    return TimeBounds(
        latest=None if latest is None else _instant(latest + SKEW_S),
        known=seen.checkpoint.size if seen else 0,
        earliest=None if earliest is None else _instant(earliest - SKEW_S),
    )


def _instant(seconds: int) -> str:
    """The text of an instant; beyond the year 9999 one that sorts behind all others."""
    try:
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except OverflowError:
        return "9999-12-31T23:59:59.999999Z"
    return instant.isoformat(timespec="microseconds")[:-6] + "Z"


class Succession:
    """What holds from one entry to the next, taken in the order of their positions; gaps between them are allowed.

    Known tag numbers rise by one: without a gap since the tag was last seen exactly, across a gap by at least one and
    by no more than there were positions.
    """

    def __init__(self, ledger: str, bounds: TimeBounds) -> None:
        self.tags: dict[str, tuple[int, int]] = {}
        """For each tag its last number, and the position of the entry that bears it."""

        self.unchecked_ids = 0
        self._ledger = ledger
        self._bounds = bounds
        self._position = 0
        self._run_start = 0
        self._recorded_at = ""

    def take(self, entry: Entry) -> None:
        """Checks all but tags. Raises: Fault."""
        position: int = entry["position"]
        if position != self._position + 1:
            self._run_start = position
        self._position = position
        before, self._recorded_at = self._recorded_at, entry["recorded_at"]
        if entry["ledger"] != self._ledger:
            raise Fault(f"it is an entry of the ledger {shown(entry['ledger'])}, not of {shown(self._ledger)}")
        if self._recorded_at < before:
            raise Fault(f"it was recorded at {self._recorded_at}, before the entry in front of it, at {before}")
        self._check_bounds(position)
        self._check_id(entry)

    def number_tags(self, entry: Entry) -> None:
        """Checks the numbers of the tags of the entry taken last. Raises: Fault."""
        position = self._position
        wrong = None
        for tag, number in entry["tags"].items():
            before, at = self.tags.get(tag, (0, 0))
            if number != before + 1 and (at >= self._run_start or not before < number <= before + position - at):
                wrong = wrong or f"it is number {number} of {shown(tag)}, after number {before} at position {at}"
            self.tags[tag] = (number, position)
        if len(self.tags) > MAX_TAGS:
            raise Fault(f"there are more than {MAX_TAGS} tags")
        if wrong:
            raise Fault(wrong)

    def _check_bounds(self, position: int) -> None:
        latest, known, earliest = self._bounds
        if latest is not None and self._recorded_at > latest:
            raise Fault(f"it says it was recorded at {self._recorded_at}, but a witness had seen the checkpoint before")
        if earliest is not None and position > known and self._recorded_at < earliest:
            raise Fault(f"it says it was recorded at {self._recorded_at}, but a witness then saw a log without it")

    def _check_id(self, entry: Entry) -> None:
        for index in _INDEXES:
            if event_id(entry["command_id"], index) == entry["id"]:
                return
        if not entry["type"].startswith(FOREIGN_PREFIX):
            raise Fault("its id does not follow from its command_id")
        # One append of another application may be of any number of events.
        self.unchecked_ids += 1


def check_opening(entry: Entry, log_id: str) -> None:
    """Refuses an entry that is the first and opens another log, or another one that opens a log. Raises: Fault."""
    is_first = entry["position"] == 1
    if is_first != (entry["type"] == OPENING):
        raise Fault(f"the first entry of a log, and no other, is of type {OPENING}")
    if is_first and entry["data"].get("log_id") != log_id:
        raise Fault("it opens a log with another log_id")


# ---------------------------------------------------------------------------------------------------------------------
# Corrections: a reversal copies the fact it takes back, a return names the disbursement it brings money back from.

OPENING: Final = "ledger-opened.v1"
REVERSAL: Final = "event-reversed.v1"
RETURN: Final = "disbursement-returned.v1"
RECEIPT: Final = "appropriation-received.v1"
LINE_OPENED: Final = "line-opened.v1"
PROJECT_REGISTERED: Final = "project-registered.v1"
PROJECT_AMENDED: Final = "project-amended.v1"
PROJECT_STATUS: Final = "project-status-changed.v1"
EVALUATION_OPENED: Final = "evaluation-opened.v1"
DIGEST: Final = "ledger-digest.v1"
EPOCH_RAISED: Final = "epoch-raised.v1"


class Reversal(NamedTuple):
    """Which entry a reversal takes back, and the copy of its data."""

    id: str
    position: int
    type: str
    effective_date: str
    fact: dict[str, Any]


def reversal_of(entry: Entry) -> Reversal:
    """What an entry of type event-reversed.v1 says. Raises: Fault."""
    data = keyed(entry["data"], "fact", "reason", "reverses")
    target = keyed(data["reverses"], "effective_date", "id", "position", "type")
    if not isinstance(data["fact"], dict):
        raise Fault("a reversal holds the fact it takes back")
    reversal = Reversal(
        id=worded(target["id"]),
        position=whole(target["position"], least=1),
        type=worded(target["type"]),
        effective_date=worded(target["effective_date"]),
        fact=data["fact"],
    )
    if reversal.position >= entry["position"]:
        raise Fault(f"it reverses position {reversal.position}, which is not before it")
    if reversal.type in {REVERSAL, OPENING} or reversal.type.startswith(FOREIGN_PREFIX):
        raise Fault(f"it reverses an event of type {shown(reversal.type)}, which cannot be reversed")
    return reversal


def check_correction(entry: Entry, find: Callable[[int], Entry | None]) -> None:
    """Holds what an entry corrects against that entry, when `find` has it at its position. Raises: Fault."""
    kind, corrects = entry["type"], entry["corrects"]
    if kind == REVERSAL:
        _check_reversal(entry, reversal_of(entry), find)
    elif kind == RETURN:
        _check_return(entry, find)
    elif corrects is not None and (kind in MOVES or kind in STILL):
        raise Fault(f"`corrects` is not null in an event of type {kind}")


def _check_reversal(entry: Entry, reversal: Reversal, find: Callable[[int], Entry | None]) -> None:
    if entry["corrects"] != reversal.id:
        raise Fault("`corrects` names another event than the reversal does")
    original = find(reversal.position)
    if original is None:
        return
    named = (reversal.id, reversal.type, reversal.effective_date)
    if named != (original["id"], original["type"], original["effective_date"]):
        raise Fault(f"the entry at position {reversal.position} is not the one it names")
    if encode_json(reversal.fact) != encode_json(original["data"]):
        raise Fault(f"the fact it takes back is not what position {reversal.position} holds")
    if entry["tags"].keys() != original["tags"].keys():
        raise Fault(f"it does not bear the tags of position {reversal.position}, which it takes back")


def _check_return(entry: Entry, find: Callable[[int], Entry | None]) -> None:
    data = entry["data"]
    named = keyed(data.get("disbursement"), "id", "kind", "position")
    position = whole(named["position"], least=1)
    if entry["corrects"] != named["id"]:
        raise Fault("`corrects` names another event than the return does")
    if position >= entry["position"]:
        raise Fault(f"it returns money of position {position}, which is not before it")
    paid = find(position)
    if paid is None:
        return
    if (paid["type"], paid["id"]) != ("funds-disbursed.v1", named["id"]):
        raise Fault(f"the entry at position {position} is not the disbursement it names")
    if (paid["data"].get("kind"), paid["data"].get("line_id")) != (named["kind"], data.get("line_id")):
        raise Fault(f"the disbursement at position {position} is of another kind or line")


# ---------------------------------------------------------------------------------------------------------------------
# Figures: which sums each fact moves. Amounts are whole numbers of fen.

Moves = dict[str, int]
"""Changes by the name of the sum: received, initial, initial_count (how many initial budgets stand), adjusted,
disbursed, transferred (part of disbursed), recovered, recovered_to_appropriation (part of recovered)."""

ACCOUNTS: Final = ("line:", "project:", "appropriation:")
"""Tags whose sums are kept begin with one of these."""


def fen(value: Any, least: int = 1) -> int:
    """The value, an amount of fen. Raises: Fault."""
    if whole(value, least) > MAX_INTEGER:
        raise Fault("an amount is beyond 2^53")
    return int(value)


def _moves_of_receipt(data: Any) -> Moves:
    return {"received": fen(data.get("amount"))}


def _moves_of_opening(data: Any) -> Moves:
    keyed(data, "adjusted", "disbursed", "initial", "line_id", "recovered")
    moves = {name: fen(data[name], least=0) for name in ("adjusted", "disbursed", "recovered")}
    return moves if data["initial"] is None else {"initial": fen(data["initial"], least=0), "initial_count": 1} | moves


def _moves_of_allocation(data: Any) -> Moves:
    keyed(data, "amount", "document_no", "line_id", "reason", "stage")
    amount = fen(data["amount"], least=0)
    if worded(data["stage"], "initial", "additional") == "initial":
        return {"initial": amount, "initial_count": 1, "adjusted": amount}
    return {"adjusted": amount}


def _moves_of_reduction(data: Any) -> Moves:
    keyed(data, "amount", "document_no", "line_id", "reason")
    return {"adjusted": -fen(data["amount"])}


def _moves_of_disbursement(data: Any) -> Moves:
    keyed(data, "amount", "kind", "line_id", "method", "overrun", "purpose", "voucher_no")
    return _paid(fen(data["amount"]), data["kind"])


def _moves_of_return(data: Any) -> Moves:
    keyed(data, "amount", "disbursement", "line_id", "reason")
    named = keyed(data["disbursement"], "id", "kind", "position")
    return _paid(-fen(data["amount"]), named["kind"])


def _moves_of_recovery(data: Any) -> Moves:
    keyed(data, "amount", "destination", "document_no", "line_id")
    amount = fen(data["amount"])
    to = worded(data["destination"], "treasury", "higher_level", "appropriation", "not_stated")
    return {"recovered": amount, "recovered_to_appropriation": amount if to == "appropriation" else 0}


def _paid(amount: int, kind: Any) -> Moves:
    return {"disbursed": amount, "transferred": amount if worded(kind, "payment", "transfer") == "transfer" else 0}


MOVES: Final[dict[str, Callable[[Any], Moves]]] = {
    RECEIPT: _moves_of_receipt,
    "opening-balance-recorded.v1": _moves_of_opening,
    "funds-allocated.v1": _moves_of_allocation,
    "allocation-reduced.v1": _moves_of_reduction,
    "funds-disbursed.v1": _moves_of_disbursement,
    RETURN: _moves_of_return,
    "funds-recovered.v1": _moves_of_recovery,
}
MARKS: Final = frozenset(
    {
        "score-recorded.v1",
        "score-adjusted.v1",
        "points-granted.v1",
        "result-recorded.v1",
        "evaluation-finalised.v1",
    }
)
"""Types of facts about an evaluation, whose subject only its opening names."""

STILL: Final = frozenset(
    {
        OPENING,
        "unit-registered.v1",
        PROJECT_REGISTERED,
        PROJECT_AMENDED,
        PROJECT_STATUS,
        LINE_OPENED,
        EVALUATION_OPENED,
        *MARKS,
        DIGEST,
        "personal-data-erased.v1",
        EPOCH_RAISED,
        "log-key-added.v1",
        "log-key-retired.v1",
    }
)
"""Types of facts that move no money."""


def moves_of(kind: str, data: Any) -> Moves:
    """What a fact of that type changes. Raises: Fault: it is malformed, or of a type that is not known here."""
    reading = MOVES.get(kind)
    if reading is not None:
        return reading(data)
    if kind in STILL:
        return {}
    raise Fault(f"events of type {shown(kind)} are not known to this verifier: a newer one may know them")


class Lines:
    """Which accounts a fact concerns: no fact may move money past one of them, nor in one more."""

    def __init__(self) -> None:
        self._accounts: dict[str, frozenset[str]] = {}

    def check(self, entry: Entry, *, is_whole: bool) -> None:
        """Refuses an entry whose tags of accounts are not exactly those that follow from what it says.

        `is_whole`: the entry that opened its line must have been checked before. Raises: Fault.
        """
        kind, data = entry["type"], entry["data"]
        # A reversal bears the tags of what it takes back, which is checked where that is at hand.
        if kind not in MOVES and kind not in STILL:
            return
        borne = frozenset(tag for tag in entry["tags"] if tag.startswith(ACCOUNTS))
        if kind in MOVES and kind != RECEIPT:
            owed = self._owed_by_line(f"line:{data.get('line_id')}", borne, is_whole=is_whole)
        elif kind in MARKS:
            owed = borne if len(borne) <= 1 else frozenset()
        else:
            owed = _owed(kind, data)
        if kind == LINE_OPENED:
            self._open(f"line:{data.get('line_id')}", owed)
        for tag in sorted(owed - borne):
            raise Fault(f"it concerns {shown(tag)} and does not bear that tag")
        for tag in sorted(borne - owed):
            raise Fault(f"it bears the tag {shown(tag)}, which it does not concern")

    def _open(self, line: str, accounts: frozenset[str]) -> None:
        if self._accounts.setdefault(line, accounts) != accounts:
            raise Fault(f"{shown(line)} was opened before for another project or appropriation")

    def _owed_by_line(self, line: str, borne: frozenset[str], *, is_whole: bool) -> frozenset[str]:
        known = self._accounts.get(line)
        if known is not None:
            return known
        if line not in borne:
            raise Fault(f"it concerns {shown(line)} and does not bear that tag")
        if is_whole:
            raise Fault(f"it concerns {shown(line)}, and the entry that opened this line is not here")
        # Of a line that was opened elsewhere only this is known: one line, one project, one appropriation.
        missing = [prefix for prefix in ACCOUNTS if sum(tag.startswith(prefix) for tag in borne) != 1]
        if missing:
            raise Fault(f"it moves money and bears not exactly one tag {missing[0]}")
        return borne


def _owed(kind: str, data: Mapping[str, Any]) -> frozenset[str]:
    """The tags of accounts that a fact concerns by itself."""
    named: list[tuple[str, object]] = []
    if kind in {RECEIPT, LINE_OPENED}:
        named.append(("appropriation", data.get("appropriation_id")))
    if kind == LINE_OPENED:
        named.append(("line", data.get("line_id")))
    if kind in {LINE_OPENED, PROJECT_REGISTERED, PROJECT_AMENDED, PROJECT_STATUS}:
        named.append(("project", data.get("project_id")))
    changes = data.get("changes") if kind == PROJECT_AMENDED else data if kind == PROJECT_REGISTERED else None
    if isinstance(changes, dict) and changes.get("parent_project_id"):
        named.append(("project", changes["parent_project_id"]))
    subject = data.get("subject") if kind == EVALUATION_OPENED else None
    if isinstance(subject, dict):
        named.append((str(subject.get("kind")), subject.get("id")))
    return frozenset(f"{kind}:{identifier}" for kind, identifier in named if f"{kind}:" in ACCOUNTS)


class Account:
    """The sums of one line, project or appropriation."""

    __slots__ = ("sums",)

    def __init__(self) -> None:
        self.sums: dict[str, int] = {}

    def move(self, moves: Moves, sign: int) -> None:
        """Adds the changes, or with sign -1 takes them away."""
        for name, change in moves.items():
            self.sums[name] = self.sums.get(name, 0) + sign * change

    def sum(self, name: str) -> int:
        """The sum of that name, in fen."""
        return self.sums.get(name, 0)


class Takings:
    """The facts that were taken back so far, by position: once each."""

    def __init__(self) -> None:
        self._reversed: set[int] = set()

    def moves_of(self, entry: Entry) -> tuple[Moves, int]:
        """What an entry changes, and whether it adds (1) or takes away (-1). Raises: Fault: taken back twice too."""
        if entry["type"] != REVERSAL:
            return moves_of(entry["type"], entry["data"]), 1
        reversal = reversal_of(entry)
        if reversal.position in self._reversed:
            raise Fault(f"it takes back position {reversal.position}, which was taken back before")
        self._reversed.add(reversal.position)
        return moves_of(reversal.type, reversal.fact), -1


def figures_of(kind: str, account: Account) -> dict[str, str | None]:
    """The figures of a claim about a line, a project or an appropriation, as text."""
    adjusted, disbursed, recovered = account.sum("adjusted"), account.sum("disbursed"), account.sum("recovered")
    if kind == "appropriation":
        allocated = adjusted - account.sum("recovered_to_appropriation")
        return {
            "received": hundredths(account.sum("received")),
            "allocated": hundredths(allocated),
            "unallocated": hundredths(account.sum("received") - allocated),
            "disbursed": hundredths(disbursed),
            "recovered": hundredths(recovered),
        }
    initial = account.sum("initial") if account.sum("initial_count") > 0 else None
    return {
        "initial_budget": None if initial is None else hundredths(initial),
        "adjusted_budget": hundredths(adjusted),
        "disbursed": hundredths(disbursed),
        "transferred": hundredths(account.sum("transferred")),
        "recovered": hundredths(recovered),
        "carried_out": hundredths(0),
        "available": hundredths(adjusted - disbursed - recovered),
        "execution_rate": percent(disbursed, adjusted),
        "execution_rate_initial": percent(disbursed, initial),
    }


def hundredths(value: int) -> str:
    """Fen as yuan with two decimals."""
    whole_part, part = divmod(abs(value), 100)
    return f"{'-' if value < 0 else ''}{whole_part}.{part:02d}"


def percent(part: int, base: int | None) -> str | None:
    """Percent with two decimals, half away from zero; None when the base is None, zero or negative."""
    if base is None or base <= 0:
        return None
    rounded = (2 * abs(part) * 10_000 + base) // (2 * base)
    return hundredths(-rounded if part < 0 else rounded)


# ---------------------------------------------------------------------------------------------------------------------
# Digests: one hash over how many entries bear each tag, and which is the last.

_quoted: Final = json.encoder.encode_basestring


class DigestData(NamedTuple):
    """What an entry of type ledger-digest.v1 says: the root over the tags of the entries 1 to `covers`."""

    covers: int
    root: bytes
    tag_count: int


def digest_data(entry: Entry) -> DigestData:
    """What the entry says. Raises: Fault."""
    if entry["type"] != DIGEST:
        raise Fault(f"it is no digest but of type {shown(entry['type'])}")
    data = keyed(entry["data"], "position", "root", "tag_count")
    covers = whole(data["position"], least=1)
    if covers >= entry["position"]:
        raise Fault(f"it covers position {covers}, which is not before it")
    return DigestData(covers, hex_hash(data["root"]), whole(data["tag_count"]))


def digest_leaf(tag: str, count: int, last: int) -> bytes:
    """The leaf hash of a tag."""
    return leaf_hash(f"[{_quoted(tag)},{count},{last}]".encode())


class Digester:
    """Works out digests of a log whose tags grow, hashing each tag again only after it has changed."""

    def __init__(self) -> None:
        self.leaves_hashed = 0
        self._ordered: list[str] = []
        self._leaves: dict[str, bytes] = {}
        self._changed: set[str] = set()

    def note(self, tags: Iterable[str]) -> None:
        """Says that the numbers of these tags have changed."""
        self._changed.update(tags)

    def digest(self, tags: Mapping[str, tuple[int, int]]) -> tuple[bytes, int]:
        """The root over all tags, and how many there are. Raises: Fault: it was asked for more than is worked out."""
        self.leaves_hashed += len(tags)
        if self.leaves_hashed > MAX_DIGEST_LEAVES:
            raise Fault(f"the digests up to here have more than {MAX_DIGEST_LEAVES} leaves: too many to work out")
        self._ordered += [tag for tag in self._changed if tag not in self._leaves]
        self._ordered.sort()
        self._leaves.update((tag, digest_leaf(tag, *tags[tag])) for tag in self._changed)
        self._changed.clear()
        return root_of(map(self._leaves.__getitem__, self._ordered)), len(self._ordered)


# ---------------------------------------------------------------------------------------------------------------------
# The bundle as a zip: exactly the files of the page, each no larger than it may be, whatever the headers say; and of
# the ways to write a zip exactly one, so that nothing can hide in it. Source: PKWARE APPNOTE.TXT, sections 4.3 and 4.4.

BUNDLE_FORMAT: Final = "fundtrail-evidence/1"
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_END_RECORD: Final = struct.Struct("<4s4H2LH")
_LOCAL_SIGNATURE: Final = b"PK\x03\x04"
_CENTRAL_SIGNATURE: Final = b"PK\x01\x02"
_END_SIGNATURE: Final = b"PK\x05\x06"
_STORED: Final = 0
"""Not compressed: other compressed bytes could stand for the same file, and a few could be read as many."""

_VERSION: Final = 20
"""Of the zip format: 2.0."""

_FIRST_DAY: Final = 1 << 5 | 1
"""1 January 1980 in the date of a member; its time is 0."""

_MADE_ON: Final = (0, 3)
"""The systems on which a bundle is made: Windows, and any other."""

_READ_WRITE: Final = 0o600 << 16
_MAX_DIRECTORY_BYTES: Final = 64 * 1024

FILE_LEVELS: Final = {
    "checkpoint.txt": Level.CONSISTENCY,
    "consistency.json": Level.CONSISTENCY,
    "log.pub": Level.CONSISTENCY,
    "entries.jsonl": Level.INCLUSION,
    "inclusion.json": Level.INCLUSION,
    "tail.jsonl": Level.INCLUSION,
    "openings.json": Level.CONTENT,
    "claim.json": Level.FIGURES,
    "completeness.json": Level.COMPLETENESS,
}
"""The level that fails when a file is not the one the manifest names."""


def read_bundle(file: BinaryIO, report: Report) -> dict[str, bytes]:
    """The files of a bundle by name, compared with the manifest.

    A file that differs is blamed on its level, or is a remark when it is for people. Raises: Fault: no level can hold.
    """
    files = _unzipped(file)
    missing = [name for name in FILES if name not in files and name not in OPTIONAL_FILES]
    if missing:
        raise Fault("the bundle has no such file", missing[0])
    with within(MANIFEST):
        manifest = keyed(parse_json_file(files[MANIFEST]), "files", "format")
        if manifest["format"] != BUNDLE_FORMAT:
            raise Fault(f"the format is {shown(manifest['format'])}, not {BUNDLE_FORMAT}")
        named = keyed(manifest["files"], *(name for name in files if name != MANIFEST))
        for name, said in named.items():
            keyed(said, "sha256", "size")
            same = (hex_hash(said["sha256"]), whole(said["size"])) == (_sha256(files[name]).digest(), len(files[name]))
            if not same and name in FOR_PEOPLE:
                report.remarks.append(f"{name} is not the file that the manifest names: do not rely on it")
            elif not same:
                report.blame(Fault("it is not the file that the manifest names", name), FILE_LEVELS[name])
    return files


class Member(NamedTuple):
    """What the directory says of a file; `start` is the offset of its header."""

    made_on: int
    crc: int
    size: int
    name: bytes
    start: int

    @property
    def header(self) -> bytes:
        """The one header that may stand in front of its data."""
        said = (_STORED, 0, _FIRST_DAY, self.crc, self.size, self.size, len(self.name), 0)
        return _LOCAL.pack(_LOCAL_SIGNATURE, _VERSION, 0, *said) + self.name

    @property
    def directory_entry(self) -> bytes:
        """The one entry that it may have in the directory."""
        said = (_STORED, 0, _FIRST_DAY, self.crc, self.size, self.size, len(self.name))
        versions = (self.made_on << 8 | _VERSION, _VERSION)
        rest = (0, 0, 0, 0, _READ_WRITE, self.start)
        return _CENTRAL.pack(_CENTRAL_SIGNATURE, *versions, 0, *said, *rest) + self.name


def _unzipped(file: BinaryIO) -> dict[str, bytes]:
    size = file.seek(0, 2)
    if size > MAX_BUNDLE_BYTES:
        raise Fault(f"a bundle has at most {MAX_BUNDLE_BYTES} bytes")
    members, directory_start = _read_directory(file, size)
    _check_order(members)
    files: dict[str, bytes] = {}
    behind = 0
    file.seek(0)
    for member in members:
        name = member.name.decode()
        with within(name):
            if member.start != behind or file.read(len(member.header)) != member.header:
                raise Fault("the zip is not in the one form of a bundle at the header of this file")
            if member.size > FILES[name]:
                raise Fault(f"it has more than {FILES[name]} bytes")
            if member.size > directory_start - file.tell():
                raise Fault("it reaches into the directory of the zip")
            files[name] = file.read(member.size)
            if zlib.crc32(files[name]) != member.crc:
                raise Fault("its bytes are not those of which the zip speaks")
        behind = file.tell()
    if behind != directory_start:
        raise Fault("the zip has bytes that belong to no file")
    return files


def _read_directory(file: BinaryIO, size: int) -> tuple[list[Member], int]:
    """The members, and where the directory starts; nothing is made of what they announce. Raises: Fault."""
    file.seek(max(size - _END_RECORD.size, 0))
    end = file.read(_END_RECORD.size)
    if len(end) != _END_RECORD.size or not end.startswith(_END_SIGNATURE):
        raise Fault("the zip does not end where a zip ends: it is cut off, has a comment, or is none")
    _, disk, first_disk, here, count, directory_bytes, start, comment_bytes = _END_RECORD.unpack(end)
    if (disk, first_disk, comment_bytes) != (0, 0, 0) or here != count:
        raise Fault("the zip has parts or a comment")
    if not 0 < count <= len(FILES) or directory_bytes > _MAX_DIRECTORY_BYTES:
        raise Fault("the zip has more files than a bundle can have, or none")
    if start + directory_bytes != size - _END_RECORD.size:
        raise Fault("the zip has bytes that belong to no file")
    file.seek(start)
    directory = file.read(directory_bytes)
    members = []
    while directory:
        members.append(_parse_member(directory))
        directory = directory[len(members[-1].directory_entry) :]
    if len(members) != count:
        raise Fault(f"the directory of the zip has {len(members)} files, its end says {count}")
    return members, start


def _parse_member(directory: bytes) -> Member:
    if len(directory) < _CENTRAL.size or not directory.startswith(_CENTRAL_SIGNATURE):
        raise Fault("the directory of the zip cannot be read")
    said = _CENTRAL.unpack_from(directory)
    name = directory[_CENTRAL.size :][: said[10]]
    if name.decode("ascii", "replace") not in FILES:
        raise Fault(f"the bundle has a file that does not belong there: {shown(name.decode(errors='replace'))}")
    member = Member(said[1] >> 8, said[7], said[9], name, said[16])
    if said[4] != _STORED:
        raise Fault("it is compressed, which no file of a bundle is", name.decode())
    if not directory.startswith(member.directory_entry):
        raise Fault("the zip is not in the one form of a bundle in its directory", name.decode())
    return member


def _check_order(members: Sequence[Member]) -> None:
    names = [member.name.decode() for member in members]
    if len(set(names)) < len(names):
        raise Fault("the zip has two files of one name")
    if names != [name for name in FILES if name in names]:
        raise Fault("the files of the zip are not in the order of a bundle")
    made_on = {member.made_on for member in members}
    if len(made_on) > 1 or not made_on <= set(_MADE_ON):
        raise Fault("the directory of the zip does not say of all files that they were made on one system")


# ---------------------------------------------------------------------------------------------------------------------
# The parts of a bundle.


class Claim(NamedTuple):
    """What claim.json says."""

    as_of: str
    known_at: str
    position: int
    root: bytes
    figures: dict[str, Any]
    ledger: str
    log_id: str
    origin: str
    kind: str
    tag: str
    tag_count: int

    def document(self) -> dict[str, Any]:
        """What is claimed, for programs."""
        kind, _, identifier = self.tag.partition(":")
        return {
            "as_of": self.as_of,
            "figures": self.figures,
            "known_at": self.known_at,
            "ledger": self.ledger,
            "position": self.position,
            "subject": {"id": identifier, "kind": kind},
        }


KINDS: Final = ("project", "line", "appropriation")
"""What a claim can be about."""


def parse_claim(data: bytes) -> Claim:
    """The claim of claim.json. Raises: Fault."""
    claim = keyed(
        parse_json_file(data),
        *("coordinates", "figures", "ledger", "log_id", "origin", "subject", "tag", "tag_count"),
    )
    coordinates = keyed(claim["coordinates"], "as_of", "closed", "known_at", "position", "root")
    subject = keyed(claim["subject"], "id", "kind")
    kind = worded(subject["kind"], *KINDS)
    if claim["tag"] != f"{kind}:{worded(subject['id'])}":
        raise Fault("the tag is not that of the subject")
    if not is_day(coordinates["as_of"]) or not isinstance(coordinates["closed"], bool):
        raise Fault("`as_of` is a day, `closed` true or false")
    if not isinstance(claim["figures"], dict):
        raise Fault("the figures are an object")
    ledger, log_id = check_origin(claim["origin"], claim["ledger"], claim["log_id"])
    return Claim(
        as_of=coordinates["as_of"],
        known_at=worded(coordinates["known_at"]),
        position=whole(coordinates["position"], least=1),
        root=hex_hash(coordinates["root"]),
        figures=claim["figures"],
        ledger=ledger,
        log_id=log_id,
        origin=claim["origin"],
        kind=kind,
        tag=claim["tag"],
        tag_count=whole(claim["tag_count"]),
    )


def check_origin(origin: Any, ledger: Any, log_id: Any) -> tuple[str, str]:
    """Ledger and log id, when the origin is DEPLOYMENT/LEDGER/LOG_ID of these two. Raises: Fault."""
    end = f"/{worded(ledger)}/{worded(log_id)}"
    if not re.fullmatch(r"[0-9a-f]{32}", log_id):
        raise Fault("a log id is 32 lower-case hex digits")
    if not worded(origin).endswith(end) or origin == end or not ledger:
        raise Fault("the origin is not DEPLOYMENT/LEDGER/LOG_ID of this ledger and log id")
    return ledger, log_id


def compare_claim(claim: Claim, expected: Expected) -> None:
    """Refuses a claim that is not the one that was expected. Raises: Fault: naming both."""
    made = Expected(claim.tag, claim.as_of, claim.position)
    wrong = [
        f"{name}: claimed {shown(is_said)}, expected {shown(was_asked)}"
        for name, is_said, was_asked in zip(Expected._fields, made, expected, strict=True)
        if was_asked not in {None, is_said}
    ]
    if wrong:
        raise Fault("it is another claim than the one expected: " + "; ".join(wrong))


class Inclusion(NamedTuple):
    """What inclusion.json says: the hashes of each proof, joined, by position in rising order."""

    size: int
    proofs: dict[int, bytes]
    claim_root: list[bytes]


_PROOF: Final = re.compile(rb'"([1-9][0-9]{0,18})":(\[[^\[\]{}:]{0,8192}\])([,}])')
_BEFORE_PROOFS: Final = re.compile(rb'\{"claim_root":(\[[^\[\]{}:]{0,8192}\]),"proofs":\{')
_BEHIND_PROOFS: Final = re.compile(rb'\}?,"size":([0-9]{1,19})\}\n')


def parse_inclusion(data: bytes) -> Inclusion:
    """The proofs of inclusion.json.

    They may be millions of hashes, so they are read one proof after the other, and never the whole file at once.

    Raises:
        Fault: other bytes than canonical JSON of this form.
    """
    before = _BEFORE_PROOFS.match(data)
    if before is None:
        raise Fault("an object with exactly the keys claim_root, proofs, size is needed")
    proofs: dict[int, bytes] = {}
    last, place = b"", before.end()
    while found := _PROOF.match(data, place):
        name, place = found[1], found.end()
        if name <= last:
            raise Fault("the proofs are not in order, or there are two for one position")
        if len(proofs) == MAX_BUNDLED_ENTRIES:
            raise Fault(f"there are more than {MAX_BUNDLED_ENTRIES} proofs")
        last = name
        position = parse_decimal(name.decode())
        if not position:
            raise Fault(f"{shown(name.decode())} is no position")
        proofs[position] = b"".join(base64_hashes(parse_json(found[2])))
        if found[3] == b"}":
            break
    # Without any proof the brace that ends them is still there; with proofs the last one has taken it.
    behind = _BEHIND_PROOFS.fullmatch(data, place)
    if behind is None or behind[0].startswith(b"}") == bool(proofs) or (proofs and data[place - 1 : place] != b"}"):
        raise Fault("it is no canonical JSON of proofs by position and a size")
    size = whole(parse_json(behind[1]))
    return Inclusion(size, dict(sorted(proofs.items())), base64_hashes(parse_json(before[1])))


def hashes_of(joined: bytes) -> list[bytes]:
    """The hashes of a proof."""
    return [joined[start : start + HASH_BYTES] for start in range(0, len(joined), HASH_BYTES)]


@dataclass(frozen=True)
class DigestProof:
    """The digest that closes the list of entries, and the leaf of the claim's tag in it; index None: it has none."""

    position: int
    covers: int
    tag_count: int
    index: int | None
    count: int
    last: int
    proof: list[bytes]


class Completeness(NamedTuple):
    """What completeness.json says; `frontier` None when there is no tail."""

    reason: str | None
    digest: DigestProof | None
    frontier: list[bytes] | None


def parse_completeness(data: bytes) -> Completeness:
    """The content of completeness.json. Raises: Fault."""
    value = parse_json_file(data)
    if isinstance(value, dict) and value.get("digest", value) is None:
        keyed(value, "digest", "reason")
        return Completeness(worded(value["reason"], "no-digest", "tail-too-long"), None, None)
    digest = _parse_digest_proof(keyed(value, "digest", "tail")["digest"])
    tail = value["tail"]
    if tail is None:
        return Completeness(None, digest, None)
    if keyed(tail, "first", "frontier")["first"] != digest.covers + 1:
        raise Fault("the tail does not begin behind what the digest covers")
    return Completeness(None, digest, base64_hashes(tail["frontier"]))


def _parse_digest_proof(value: Any) -> DigestProof:
    value = keyed(value, "count", "covers", "index", "last", "position", "proof", "tag_count")
    leaf = [value[name] for name in ("index", "count", "last", "proof")]
    position, covers = whole(value["position"], least=2), whole(value["covers"], least=1)
    tag_count = whole(value["tag_count"])
    if leaf == [None, None, None, None]:
        return DigestProof(position, covers, tag_count, None, 0, 0, [])
    index, count, last = whole(leaf[0]), whole(leaf[1], least=1), whole(leaf[2], least=1)
    return DigestProof(position, covers, tag_count, index, count, last, base64_hashes(leaf[3]))


class Stored(NamedTuple):
    """A line of entries.jsonl or tail.jsonl: its bytes and, when they can be read, the position the entry says."""

    file: str
    line: int
    stored: bytes
    position: int | None

    @property
    def entry(self) -> Entry | None:
        """The entry, None when it cannot be read. Read again each time: 50,000 take much memory."""
        return None if self.position is None else _decode(self.stored.decode())

    def fault(self, reason: str) -> Fault:
        """A fault of this line."""
        if self.position is None:
            return Fault(reason, self.file, line=self.line)
        return Fault(reason, self.file, self.position)


def split_lines(data: bytes, file: str) -> list[bytes]:
    """The lines of a file of entries, of which each ends in a newline. Raises: Fault."""
    if not data.endswith(b"\n"):
        raise Fault("it does not end in a newline", file)
    if data.count(b"\n") > MAX_BUNDLED_ENTRIES:
        raise Fault(f"it has more than {MAX_BUNDLED_ENTRIES} lines", file)
    return data[:-1].split(b"\n")


def read_stored(data: bytes, file: str, report: Report) -> list[Stored]:
    """The lines of a file of entries; one that cannot be read leaves content, figures and completeness without it."""
    read: list[Stored] = []
    with report.judging(Level.INCLUSION, *RESTING_ON_ENTRIES):
        for number, line in enumerate(split_lines(data, file), start=1):
            position: int | None = None
            with report.judging(*RESTING_ON_ENTRIES, file=file, line=number):
                position = parse_entry(line)["position"]
            read.append(Stored(file, number, line, position))
    return read


# ---------------------------------------------------------------------------------------------------------------------
# The bundle, level by level.


class Bundle:
    """A bundle whose claim can be read. Parts that cannot be read are None, and are blamed already."""

    def __init__(self, files: Mapping[str, bytes], claim: Claim, report: Report) -> None:
        self.files = files
        self.claim = claim
        self.report = report
        self.note: Note | None = None
        self.checkpoint: Checkpoint | None = None
        self.inclusion: Inclusion | None = None
        self.completeness: Completeness | None = None
        with report.judging(Level.CONSISTENCY, Level.INCLUSION, file="checkpoint.txt"):
            self.note = parse_note(files["checkpoint.txt"])
            self.checkpoint = parse_checkpoint(self.note.text)
        with report.judging(Level.INCLUSION, file="inclusion.json"):
            self.inclusion = parse_inclusion(files["inclusion.json"])
        with report.judging(Level.INCLUSION, Level.COMPLETENESS, file="completeness.json"):
            self.completeness = parse_completeness(files["completeness.json"])
        self.listed = read_stored(files["entries.jsonl"], "entries.jsonl", report)
        self.tail = read_stored(files["tail.jsonl"], "tail.jsonl", report) if "tail.jsonl" in files else []

    @property
    def covers(self) -> int:
        """The last position of which the digest speaks; 0 without one."""
        digest = self.completeness.digest if self.completeness else None
        return digest.covers if digest else 0


def verify_bundle(file: BinaryIO, trust: Trust, report: Report) -> None:
    """Judges every level of a bundle. Raises: Fault: nothing can be said of any level."""
    report.kind = "bundle"
    files = read_bundle(file, report)
    with within("claim.json"):
        claim = parse_claim(files["claim.json"])
    report.claim = claim.document()
    with report.judging(Level.FIGURES, file="claim.json"):
        compare_claim(claim, trust.expected)
    bundle = Bundle(files, claim, report)
    accepted = seen = None
    with report.judging(Level.CONSISTENCY):
        accepted = judge_signatures(bundle, trust)
    with report.judging(Level.CONSISTENCY):
        seen = accept_last_seen(claim.origin, trust)
        judge_history(bundle, accepted, seen, trust)
    with report.judging(Level.INCLUSION):
        judge_inclusion(bundle)
    with report.judging(Level.CONTENT):
        judge_content(bundle, time_bounds(accepted, seen))
    with report.judging(Level.FIGURES, file="claim.json"):
        judge_figures(bundle)
    with report.judging(Level.COMPLETENESS, file="completeness.json"):
        judge_completeness(bundle)


def judge_signatures(bundle: Bundle, trust: Trust) -> Accepted | None:
    """The checkpoint as signed by the log and seen by the quorum; None when it cannot be read. Raises: Fault."""
    if bundle.note is None or bundle.checkpoint is None:
        return None
    checkpoint, report = bundle.checkpoint, bundle.report
    report.remarks += trust_remarks(checkpoint, trust) + _key_remarks(bundle.files["log.pub"], trust)
    with within("checkpoint.txt"):
        accepted = accept_checkpoint(bundle.note, checkpoint, bundle.claim.origin, trust)
        require_quorum(accepted, trust.policy)
    report.accept(Level.CONSISTENCY, consistency_reason(accepted, trust))
    return accepted


def consistency_reason(accepted: Accepted, trust: Trust, *, is_restored: bool = False) -> str:
    """What holds of a checkpoint that is consistent."""
    witnesses = len({each.key for each in accepted.cosigned})
    seen_by = f", cosigned by {witnesses} of the policy's witnesses" if trust.policy else ""
    grown = ", and begins with what was last seen" if trust.last_seen and not is_restored else ""
    return f"the checkpoint of {accepted.checkpoint.size} entries is signed by the log{seen_by}{grown}"


def _key_remarks(data: bytes, trust: Trust) -> list[str]:
    given = {f"{key.name}+{key.key_id.hex()}" for key in trust.log_keys}
    named = {"+".join(line.split("+")[:2]) for line in data.decode(errors="replace").splitlines()}
    return [] if named & given else ["log.pub names none of the log keys that were given"]


def judge_history(bundle: Bundle, accepted: Accepted | None, seen: Accepted | None, trust: Trust) -> None:
    """Holds the checkpoint against the one last seen. Raises: Fault."""
    now, data = bundle.checkpoint, bundle.files.get("consistency.json")
    if now is None:
        return
    first, proof = 0, None
    if data is not None:
        with within("consistency.json"):
            value = keyed(parse_json_file(data), "from", "proof", "to")
            first, proof = whole(value["from"], least=1), base64_hashes(value["proof"])
            if value["to"] != now.size:
                raise Fault("it does not lead to the size of the checkpoint")
    if seen is None:
        return
    with within("checkpoint.txt"):
        if is_new_epoch(now, seen.checkpoint, trust):
            accept_new_epoch(bundle.report, accepted, seen.checkpoint, trust)
            bundle.report.remarks.append("only a log export shows the entry that says why the epoch was raised")
            return
        compare_sizes(now, seen.checkpoint)
    if seen.checkpoint.size in {0, now.size}:
        return
    with within("consistency.json"):
        if first != seen.checkpoint.size or proof is None:
            raise Fault(
                f"there is no proof from what was last seen: ask for a bundle with since={seen.checkpoint.size}"
            )
        verify_consistency(first, now.size, proof, seen.checkpoint.root, now.root)


def accept_new_epoch(report: Report, accepted: Accepted | None, seen: Checkpoint, trust: Trust) -> None:
    """Says what is given up with a new epoch; nothing when the checkpoint is not accepted, which is blamed already."""
    if accepted is not None:
        report.remarks.append(epoch_remark(accepted.checkpoint, seen))
        report.accept(Level.CONSISTENCY, consistency_reason(accepted, trust, is_restored=True))


def judge_inclusion(bundle: Bundle) -> None:
    """Every entry is in the tree of the checkpoint, and that tree begins with the root of the claim. Raises: Fault."""
    checkpoint, inclusion, claim = bundle.checkpoint, bundle.inclusion, bundle.claim
    if checkpoint is None or inclusion is None:
        return
    with within("inclusion.json"):
        if inclusion.size != checkpoint.size:
            raise Fault("the proofs are of a tree of another size than the checkpoint")
        if len(inclusion.proofs) != len(bundle.listed):
            raise Fault(f"there are {len(inclusion.proofs)} proofs for {len(bundle.listed)} entries")
    for stored, (position, proof) in zip(bundle.listed, inclusion.proofs.items(), strict=True):
        with within("entries.jsonl", position):
            verify_inclusion(leaf_hash(stored.stored), position - 1, checkpoint.size, hashes_of(proof), checkpoint.root)
    with within("claim.json"):
        verify_consistency(claim.position, checkpoint.size, inclusion.claim_root, claim.root, checkpoint.root)
    judge_tail(bundle, checkpoint)
    tail = f" and the {len(bundle.tail)} of the tail" if bundle.tail else ""
    bundle.report.accept(
        Level.INCLUSION, f"the {len(bundle.listed)} entries{tail} are in the tree, and so is the root of the claim"
    )


def judge_tail(bundle: Bundle, checkpoint: Checkpoint) -> None:
    """The tail is all that the log holds behind the digest's entries. Raises: Fault."""
    if bundle.completeness is None:
        return
    frontier = bundle.completeness.frontier
    if (frontier is None) != ("tail.jsonl" not in bundle.files):
        raise Fault("there is a tail.jsonl exactly when completeness.json has a tail", "completeness.json")
    if frontier is None:
        return
    with within("tail.jsonl"):
        tree = Tree(bundle.covers, frontier)
        for stored in bundle.tail:
            tree.append(leaf_hash(stored.stored))
        if (tree.size, tree.root()) != (checkpoint.size, checkpoint.root):
            raise Fault("the tail does not lead to the checkpoint: an entry of it was changed, left out or added")


def judge_content(bundle: Bundle, bounds: TimeBounds) -> None:
    """Every entry is one of this log, in its place, and fits those around it. Raises: Fault."""
    report, claim = bundle.report, bundle.claim
    entries = placed_entries(bundle)
    succession, lines = Succession(claim.ledger, bounds), Lines()
    for position, stored in sorted(entries.items()):
        entry = stored.entry
        if entry is None:
            continue
        with within(stored.file, position):
            succession.take(entry)
            check_opening(entry, claim.log_id)
            succession.number_tags(entry)
            bears = claim.tag in entry["tags"]
            lines.check(entry, is_whole=bears)
            check_correction(entry, partial(corrected, entries, is_whole=bears))
    check_selection(bundle)
    judge_openings(bundle, entries)
    report.remarks += id_remarks(succession)
    report.accept(Level.CONTENT, f"the {len(entries)} entries are of this log, well formed, and fit one another")


def corrected(entries: Mapping[int, Stored], position: int, *, is_whole: bool) -> Entry | None:
    """The entry at a position that another one corrects; None when it cannot be read, which it was blamed for.

    `is_whole`: the entry that corrects bears the tag of the claim. So does what it corrects, which then belongs here.
    Raises: Fault.
    """
    if position in entries:
        return entries[position].entry
    if is_whole:
        raise Fault(f"it corrects position {position}, which is left out or does not bear the tag of the claim")
    return None


def id_remarks(succession: Succession) -> list[str]:
    """What to say of the events of other applications whose id was not found."""
    count = succession.unchecked_ids
    return [f"{count} events of other applications bear an id that was not followed back to its command"] * bool(count)


def placed_entries(bundle: Bundle) -> dict[int, Stored]:
    """The lines of both files by position, each where its proof or its place in the tail says. Raises: Fault."""
    if bundle.inclusion and len(bundle.inclusion.proofs) == len(bundle.listed):
        places = list(zip(bundle.listed, bundle.inclusion.proofs, strict=True))
    else:
        places = [(stored, stored.position) for stored in bundle.listed if stored.position is not None]
    if bundle.covers:
        places += [(stored, bundle.covers + stored.line) for stored in bundle.tail]
    entries: dict[int, Stored] = {}
    for stored, place in places:
        if stored.position not in {None, place}:
            raise Fault(f"it is the entry at position {stored.position}", stored.file, place)
        if entries.setdefault(place, stored).stored != stored.stored:
            raise stored.fault("entries.jsonl holds something else at this position")
    return entries


def check_selection(bundle: Bundle) -> None:
    """Refuses a list of entries that lacks one every claim needs, or has one no claim needs. Raises: Fault."""
    claim, digest = bundle.claim, bundle.completeness.digest if bundle.completeness else None
    if not {1, claim.position} <= {stored.position for stored in bundle.listed}:
        raise Fault("entry 1 and the entry at the claim's position belong here", "entries.jsonl")
    wanted = {1, claim.position, digest.position if digest else 1}
    last = max(claim.position, bundle.covers)
    for stored in bundle.listed:
        entry = stored.entry
        if entry is None or entry["position"] in wanted:
            continue
        if claim.tag not in entry["tags"] or entry["position"] > last:
            raise stored.fault("the claim has nothing to do with this entry")


def judge_openings(bundle: Bundle, entries: Mapping[int, Stored]) -> None:
    """Every private value that is disclosed is the one its entry commits to. Raises: Fault."""
    if "openings.json" not in bundle.files:
        return
    opened: set[tuple[int, str]] = set()
    with within("openings.json"):
        for each in listed(parse_json_file(bundle.files["openings.json"])):
            opening = keyed(each, "field", "position", "salt", "value")
            position, name = whole(opening["position"], least=1), worded(opening["field"])
            entry = entries[position].entry if position in entries else None
            private = entry["private"] if entry else {}
            if name not in private or (position, name) in opened:
                raise Fault(f"no entry here commits to a {shown(name)}", "openings.json", position)
            opened.add((position, name))
            salt = hex_hash(opening["salt"])
            if commitment(salt, name, worded(opening["value"])) != private[name]:
                what = f"the {shown(name)} that is disclosed is not the one that was recorded"
                raise Fault(what, "openings.json", position)


def commitment(salt: bytes, name: str, value: str) -> str:
    """Hex of what binds an entry to a private value without showing it."""
    message = b"\x00".join((b"fundtrail/commit/v1", name.encode(), value.encode()))
    return hmac.new(salt, message, hashlib.sha256).hexdigest()


def judge_figures(bundle: Bundle) -> None:
    """The figures of the claim follow from the entries. Raises: Fault: with every figure that does not."""
    claim, report = bundle.claim, bundle.report
    account, takings, count = Account(), Takings(), 0
    known_at = None
    for stored in bundle.listed:
        entry = stored.entry
        if entry is None or entry["position"] > claim.position:
            continue
        if entry["position"] == claim.position:
            known_at = entry["recorded_at"]
        if claim.tag not in entry["tags"]:
            continue
        count += 1
        with within(stored.file, entry["position"]):
            moves, sign = takings.moves_of(entry)
        if entry["effective_date"] <= claim.as_of:
            account.move(moves, sign)
    derived: dict[str, object] = {**figures_of(claim.kind, account), "known_at": known_at, "tag_count": count}
    claimed = {**claim.figures, "known_at": claim.known_at, "tag_count": claim.tag_count}
    compare_figures(claimed, derived)
    report.accept(
        Level.FIGURES,
        f"the figures of {shown(claim.tag)} as of {claim.as_of} at position {claim.position} (known at {known_at}) "
        f"follow from the {count} entries that bear its tag",
    )


def compare_figures(claimed: Mapping[str, object], derived: Mapping[str, object]) -> None:
    """Refuses claimed figures that are not exactly the derived ones. Raises: Fault: naming each that differs."""
    if claimed.keys() != derived.keys():
        differing = ", ".join(sorted(shown(name) for name in claimed.keys() ^ derived.keys()))
        raise Fault(f"a claim of this kind has other figures: {shown(differing)}")
    wrong = [
        f"{name}: claimed {shown(claimed[name])}, derived {shown(derived[name])}"
        for name in derived
        if claimed[name] != derived[name]
    ]
    if wrong:
        raise Fault("; ".join(wrong))


def judge_completeness(bundle: Bundle) -> None:
    """No entry that bears the tag is left out. Raises: Fault: one is, or nothing can be said."""
    report, claim, completeness = bundle.report, bundle.claim, bundle.completeness
    if completeness is None:
        return
    if not {Level.INCLUSION, Level.CONTENT}.isdisjoint(report.faults):
        raise Fault("it rests on entries that inclusion or content does not accept")
    numbered = numbers_of(claim.tag, [*bundle.listed, *bundle.tail])
    listed_count = len(numbers_of(claim.tag, [each for each in bundle.listed if _is_until(each, claim.position)]))
    until_claim = sum(position <= claim.position for position in numbered.values())
    if listed_count != until_claim:
        raise Fault("the tail has an entry of the claim that entries.jsonl has not", "entries.jsonl")
    if claim.tag_count != until_claim:
        raise Fault(f"the claim counts {claim.tag_count} entries, and there are {until_claim}", "claim.json")
    if completeness.digest is None:
        report.covered = False
        report.accept(Level.COMPLETENESS, _UNCOVERED[completeness.reason or ""])
        return
    judge_digest(bundle, completeness.digest, has_tail=completeness.frontier is not None)
    judge_count(claim.tag, completeness.digest, numbered)
    tail = f", nor in the tail up to {bundle.covers + len(bundle.tail)}" if bundle.tail else ""
    report.accept(
        Level.COMPLETENESS,
        f"the digest at position {completeness.digest.position} counts the entries of {shown(claim.tag)} up to "
        f"position {bundle.covers}; none is missing{tail}",
    )


_UNCOVERED: Final = {
    "no-digest": "the log has no digest that covers the claim: an entry after the last one shown may be left out",
    "tail-too-long": "the last digest is too many entries ago: an entry after the last one shown may be left out",
}


def _is_until(stored: Stored, position: int) -> bool:
    return stored.position is not None and stored.position <= position


def numbers_of(tag: str, stored: Iterable[Stored]) -> dict[int, int]:
    """The positions of the entries that bear the tag, by its number: 1, 2, 3 ... Raises: Fault: one is missing."""
    numbered: dict[int, int] = {}
    for each in stored:
        entry = each.entry
        if entry is not None and tag in entry["tags"]:
            numbered[entry["tags"][tag]] = entry["position"]
    for number in range(1, len(numbered) + 1):
        if number not in numbered:
            raise Fault(f"number {number} of {shown(tag)} is missing", "entries.jsonl")
    return numbered


def judge_digest(bundle: Bundle, proof: DigestProof, *, has_tail: bool) -> None:
    """The digest is one of the log and shows the leaf of the tag. Raises: Fault."""
    entry = next((each.entry for each in bundle.listed if each.position == proof.position), None)
    if entry is None:
        raise Fault(f"the digest's entry, at position {proof.position}, is not there", "entries.jsonl")
    with within("entries.jsonl", proof.position):
        digest = digest_data(entry)
    if (digest.covers, digest.tag_count) != (proof.covers, proof.tag_count):
        raise Fault("it says something else of the digest than the digest's entry")
    if has_tail != (proof.covers < bundle.claim.position):
        raise Fault("there is a tail exactly when the digest covers less than the claim")
    if proof.index is not None:
        leaf = digest_leaf(bundle.claim.tag, proof.count, proof.last)
        verify_inclusion(leaf, proof.index, digest.tag_count, proof.proof, digest.root)


def judge_count(tag: str, proof: DigestProof, numbered: Mapping[int, int]) -> None:
    """The entries that bear the tag are those that the digest counts. Raises: Fault."""
    covered = sum(position <= proof.covers for position in numbered.values())
    if covered != proof.count or (proof.count and numbered[proof.count] != proof.last):
        raise Fault(
            f"the digest counts {proof.count} entries of {shown(tag)}, the last at position {proof.last}; "
            f"here are {covered}"
        )
    if not numbered:
        raise Fault(f"no entry here bears the tag {shown(tag)}, so nothing shows where its first one is")


# ---------------------------------------------------------------------------------------------------------------------
# The log export, read once from front to end; only tags, accounts and places of lines are kept.

EXPORT_FORMAT: Final = "fundtrail-log/1"
EXPORT: Final = "log export"
_DIGEST_MARK: Final = f'"type":"{DIGEST}"'.encode()
_HEADER_BYTES: Final = 2 * MAX_NOTE_BYTES


class ExportHeader(NamedTuple):
    """What the first line of an export says."""

    checkpoint: bytes
    ledger: str
    log_id: str
    origin: str
    size: int


def parse_export_header(line: bytes) -> ExportHeader:
    """The header of the first line. Raises: Fault."""
    header = keyed(parse_json_file(line), "checkpoint", "format", "ledger", "log_id", "origin", "size")
    if header["format"] != EXPORT_FORMAT:
        raise Fault(f"the format is {shown(header['format'])}, not {EXPORT_FORMAT}")
    ledger, log_id = check_origin(header["origin"], header["ledger"], header["log_id"])
    note = worded(header["checkpoint"]).encode()
    return ExportHeader(note, ledger, log_id, header["origin"], whole(header["size"]))


def verify_export(file: BinaryIO, trust: Trust, report: Report) -> None:
    """Judges every level of a log export. Raises: Fault: nothing can be said of any level."""
    report.kind = EXPORT
    with within(EXPORT, line=1):
        header = parse_export_header(file.readline(_HEADER_BYTES))
    checkpoint: Checkpoint | None = None
    accepted: Accepted | None = None
    seen: Accepted | None = None
    with report.judging(Level.CONSISTENCY, file=EXPORT, line=1):
        note = parse_note(header.checkpoint)
        checkpoint = parse_checkpoint(note.text)
        report.remarks += trust_remarks(checkpoint, trust)
        accepted = accept_checkpoint(note, checkpoint, header.origin, trust)
        require_quorum(accepted, trust.policy)
        report.accept(Level.CONSISTENCY, consistency_reason(accepted, trust))
    with report.judging(Level.CONSISTENCY):
        seen = accept_last_seen(header.origin, trust)
    export = ExportReader(file, header, time_bounds(accepted, seen), report)
    export.read(seen.checkpoint.size if seen else 0)
    with report.judging(Level.CONSISTENCY, file=EXPORT, line=1):
        judge_export_history(export, checkpoint, accepted, seen, trust)
    with report.judging(Level.INCLUSION, file=EXPORT):
        export.judge_root(checkpoint)
    with report.judging(Level.FIGURES, file=EXPORT):
        if trust.expected != ANY_CLAIM:
            raise Fault("a log export makes no claim, and one was expected")
    export.conclude()


def judge_export_history(
    export: "ExportReader", now: Checkpoint | None, accepted: Accepted | None, seen: Accepted | None, trust: Trust
) -> None:
    """Holds the checkpoint and the entries against what was last seen. Raises: Fault."""
    if now is None or seen is None:
        return
    if is_new_epoch(now, seen.checkpoint, trust):
        export.require_raising(now, seen.checkpoint)
        accept_new_epoch(export.report, accepted, seen.checkpoint, trust)
        return
    compare_sizes(now, seen.checkpoint)
    export.compare_root(seen.checkpoint)


class Raising(NamedTuple):
    """What an entry of type epoch-raised.v1 says: the new epoch, and size and root that were signed last before it."""

    epoch: int
    size: int
    root: bytes


MAX_NAMED: Final = 3
"""Most entries of one kind that a message names."""


def raising_of(entry: Entry) -> Raising:
    """What the entry says. Raises: Fault."""
    data = keyed(entry["data"], "epoch", "last_signed_root", "last_signed_size", "reason")
    return Raising(whole(data["epoch"], least=1), whole(data["last_signed_size"]), hex_hash(data["last_signed_root"]))


class ExportReader:
    """Reads the entries of an export and judges them one by one. Its file stands behind the first line."""

    def __init__(self, file: BinaryIO, header: ExportHeader, bounds: TimeBounds, report: Report) -> None:
        self.seen_root: bytes | None = None
        self._file = file
        self._header = header
        self.report = report
        self._succession = Succession(header.ledger, bounds)
        self._tree = Tree()
        self._starts = array("Q")
        self._lines = Lines()
        self._takings = Takings()
        self._accounts: dict[str, Account] = {}
        self._digester = Digester()
        self._digests: dict[int, tuple[bytes, int]] = {}
        self._digest_count = 0
        self._raisings: list[Raising] = []

    def read(self, seen_size: int) -> None:
        """Reads all entries; the root of the first `seen_size` of them becomes `seen_root`."""
        start = self._file.tell()
        wanted = self._digested_positions()
        self._file.seek(start)
        for position in range(1, self._header.size + 1):
            line = self._file.readline(MAX_LINE_BYTES + 1)
            if not line.endswith(b"\n"):
                what = "is too long" if len(line) > MAX_LINE_BYTES else "is missing or cut off"
                self.report.blame(Fault(f"the entry {what}", EXPORT, position), Level.INCLUSION, *RESTING_ON_ENTRIES)
                return
            self._starts.append(start)
            start += len(line)
            self._tree.append(leaf_hash(line[:-1]))
            self._take(position, line[:-1])
            if position == seen_size:
                self.seen_root = self._tree.root()
            if position in wanted:
                self._work_out_digest(position)
        if self._file.read(1):
            self.report.blame(Fault(f"something follows its {self._header.size} entries", EXPORT), Level.INCLUSION)

    def compare_root(self, seen: Checkpoint) -> None:
        """The first entries are those of the checkpoint last seen. Raises: Fault."""
        if seen.size and self.seen_root not in {None, seen.root}:
            raise Fault(f"its first {seen.size} entries are not those last seen: history was changed", EXPORT)

    def require_raising(self, now: Checkpoint, seen: Checkpoint) -> None:
        """An entry raises the epoch behind all that was last seen. Raises: Fault."""
        raisings = [each for each in self._raisings if seen.epoch < each.epoch <= now.epoch]
        reaching = [each for each in raisings if each.size >= seen.size]
        if not reaching:
            sizes = ", ".join(f"epoch {each.epoch} at {each.size}" for each in raisings[:MAX_NAMED]) or "none"
            raise Fault(
                f"no entry raises the epoch above {seen.epoch} after {seen.size} or more signed entries ({sizes} does)",
                EXPORT,
            )
        if any(each.size == seen.size and each.root != seen.root for each in reaching):
            raise Fault(f"the epoch was raised after other {seen.size} entries than those last seen", EXPORT)

    def judge_root(self, checkpoint: Checkpoint | None) -> None:
        """The entries are exactly those of the checkpoint. Raises: Fault."""
        if checkpoint is None:
            raise Fault("there is no checkpoint to hold the entries against")
        if self._header.size != checkpoint.size:
            raise Fault(f"it has {self._header.size} entries, its checkpoint {checkpoint.size}")
        if self._tree.root() != checkpoint.root:
            raise Fault("the entries lead to another root: one was changed, left out, added or moved")

    def conclude(self) -> None:
        """States what holds when nothing is wrong."""
        report, size, tags = self.report, self._header.size, len(self._succession.tags)
        if not size:
            report.blame(Fault("a log has at least the entry that opens it", EXPORT), *RESTING_ON_ENTRIES)
        report.remarks += id_remarks(self._succession)
        report.accept(Level.INCLUSION, f"the {size} entries are all that the checkpoint covers, and in its order")
        report.accept(Level.CONTENT, f"the {size} entries are of this log, well formed, and fit one another")
        report.accept(
            Level.FIGURES,
            f"{self._digest_count} digests follow from the entries; the sums of {len(self._accounts)} lines, projects "
            "and appropriations stay exact, and no fact is taken back twice",
        )
        report.accept(Level.COMPLETENESS, f"each of the {tags} tags is numbered 1, 2, 3 ... without a gap")

    def _take(self, position: int, stored: bytes) -> None:
        judging, entry = self.report.judging, None
        with judging(*RESTING_ON_ENTRIES, file=EXPORT, position=position):
            entry = parse_entry_at(position, stored)
        if entry is None:
            return
        with judging(Level.CONTENT, file=EXPORT, position=position):
            self._succession.take(entry)
            check_opening(entry, self._header.log_id)
            self._lines.check(entry, is_whole=True)
            if entry["type"] == EPOCH_RAISED:
                self._raisings.append(raising_of(entry))
            if entry["corrects"] is not None or entry["type"] in {REVERSAL, RETURN}:
                check_correction(entry, self._entry_at)
        with judging(Level.CONTENT, Level.COMPLETENESS, file=EXPORT, position=position):
            self._succession.number_tags(entry)
        with judging(Level.FIGURES, file=EXPORT, position=position):
            self._sum(entry)

    def _sum(self, entry: Entry) -> None:
        """Moves the sums of the accounts, and holds a digest against the one worked out. Raises: Fault."""
        self._digester.note(entry["tags"])
        accounts = [tag for tag in entry["tags"] if tag.startswith(ACCOUNTS)]
        if entry["type"] == DIGEST:
            self._judge_digest(digest_data(entry))
        if not accounts:
            return
        moves, sign = self._takings.moves_of(entry)
        for tag in accounts:
            account = self._accounts.get(tag)
            if account is None:
                account = self._accounts[tag] = Account()
            account.move(moves, sign)
            for name in moves:
                if abs(account.sums[name]) > MAX_INTEGER:
                    raise Fault(f"the sum `{name}` of {shown(tag)} is beyond 2^53")

    def _judge_digest(self, digest: DigestData) -> None:
        worked_out = self._digests.get(digest.covers)
        if worked_out is None:
            raise Fault(f"the digest of position {digest.covers} could not be worked out")
        self._digest_count += 1
        if worked_out != (digest.root, digest.tag_count):
            raise Fault(f"the digest is not that of the tags of the entries 1 to {digest.covers}")

    def _work_out_digest(self, position: int) -> None:
        with self.report.judging(Level.FIGURES, file=EXPORT, position=position):
            self._digests[position] = self._digester.digest(self._succession.tags)

    def _digested_positions(self) -> set[int]:
        """The positions up to which a digest further on says to reach: known before, each is worked out in passing."""
        positions: set[int] = set()
        while line := self._file.readline(MAX_LINE_BYTES + 1):
            if _DIGEST_MARK not in line:
                continue
            try:
                positions.add(digest_data(parse_entry(line[:-1])).covers)
            except Fault:
                # It is met again when the entries are judged.
                continue
        return positions

    def _entry_at(self, position: int) -> Entry | None:
        """An earlier entry, read again; None when it cannot be read, which it was blamed for."""
        here = self._file.tell()
        self._file.seek(self._starts[position - 1])
        line = self._file.readline(MAX_LINE_BYTES + 1)
        self._file.seek(here)
        try:
            return parse_entry(line[:-1])
        except Fault:
            return None


# ---------------------------------------------------------------------------------------------------------------------
# The command line.


def verify(file: BinaryIO, trust: Trust) -> Report:
    """What is found of a bundle or a log export, told apart by the first bytes. Raises: OSError: it cannot be read."""
    report = Report()
    start = file.read(2)
    file.seek(0)
    if start != b"PK" and not start.startswith(b"{"):
        report.blame(Fault("it is neither an evidence bundle (a zip) nor a log export"))
        return report
    try:
        with report.judging():
            (verify_bundle if start == b"PK" else verify_export)(file, trust, report)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever the input is, the auditor gets a verdict, and it is not "verified")
        line = traceback.extract_tb(error.__traceback__)[-1].lineno
        report.blame(Fault(f"this verifier has an error: {type(error).__name__} in its line {line}"))
    return report


def as_text(report: Report) -> str:
    """The report as lines for people."""
    rows = [(level.value, report.verdict(level), report.reason(level)) for level in Level]
    lines = [f"{name:<15}{verdict:<13}{reason}" for name, verdict, reason in rows]
    lines += [f"{'remark':<15}{remark}" for remark in report.remarks]
    first = report.first_fault
    if first is not None:
        lines.append(f"{'first fault':<15}{first[1].place or 'the whole file'} ({first[0].value})")
    return "\n".join(lines)


def as_json(report: Report) -> str:
    """The report as one object for programs."""
    first = report.first_fault
    return encode_json(
        {
            "claim": report.claim,
            "evidence": report.kind,
            "exit_code": report.exit_code,
            "first_fault": None
            if first is None
            else {
                "file": first[1].file or None,
                "level": first[0].value,
                "line": first[1].line,
                "position": first[1].position,
                "reason": first[1].reason,
            },
            "levels": {
                level.value: {"reason": report.reason(level), "verdict": report.verdict(level)} for level in Level
            },
            "remarks": report.remarks,
        }
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line. Returns 0, 1 or 2, as the page says."""
    options = _options(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        trust = _trust(options)
        with Path(options.evidence).open("rb") as file:
            report = verify(file, trust)
    except WronglyCalledError as error:
        print(f"fundtrail_verify: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"fundtrail_verify: {shown(options.evidence)}: {error.strerror}", file=sys.stderr)
        return 2
    print(as_json(report) if options.json else as_text(report))
    return report.exit_code


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fundtrail_verify", description="Checks the evidence of a fundtrail log.")
    parser.add_argument("evidence", help="an evidence bundle (zip) or a log export")
    parser.add_argument(
        "--log-key", action="append", required=True, metavar="VKEY", help="verifier key of the log, from its operator"
    )
    parser.add_argument("--policy", metavar="FILE", help="whose cosignatures to ask for (C2SP tlog-policy)")
    parser.add_argument("--last-seen", metavar="FILE", help="the checkpoint that you kept from the last time")
    parser.add_argument(
        "--accept-epoch", type=_number(0), metavar="N", help="accept that the log was set back, into epoch N"
    )
    parser.add_argument("--expect-subject", type=_subject, metavar="KIND:ID", help="what the bundle must be about")
    parser.add_argument("--expect-as-of", type=_day, metavar="DATE", help="the date of its figures")
    parser.add_argument("--expect-position", type=_number(1), metavar="N", help="the position of its claim")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args(arguments)


def _number(least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = parse_decimal(text)
        if number is None or number < least:
            raise argparse.ArgumentTypeError(f"{shown(text)} is no whole number from {least}")
        return number

    return parse


def _subject(text: str) -> str:
    kind, _, identifier = text.partition(":")
    if kind not in KINDS or not identifier:
        raise argparse.ArgumentTypeError(f"{shown(text)} is not one of {', '.join(KINDS)}, a colon, and an id")
    return text


def _day(text: str) -> str:
    if not is_day(text):
        raise argparse.ArgumentTypeError(f"{shown(text)} is no day YYYY-MM-DD")
    return text


def _trust(options: argparse.Namespace) -> Trust:
    """What the auditor brings. Raises: WronglyCalledError."""
    if len(options.log_key) > MAX_POLICY_MEMBERS:
        raise WronglyCalledError(f"at most {MAX_POLICY_MEMBERS} log keys can be given")
    try:
        keys = tuple(parse_verifier_key(text) for text in options.log_key)
        policy = None if options.policy is None else parse_policy(_own_file(options.policy, MAX_POLICY_BYTES))
    except Fault as fault:
        raise WronglyCalledError(f"{fault.place}: {fault.reason}" if fault.place else fault.reason) from fault
    if any(key.kind != ED25519 for key in keys):
        raise WronglyCalledError("a log key is of type Ed25519; keys of witnesses belong into a policy")
    last_seen = None if options.last_seen is None else _own_file(options.last_seen, MAX_NOTE_BYTES)
    if last_seen is not None:
        try:
            parse_checkpoint(parse_note(last_seen).text)
        except Fault as fault:
            raise WronglyCalledError(f"{shown(options.last_seen)}: {fault.reason}") from fault
    expected = Expected(options.expect_subject, options.expect_as_of, options.expect_position)
    return Trust(keys, policy, last_seen, options.accept_epoch, expected)


def _own_file(name: str, limit: int) -> bytes:
    """A file of the auditor, one byte beyond the limit at most. Raises: WronglyCalledError."""
    try:
        with Path(name).open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise WronglyCalledError(f"{shown(name)}: {error.strerror}") from error


if __name__ == "__main__":
    sys.exit(main())
