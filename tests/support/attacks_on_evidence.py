"""Attacks on evidence on its way to the auditor, by someone who makes the manifest fit where that helps."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from domain.note import format_note, parse_note
from tests.support.attack import PASSES, UNCOVERED, Attack
from tests.support.bundle_forgery import (
    Files,
    Forgery,
    changing,
    damaged,
    forged,
    leaving_out,
    refigured,
    with_file,
    without_file,
)
from tests.support.commands import disburse
from tests.support.watched_log import OTHER, WatchedLog


def forging(name: str, *forgeries: Forgery, **said: Any) -> Attack:
    """A bundle is forged, and its manifest fits."""
    return Attack(name=f"bundle: {name}", on_bundle=lambda bundle: forged(bundle, *forgeries), **said)


def sending(name: str, change: Callable[[list[bytes]], object], said: str = "") -> Attack:
    """The lines of a log export are changed."""

    def act(export: bytes) -> bytes:
        lines = export.splitlines(keepends=True)
        change(lines)
        return b"".join(lines)

    return Attack(name=f"export: {name}", on_export=act, export=said)


def put(name: str, path: str, value: object) -> Forgery:
    """Sets a key of a JSON file, or a key of an inner object after a dot."""
    outer, _, inner = path.partition(".")
    return changing(name, lambda file: (file[outer] if inner else file).update({inner or outer: value}))


def amount_of_an_entry(files: Files) -> None:
    files["entries.jsonl"] = files["entries.jsonl"].replace(b'"amount":50000,', b'"amount":60000,')


def two_entries_change_places(files: Files) -> None:
    lines = files["entries.jsonl"].splitlines(keepends=True)
    lines[4], lines[5] = lines[5], lines[4]
    files["entries.jsonl"] = b"".join(lines)


def without_a_tail(files: Files) -> None:
    del files["tail.jsonl"]
    put("completeness.json", "tail", None)(files)


def without_a_digest(files: Files) -> None:
    del files["tail.jsonl"]
    files["completeness.json"] = b'{"digest":null,"reason":"no-digest"}\n'


def without_cosignatures(files: Files) -> None:
    note = parse_note(files["checkpoint.txt"])
    files["checkpoint.txt"] = format_note(note._replace(signatures=note.signatures[:1]))


def without_what_was_seen(files: Files) -> None:
    del files["consistency.json"]


def another_value_in_an_opening(files: Files) -> None:
    changing("openings.json", lambda openings: openings[0].update(value="另一人"))(files)


def another_key_named(files: Files) -> None:
    files["log.pub"] = b"another.example/log+00000000+AAAA\n"


def another_report(files: Files) -> None:
    files["report.html"] = b"<p>Nothing was spent.</p>\n"


def pay_once_more(log: WatchedLog) -> None:
    """The payment at 275 is then in the tail and not the claim's own position."""
    log.submit(disburse(40_00, "V7"))
    log.sign()
    log.cosign()


_EVERY_LEVEL: Final = "consistency+inclusion+content+figures+completeness"
DAMAGED: Final = tuple(
    Attack(name=f"bundle: a byte of {name} changed", on_bundle=partial(damaged, name=name), bundle=said)
    for name, said in {
        "manifest.json": f"{_EVERY_LEVEL}: manifest.json",
        "claim.json": f"{_EVERY_LEVEL}: claim.json",
        "checkpoint.txt": "consistency: checkpoint.txt",
        "entries.jsonl": "inclusion+content+figures+completeness: entries.jsonl",
        "inclusion.json": "inclusion+completeness: inclusion.json",
        "completeness.json": "inclusion+content+completeness: completeness.json",
        "tail.jsonl": "inclusion+content+figures+completeness: tail.jsonl",
        "consistency.json": "consistency: consistency.json",
        "openings.json": "content+completeness: openings.json",
        "log.pub": "consistency: log.pub",
    }.items()
)
FOR_PEOPLE: Final = tuple(
    Attack(
        name=f"bundle: a byte of {name} changed",
        on_bundle=partial(damaged, name=name),
        bundle=PASSES,
        remark=f"{name} is not the file that the manifest names",
    )
    for name in ("README.txt", "report.html")
)
MISSING: Final = tuple(
    Attack(name=f"bundle: {name} missing", on_bundle=partial(without_file, name=name), bundle=f"{_EVERY_LEVEL}: {at}")
    for name, at in {
        "claim.json": "claim.json",
        "tail.jsonl": "manifest.json",
        "openings.json": "manifest.json",
    }.items()
)
EVIDENCE: Final = (
    *DAMAGED,
    *FOR_PEOPLE,
    *MISSING,
    Attack(
        name="bundle: a file added",
        on_bundle=partial(with_file, name="more.txt"),
        bundle="consistency+inclusion+content+figures+completeness: the whole file",
    ),
    Attack(name="bundle: of another ledger", ledger_id=OTHER, bundle="consistency: checkpoint.txt"),
    forging("a figure changed", put("claim.json", "figures.disbursed", "1.00"), bundle="figures: claim.json"),
    forging(
        "old figures for another date",
        put("claim.json", "coordinates.as_of", "2023-02-28"),
        bundle="figures: claim.json",
    ),
    forging(
        "another time of knowledge",
        put("claim.json", "coordinates.known_at", "2024-01-11T00:00:00.000000Z"),
        bundle="figures: claim.json",
    ),
    forging(
        "another root claimed",
        put("claim.json", "coordinates.root", "0" * 64),
        bundle="inclusion+completeness: claim.json",
    ),
    forging(
        "figures of another line",
        put("claim.json", "subject.id", "L2"),
        put("claim.json", "tag", "line:L2"),
        bundle="content+figures+completeness: entries.jsonl, position 5",
    ),
    forging("fewer entries counted", put("claim.json", "tag_count", 9), bundle="figures+completeness: claim.json"),
    forging(
        "amount of an entry changed",
        amount_of_an_entry,
        refigured,
        bundle="inclusion+completeness: entries.jsonl, position 10",
    ),
    forging(
        "two entries change places",
        two_entries_change_places,
        bundle="inclusion+content+completeness: entries.jsonl, position 10",
    ),
    forging("entry left out in the middle", leaving_out(10), refigured, bundle="completeness: entries.jsonl"),
    forging(
        "entries left out at the end",
        leaving_out(271, 273),
        refigured,
        at=272,
        bundle="completeness: completeness.json",
    ),
    forging(
        "later entry left out of the list, stale digest",
        leaving_out(275),
        refigured,
        on_log=pay_once_more,
        bundle="completeness: entries.jsonl",
    ),
    forging(
        "later entry left out of list and tail, stale digest",
        *(leaving_out(275), leaving_out(275, file="tail.jsonl"), refigured),
        on_log=pay_once_more,
        bundle="inclusion+content+completeness: tail.jsonl",
    ),
    forging(
        "tail taken away, stale digest",
        leaving_out(275),
        without_a_tail,
        refigured,
        on_log=pay_once_more,
        bundle="completeness: entries.jsonl",
    ),
    forging(
        "entry at the end left out, digest kept back",
        leaving_out(273),
        without_a_digest,
        refigured,
        at=274,
        bundle=UNCOVERED,
    ),
    forging(
        "digest says fewer entries",
        put("completeness.json", "digest.count", 9),
        at=273,
        bundle="completeness: completeness.json",
    ),
    forging("no cosignature", without_cosignatures, bundle="consistency: checkpoint.txt"),
    forging("no proof from what was seen", without_what_was_seen, bundle="consistency: consistency.json"),
    forging(
        "proof from what was seen changed", put("consistency.json", "proof", []), bundle="consistency: consistency.json"
    ),
    forging(
        "opening with another value",
        another_value_in_an_opening,
        bundle="content+completeness: openings.json, position 9",
    ),
    forging("another key in log.pub", another_key_named, remark="log.pub names none of the log keys", bundle=PASSES),
    forging("another report for people", another_report, documented="What a bundle says for people.", bundle=PASSES),
    sending(
        "line left out",
        lambda lines: lines.pop(12),
        said="consistency+inclusion+content+figures+completeness: log export",
    ),
    sending(
        "lines swapped",
        lambda lines: lines.insert(12, lines.pop(13)),
        said="consistency+inclusion+content+figures+completeness: log export",
    ),
    sending("line added", lambda lines: lines.append(lines[-1]), said="inclusion: log export"),
    sending(
        "line changed",
        lambda lines: lines.insert(9, lines.pop(9).replace(b'"amount":100000', b'"amount":100001')),
        said="consistency+inclusion: log export",
    ),
    sending(
        "cut off", lambda lines: lines.pop(), said="inclusion+content+figures+completeness: log export, position 275"
    ),
)
