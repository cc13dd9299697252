"""Files made to hurt: they are refused with a verdict, quickly, in bounded memory, and without a traceback."""

import io
import random
import struct
import tracemalloc
import warnings
import zipfile
from time import perf_counter

import pytest

from tests.support.auditor import failed_levels, first_place, judged, trusting
from tests.support.effort import full_only, sampled
from tests.support.evidence import Files, bundle_of, export_of, json_file, with_manifest, zipped
from tests.support.tampered_evidence import CLOSED, LOG, first_reason, report_of
from verifier import fundtrail_verify
from verifier.fundtrail_verify import Fault, Level, Report, parse_json

FILES = bundle_of(LOG, CLOSED)
BUNDLE = zipped(FILES)
DEEP = b"[" * 100_000 + b"]" * 100_000
DEEP_OBJECTS = b'{"a":' * 100_000 + b"1" + b"}" * 100_000


def refused(evidence: bytes) -> Report:
    started = perf_counter()
    report = judged(evidence, trusting(LOG.signer))
    assert perf_counter() - started < 20
    assert report.exit_code == 1
    return report


def refused_whole(evidence: bytes) -> str:
    """Every level fails, for one reason."""
    report = refused(evidence)
    assert len(failed_levels(report)) == 5
    return first_reason(report)


@pytest.mark.parametrize("evidence", [b"", b"P", b"x", b"\x00" * 1000, b"%PDF-1.7", b"[]\n", b"\x1f\x8b\x08"])
def test_what_is_neither_a_zip_nor_an_export_is_neither(evidence: bytes) -> None:
    assert "neither an evidence bundle" in refused_whole(evidence)


@pytest.mark.parametrize("size", [2, 4, 21, 22, 30, 100, 1000, len(BUNDLE) // 2, len(BUNDLE) - 22, len(BUNDLE) - 1])
def test_a_zip_that_is_cut_off_is_refused(size: int) -> None:
    refused_whole(BUNDLE[:size])


def test_a_zip_with_anything_behind_it_or_with_a_comment_is_refused() -> None:
    refused_whole(BUNDLE + b"\x00")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
        archive.comment = b"hello"
    refused_whole(target.getvalue())


def test_a_zip_with_anything_in_front_of_it_is_refused() -> None:
    with zipfile.ZipFile(io.BytesIO(b"PK" + BUNDLE)) as archive:
        assert archive.testzip() is None, "others read it"
    assert "belong to no file" in refused_whole(b"PK" + BUNDLE)


@pytest.mark.parametrize("field", [4, 6, 8])
def test_a_zip_in_parts_is_refused(field: int) -> None:
    end = bytearray(BUNDLE[-22:])
    end[field] ^= 1
    assert "parts" in refused_whole(BUNDLE[:-22] + bytes(end))


def test_an_empty_zip_is_refused() -> None:
    refused_whole(zipped({}))


def test_two_files_of_one_name_are_refused() -> None:
    target = io.BytesIO(BUNDLE)
    with warnings.catch_warnings(), zipfile.ZipFile(target, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("claim.json", FILES["claim.json"])
    report = refused(target.getvalue())
    assert len(failed_levels(report)) == 5
    assert first_place(report) == "consistency: claim.json"


def test_a_name_that_ends_at_a_zero_byte_is_not_that_name() -> None:
    with_longer_name = zipped({("claim.jsonX" if name == "claim.json" else name): data for name, data in FILES.items()})
    assert "does not belong there" in refused_whole(with_longer_name.replace(b"claim.jsonX", b"claim.json\x00"))


def test_an_encrypted_file_is_refused() -> None:
    place = BUNDLE.index(b"PK\x01\x02") + 8
    report = refused(BUNDLE[:place] + b"\x01" + BUNDLE[place + 1 :])
    assert len(failed_levels(report)) == 5
    assert "not in the one form" in first_reason(report)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compressed_file_is_refused(method: int) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
    assert "it is compressed" in refused_whole(target.getvalue())


@full_only
def test_a_zip_that_unfolds_to_very_much_is_refused_before_it_is_unfolded() -> None:
    bomb = zipped(with_manifest(FILES | {"log.pub": bytes(64 * 2**20)}), zipfile.ZIP_DEFLATED)
    assert len(bomb) < 2**20
    tracemalloc.start()
    try:
        report = refused(bomb)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "it is compressed" in first_reason(report)
    assert len(failed_levels(report)) == 5
    assert peak_bytes < 16 * 2**20


def test_a_file_that_is_longer_than_it_may_be_is_not_read() -> None:
    report = refused(zipped(with_manifest(FILES | {"log.pub": bytes(2 * 2**20)})))
    assert first_place(report) == "consistency: log.pub"
    assert "more than 1048576 bytes" in first_reason(report)


def test_a_size_in_a_header_is_not_believed() -> None:
    files = FILES | {"log.pub": bytes(2 * 2**20)}
    bomb = zipped(files)
    said = struct.pack("<L", 2 * 2**20)
    assert bomb.count(said) == 4
    report = refused(bomb.replace(said, struct.pack("<L", 10)))
    assert len(failed_levels(report)) == 5


def test_the_files_of_a_bundle_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fundtrail_verify, "MAX_BUNDLE_BYTES", len(BUNDLE) - 1)
    assert "at most" in refused_whole(BUNDLE)


@full_only
def test_a_directory_of_very_many_files_is_not_read() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number}", b"")
    assert "more files than a bundle can have" in refused_whole(target.getvalue())


@pytest.mark.parametrize("seed", sampled(range(200), one_in=4))
def test_a_zip_with_random_bytes_in_it_is_never_more_than_refused(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 (chance, not a secret)
    changed = bytearray(BUNDLE)
    for _ in range(chance.choice((1, 1, 2, 8, 200))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    report = judged(bytes(changed), trusting(LOG.signer))
    # A file that is folded in another way is the same file; README.txt and report.html are proven by nothing.
    assert report.exit_code == 1 or unzipped(bytes(changed)) == unzipped(BUNDLE)


def unzipped(evidence: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(evidence)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return {name: data for name, data in files.items() if name not in fundtrail_verify.FOR_PEOPLE} | {
        name: FILES[name] for name in fundtrail_verify.FOR_PEOPLE
    }


HURTING_JSON = {
    "deep": DEEP,
    "deep objects": DEEP_OBJECTS,
    "never closed": b"[" * 100_000,
    "a huge number": b'{"a":' + b"9" * 200_000 + b"}",
    "a huge exponent": b'{"a":1e999999999}',
    "not a number": b'{"a":NaN}',
    "infinity": b"[-Infinity]",
    "one key twice": b'{"a":1,"a":1}',
    "a key twice, deep": b'{"a":{"b":1,"b":2}}',
    "a lone surrogate": b'["\\ud800"]',
    "an escape": b'["\\u0041"]',
    "white space": b"[1, 2]",
    "a byte order mark": b"\xef\xbb\xbf[]",
    "not UTF-8": b'["\xff"]',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "minus zero": b"[-0]",
    "a leading zero": b"[01]",
    "two values": b"[][]",
    "nothing": b"",
    "quotes that never end": b'{"' + b'\\"' * 200_000,
    "a backslash at the end": b"[" * 40 + b'"\\',
    "very many brackets": b"[" + b"[]," * 300_000 + b"[]]",
}


@pytest.mark.parametrize("what", HURTING_JSON)
def test_json_made_to_hurt_is_refused(what: str) -> None:
    started = perf_counter()
    with pytest.raises(Fault):
        parse_json(HURTING_JSON[what])
    assert perf_counter() - started < 5


@pytest.mark.parametrize("what", sampled(HURTING_JSON, one_in=3))
@pytest.mark.parametrize(
    "name",
    ["manifest.json", "claim.json", "inclusion.json", "completeness.json", "entries.jsonl", "openings.json"],
)
def test_json_made_to_hurt_is_refused_in_every_file(what: str, name: str) -> None:
    files = FILES | {name: HURTING_JSON[what] + b"\n"}
    report = report_of(files if name == "manifest.json" else with_manifest(files))
    assert failed_levels(report)


@pytest.mark.parametrize("what", HURTING_JSON)
def test_json_made_to_hurt_is_refused_in_an_export(what: str) -> None:
    header, *lines = export_of(LOG).splitlines(keepends=True)
    refused(HURTING_JSON[what] + b"\n" + b"".join(lines))
    refused(header + HURTING_JSON[what] + b"\n" + b"".join(lines[1:]))


def test_brackets_in_texts_are_no_depth() -> None:
    text = "[{" * 1000 + '"\\'
    assert parse_json(json_file([text, {"a": text}])[:-1]) == [text, {"a": text}]


def test_a_depth_of_32_is_the_limit() -> None:
    parse_json(b"[" * 32 + b"]" * 32)
    parse_json(b"[" + b",".join([b"[]"] * 100) + b"]")
    with pytest.raises(Fault, match="32 levels"):
        parse_json(b"[" * 33 + b"]" * 33)


def test_integers_end_at_2_to_the_53() -> None:
    assert parse_json(b"[9007199254740991,-9007199254740991]") == [2**53 - 1, 1 - 2**53]
    for number in (b"9007199254740992", b"-9007199254740992", b"1" + b"0" * 5000):
        with pytest.raises(Fault):
            parse_json(b"[" + number + b"]")


def test_an_export_of_one_endless_line_is_not_read_into_memory() -> None:
    header = export_of(LOG).splitlines(keepends=True)[0]
    report = refused(header + b"x" * 5_000_000)
    assert first_place(report) == "inclusion: log export, position 1"
    assert "too long" in first_reason(report)
    assert len(failed_levels(refused(b"{" + b"x" * 5_000_000))) == 5


def test_an_export_that_announces_more_entries_than_there_are_ends_where_it_ends() -> None:
    header, *lines = export_of(LOG).splitlines(keepends=True)
    report = refused(header.replace(b'"size":27', b'"size":9007199254740991') + b"".join(lines))
    assert first_place(report) == "inclusion: log export, position 28"


def test_more_entries_than_a_bundle_may_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fundtrail_verify, "MAX_BUNDLED_ENTRIES", 5)
    report = report_of(FILES)
    assert "more than 5 proofs" in first_reason(report)
    assert "more than 5 lines" in report.faults[Level.CONTENT].reason


def test_texts_of_the_evidence_do_not_reach_the_terminal_as_they_are() -> None:
    files = dict(FILES)
    files["claim.json"] = files["claim.json"].replace(b'"609.99"', '"\u202e\\u001b[31m609.99"'.encode())
    report = report_of(with_manifest(files))
    text = fundtrail_verify.as_text(report)
    assert "\\u202e" in text
    assert "\u202e" not in text
    assert "\x1b" not in text


def test_a_defect_of_the_verifier_itself_is_said_and_verifies_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr(fundtrail_verify, "verify_bundle", fail)
    report = fundtrail_verify.verify(io.BytesIO(BUNDLE), trusting(LOG.signer))
    assert len(failed_levels(report)) == 5
    assert "this verifier has an error: KeyError" in first_reason(report)
