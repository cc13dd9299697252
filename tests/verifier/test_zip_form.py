"""The one form of the zip of a bundle: no byte is free but in the files for people, nothing hides between."""

import io
import struct
import sys
import zipfile
from collections.abc import Iterator

import pytest
from typing_extensions import override

from api.evidence import bundle as service
from tests.support.auditor import VERDICT_OF_ALL, failed_levels, judged, trusting, verdicts
from tests.support.effort import effort, sampled
from tests.support.evidence import FIRST_DAY, ORDER, Asked, bundle_of, zipped
from tests.support.evidence_log import STORY_OPENING
from tests.support.tampered_evidence import CLOSED, LOG, YEAR_END, first_reason
from verifier.fundtrail_verify import FOR_PEOPLE

FILES = bundle_of(LOG, Asked(tag="line:L2", as_of=YEAR_END, openings=[STORY_OPENING], since=9))
BUNDLE = zipped(FILES)
TRUST = trusting(LOG.signer)
END_BYTES = 22


def members(evidence: bytes) -> Iterator[tuple[str, range]]:
    """The files, each with the places of its bytes."""
    with zipfile.ZipFile(io.BytesIO(evidence)) as archive:
        for info in archive.infolist():
            start = info.header_offset + 30 + len(info.filename)
            yield info.filename, range(start, start + info.file_size)


def refused(evidence: bytes) -> str:
    report = judged(evidence, TRUST)
    assert len(failed_levels(report)) == 5
    return first_reason(report)


def directory_start(evidence: bytes) -> int:
    return int(struct.unpack_from("<L", evidence, len(evidence) - 6)[0])


def moved_directory(evidence: bytes, by: int) -> bytes:
    return evidence[:-6] + struct.pack("<L", directory_start(evidence) + by) + evidence[-2:]


def test_the_form_is_the_one_that_the_service_writes() -> None:
    names = [name for name in ORDER if name in FILES and name != "manifest.json"]
    evidence = service.zipped({name: FILES[name] for name in names})
    assert verdicts(judged(evidence, TRUST)) == VERDICT_OF_ALL
    assert evidence == BUNDLE


STEP = effort(quick=29, full=1)


def test_no_byte_can_be_changed_but_in_the_files_for_people() -> None:
    for_people = {place for name, places in members(BUNDLE) if name in FOR_PEOPLE for place in places}
    free = []
    for place in sorted(set(range(len(BUNDLE))) - for_people)[::STEP]:
        changed = bytearray(BUNDLE)
        changed[place] ^= 1 << place % 8
        if judged(bytes(changed), TRUST).exit_code == 0:
            free.append(place)
    assert free == []


@pytest.mark.parametrize("flip", sampled([1, 2, 0x10, 0x80, 0xFF], one_in=3))
def test_no_byte_between_the_files_can_be_changed(flip: int) -> None:
    content = {place for _, places in members(BUNDLE) for place in places}
    free = []
    for place in sorted(set(range(len(BUNDLE))) - content):
        changed = bytearray(BUNDLE)
        changed[place] ^= flip
        if judged(bytes(changed), TRUST).exit_code == 0:
            free.append(place)
    assert free == []


def test_nothing_hides_between_the_last_file_and_the_directory() -> None:
    start = directory_start(BUNDLE)
    hiding = moved_directory(BUNDLE[:start] + b"hidden" + BUNDLE[start:], 6)
    with zipfile.ZipFile(io.BytesIO(hiding)) as archive:
        assert archive.testzip() is None, "others read it"
    assert "bytes that belong to no file" in refused(hiding)


def test_nothing_hides_behind_the_end_of_a_file() -> None:
    name, places = list(members(BUNDLE))[-1]
    place = BUNDLE.rindex(b"PK\x01\x02") + 20
    longer = bytearray(BUNDLE[: places.stop] + b"hidden" + BUNDLE[places.stop :])
    header = places.start - len(name) - 12
    for at in (header, header + 4, place + 6, place + 10):
        struct.pack_into("<L", longer, at, len(places) + 6)
    assert "not those of which the zip speaks" in refused(moved_directory(bytes(longer), 6))


def written(*names: str, info: zipfile.ZipInfo | None = None, method: int = zipfile.ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            chosen = info if info and info.filename == name else zipfile.ZipInfo(name, FIRST_DAY)
            archive.writestr(chosen, FILES[name], method)
    return target.getvalue()


NAMES = [name for name in ORDER if name in FILES]


def described(**attributes: object) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("claim.json", FIRST_DAY)
    for name, value in attributes.items():
        setattr(info, name, value)
    return info


@pytest.mark.parametrize(
    "info",
    [
        described(date_time=(2024, 1, 1, 0, 0, 0)),
        described(extra=b"\x99\x99\x02\x00hi"),
        described(comment=b"hidden"),
        described(external_attr=0o644 << 16),
        described(internal_attr=1),
        described(create_version=45),
        described(extract_version=45),
        described(create_system=0 if sys.platform != "win32" else 3),
        described(create_system=19),
    ],
)
def test_a_file_that_is_described_in_another_way_is_refused(info: zipfile.ZipInfo) -> None:
    evidence = written(*NAMES, info=info)
    with zipfile.ZipFile(io.BytesIO(evidence)) as archive:
        assert archive.testzip() is None, "others read it"
    refused(evidence)


def test_a_zip_that_was_made_on_windows_holds() -> None:
    evidence = bytearray(BUNDLE)
    place = evidence.find(b"PK\x01\x02")
    while place >= 0:
        evidence[place + 5] = 0
        place = evidence.find(b"PK\x01\x02", place + 1)
    assert verdicts(judged(bytes(evidence), TRUST)) == VERDICT_OF_ALL


def test_compressed_files_are_refused() -> None:
    assert "it is compressed" in refused(written(*NAMES, method=zipfile.ZIP_DEFLATED))


def test_files_in_another_order_are_refused() -> None:
    assert "not in the order" in refused(written(*NAMES[1:], NAMES[0]))
    assert "not in the order" in refused(written(*NAMES[:2], NAMES[3], NAMES[2], *NAMES[4:]))


def test_sizes_that_a_stream_says_behind_its_data_are_refused() -> None:
    class Stream(io.BytesIO):
        @override
        def seekable(self) -> bool:
            return False

        @override
        def tell(self) -> int:
            raise io.UnsupportedOperation

    target = Stream()
    with zipfile.ZipFile(target, "w") as archive:
        for name in NAMES:
            archive.writestr(zipfile.ZipInfo(name, FIRST_DAY), FILES[name], zipfile.ZIP_STORED)
    assert "not in the one form" in refused(target.getvalue())


def test_two_directories_are_refused() -> None:
    start = directory_start(BUNDLE)
    twice = BUNDLE[:-END_BYTES] + BUNDLE[start:-END_BYTES] + BUNDLE[-END_BYTES:]
    refused(twice)
    refused(moved_directory(twice, len(BUNDLE) - END_BYTES - start))


def test_a_file_that_reaches_into_the_directory_is_refused() -> None:
    files = bundle_of(LOG, CLOSED)
    evidence = bytearray(zipped(files))
    name, places = list(members(bytes(evidence)))[-1]
    entry = bytes(evidence).rindex(b"PK\x01\x02")
    header = places.start - len(name) - 12
    for at in (header, header + 4, entry + 20, entry + 24):
        struct.pack_into("<L", evidence, at, len(places) + 1)
    assert "reaches into the directory" in refused(bytes(evidence))
