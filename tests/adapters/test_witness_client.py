"""A cosignature comes back verified or not at all, whatever is at the witness's address."""

import ipaddress
import json
import time
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from adapters.transparency.ed25519 import verify
from adapters.transparency.witness_client import (
    MAX_ANSWER_BYTES,
    WitnessAnswerError,
    WitnessRefusedError,
    WitnessUnreachableError,
    WitnessUrlError,
    submit,
)
from api.witness import witness_app
from domain.checkpoint import MalformedCheckpointError
from domain.note import (
    Algorithm,
    MalformedNoteError,
    Note,
    Signature,
    cosignature_of,
    format_signature,
    parse_note,
    parse_verifier_key,
    signature_of,
    verify_note,
)
from tests.support.ed25519 import SeededSigner
from tests.support.effort import full_but, full_only
from tests.support.scripted_server import Answer, drip, http, raw, scripted, silence, status
from tests.support.witness import NOW_S, WITNESS, SmallLog, cosigned, listening, listening_witness, witness_in

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "signed-notes.json"
SUNLIGHT = json.loads(VECTORS.read_text(encoding="utf-8"))["sunlight_cosignatures"]
LOG = SmallLog()
FORK = SmallLog(forked_at=3)
NOTE = LOG.note(8)
COSIGNATURE = cosigned(NOTE).signatures[-1]
LINE = format_signature(COSIGNATURE).encode()
GOOD = status("200 OK", LINE)
SIZE_TYPE = "Content-Type: text/x.tlog.size"
QUICK_S = 0.2


def ask(url: str, note: Note = NOTE, *, old_size: int = 0, timeout_s: float = 10.0) -> tuple[Signature, ...]:
    return submit(url, WITNESS.key, note, LOG.prove, old_size=old_size, timeout_s=timeout_s)


def refusal(url: str, note: Note = NOTE, *, old_size: int = 0, log: SmallLog = LOG) -> tuple[int, int | None]:
    with pytest.raises(WitnessRefusedError) as refused:
        submit(url, WITNESS.key, note, log.prove, old_size=old_size)
    return refused.value.status, refused.value.size


def test_a_witness_cosigns_a_log_as_it_grows(tmp_path: Path) -> None:
    with listening_witness(tmp_path, LOG) as url:
        old_size = 0
        for size in (0, 5, 8, 8, 200):
            note = LOG.note(size)
            cosignatures = ask(url, note, old_size=old_size)
            whole = Note(note.text, note.signatures + cosignatures)
            assert verify_note(whole, [WITNESS.key], verify) == ((WITNESS.key, NOW_S),)
            old_size = size


@pytest.mark.parametrize("hint", full_but([0, 3, 5, 8, 9, 200], quick={0, 5, 9}))
@pytest.mark.parametrize("held", [0, 3, 8])
def test_a_wrong_idea_of_where_the_witness_stands_is_put_right(tmp_path: Path, held: int, hint: int) -> None:
    with listening_witness(tmp_path, LOG) as url:
        ask(url, LOG.note(held))
        assert ask(url, old_size=hint) == (COSIGNATURE,)


def test_a_fork_is_refused(tmp_path: Path) -> None:
    with listening_witness(tmp_path, LOG) as url:
        ask(url, LOG.note(5))
        assert refusal(url, FORK.note(8), old_size=5, log=FORK) == (422, None)
        assert refusal(url, FORK.note(5), old_size=5, log=FORK) == (422, None)
        assert ask(url, old_size=5) == (COSIGNATURE,)


def test_a_log_that_has_lost_entries_learns_how_many_it_had(tmp_path: Path) -> None:
    with listening_witness(tmp_path, LOG) as url:
        ask(url, LOG.note(8))
        for hint in (0, 5, 8):
            assert refusal(url, LOG.note(5), old_size=hint) == (409, 8)


def test_an_unknown_log_and_a_foreign_signature_are_refused(tmp_path: Path) -> None:
    with listening_witness(tmp_path, LOG) as url:
        assert refusal(url, SmallLog("stranger.example").note(8)) == (404, None)
        assert refusal(url, Note(NOTE.text, LOG.note(5).signatures)) == (403, None)


def test_the_request_is_what_the_specification_says() -> None:
    with scripted(status("409 Conflict", b"5\n", SIZE_TYPE), GOOD) as server:
        assert ask(f"{server.url}/prefix/") == (COSIGNATURE,)
    first, second = server.requests
    head, _, body = first.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /prefix/add-checkpoint HTTP/1.1\r\n")
    assert f"Host: {server.url.removeprefix('http://')}".encode() in head
    assert body == LOG.request(0, 8)
    assert second.partition(b"\r\n\r\n")[2] == LOG.request(5, 8)


def test_a_second_conflict_is_a_refusal() -> None:
    conflicts = [status("409 Conflict", f"{size}\n".encode(), SIZE_TYPE) for size in (5, 6, 7)]
    with scripted(*conflicts) as server:
        assert refusal(server.url) == (409, 6)
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    "body", [b"", b"5", b"\n", b"05\n", b"-5\n", b"5\n\n", b" 5\n", b"five\n", b"9" * 5000 + b"\n"]
)
def test_a_conflict_that_names_no_size_is_a_refusal(body: bytes) -> None:
    with scripted(status("409 Conflict", body, SIZE_TYPE), GOOD) as server:
        assert refusal(server.url) == (409, None)
        assert len(server.requests) == 1


def test_a_size_of_another_type_is_no_size() -> None:
    with scripted(status("409 Conflict", b"5\n", "Content-Type: text/plain"), GOOD) as server:
        assert refusal(server.url) == (409, None)
    with scripted(status("409 Conflict", b"5\n", "Content-Type: Text/X.Tlog.Size; charset=utf-8"), GOOD) as server:
        assert ask(server.url) == (COSIGNATURE,)


@pytest.mark.parametrize("line", ["201 Created", "204 No Content", "400 Bad Request", "418 Teapot", "503 Unavailable"])
def test_any_other_status_is_a_refusal(line: str) -> None:
    with scripted(status(line, b"" if "204" in line else LINE)) as server:
        assert refusal(server.url) == (int(line[:3]), None)


@pytest.mark.parametrize("line", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirection_is_not_followed(line: str) -> None:
    with scripted(GOOD) as elsewhere, scripted(status(line, b"", f"Location: {elsewhere.url}/")) as server:
        assert refusal(server.url) == (int(line[:3]), None)
        assert elsewhere.requests == []


def signed_by(signer: SeededSigner, text: str = NOTE.text, time_s: int = NOW_S) -> bytes:
    return format_signature(cosignature_of(text, signer, time_s)).encode()


STRANGER = SeededSigner("stranger.example", Algorithm.COSIGNATURE)
SAME_NAME = SeededSigner(WITNESS.key.name, Algorithm.COSIGNATURE, seed="another")
AS_LOG = SeededSigner(WITNESS.key.name)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n",
        b"no signature\n",
        b"\xff\n",
        LINE[:-1],
        LINE + b"\n",
        b"\n" + LINE,
        LINE.replace(b"\n", b"\r\n"),
        LINE + b"no signature\n",
        LINE * 33,
        signed_by(STRANGER),
        signed_by(SAME_NAME),
        signed_by(WITNESS, LOG.text(5)),
        signed_by(WITNESS, FORK.text(8)),
        signed_by(WITNESS, time_s=0),
        LINE + signed_by(WITNESS, time_s=0),
        LINE + signed_by(WITNESS, LOG.text(5)),
        format_signature(signature_of(NOTE.text, AS_LOG)).encode(),
        format_signature(NOTE.signatures[0]).encode(),
        b"more text\n\n" + signed_by(WITNESS, f"{NOTE.text}\nmore text\n"),
    ],
)
def test_an_answer_without_the_cosignature_is_refused(body: bytes) -> None:
    with scripted(status("200 OK", body)) as server, pytest.raises(WitnessAnswerError):
        ask(server.url)


@full_only
def test_any_flipped_bit_of_the_cosignature_is_noticed() -> None:
    value = b64decode(LINE.split()[2])
    changes = []
    for place in range(0, 8 * len(value), 3):
        changed = bytearray(value)
        changed[place // 8] ^= 1 << place % 8
        changes.append(LINE.replace(LINE.split()[2], b64encode(changed)))
    with scripted(*(status("200 OK", changed) for changed in changes)) as server:
        for _ in changes:
            with pytest.raises(WitnessAnswerError):
                ask(server.url)


@pytest.mark.parametrize("case", SUNLIGHT, ids=["witness", "mirror"])
def test_a_cosignature_of_sunlight_is_accepted_from_its_witness(case: dict[str, str]) -> None:
    key, note = parse_verifier_key(case["vkey"]), parse_note(case["checkpoint"].encode())
    line = format_signature(note.signatures[-1]).encode()
    with scripted(status("200 OK", line), status("200 OK", LINE)) as server:
        assert submit(server.url, key, note, LOG.prove) == note.signatures[-1:]
        with pytest.raises(WitnessAnswerError):
            submit(server.url, key, note, LOG.prove)


def test_other_signatures_in_the_answer_are_left_out() -> None:
    later = cosignature_of(NOTE.text, WITNESS, NOW_S + 1)
    body = signed_by(STRANGER) + LINE + signed_by(SAME_NAME) + format_signature(later).encode()
    with scripted(status("200 OK", body)) as server:
        assert ask(server.url) == (COSIGNATURE, later)


@pytest.mark.parametrize(
    "answer",
    [
        raw(http("200 OK", LINE + b"x" * MAX_ANSWER_BYTES)),
        raw(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MAX_ANSWER_BYTES + 1)),
        raw(b"HTTP/1.1 409 Conflict\r\n\r\n" + b"x" * (MAX_ANSWER_BYTES + 1)),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b"x" * 0x4000 + b"\r\n"),
    ],
)
def test_an_answer_that_is_too_long_is_refused(answer: Answer) -> None:
    with scripted(answer) as server, pytest.raises(WitnessAnswerError, match="longer than"):
        ask(server.url)


@pytest.mark.parametrize(
    "answer",
    [
        raw(b""),
        raw(b"HTTP/1.1"),
        raw(b"SSH-2.0-OpenSSH\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + LINE),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n500\r\n" + LINE),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n" + LINE),
        raw(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1000),
        raw(b"HTTP/1.1 200 OK\r\na: " + b"b" * 100_000),
    ],
)
def test_an_answer_that_breaks_off_is_none(answer: Answer) -> None:
    with scripted(answer) as server, pytest.raises(WitnessUnreachableError):
        ask(server.url)


@pytest.mark.parametrize(
    "answer",
    [
        silence,
        drip(b"", b"H"),
        drip(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", b"x"),
        drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_an_answer_that_does_not_come_to_an_end_in_time_is_none(answer: Answer) -> None:
    with scripted(answer) as server:
        begin = time.monotonic()
        with pytest.raises(WitnessUnreachableError):
            ask(server.url, timeout_s=QUICK_S)
        assert QUICK_S <= time.monotonic() - begin < 20 * QUICK_S


@pytest.mark.parametrize("answer", [silence, drip(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb", b"\x00"), GOOD])
def test_a_handshake_that_does_not_come_to_an_end_is_cut_off(answer: Answer) -> None:
    with scripted(answer, take=1) as server:
        begin = time.monotonic()
        with pytest.raises(WitnessUnreachableError):
            ask(server.url.replace("http://", "https://"), timeout_s=QUICK_S)
        assert time.monotonic() - begin < 20 * QUICK_S


def test_an_address_where_nobody_is_is_unreachable() -> None:
    with scripted() as server:
        url = server.url
    with pytest.raises(WitnessUnreachableError, match=r"no answer from 127\.0\.0\.1: ConnectionRefusedError"):
        ask(url)
    with pytest.raises(WitnessUnreachableError):
        ask("http://a..b/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "witness.example",
        "//witness.example/",
        "http:",
        "http://",
        "http:///path",
        "http://:80/",
        "ftp://witness.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://user@witness.example/",
        "http://user:password@witness.example/",
        "http://witness.example/?query",
        "http://witness.example/#fragment",
        "http://witness.example:port/",
        "http://witness.example:65536/",
        "http://[::1/",
        "http://witness.example/a b",
        "http://witness.example/\r\nX: y",
        "http://witness.example/\n",
        " http://witness.example/",
        "http://见证.example/",
    ],
)
def test_an_address_that_is_no_plain_http_address_is_refused(url: str) -> None:
    with pytest.raises(WitnessUrlError):
        ask(url)


def test_what_cannot_be_sent_is_not_sent() -> None:
    with scripted(GOOD) as server:
        with pytest.raises(MalformedCheckpointError):
            ask(server.url, Note("no checkpoint\n", NOTE.signatures))
        with pytest.raises(MalformedNoteError):
            ask(server.url, Note(NOTE.text, ()))
        assert server.requests == []


def test_what_the_log_cannot_prove_is_its_own_error() -> None:
    def prove(_old_size: int, _size: int) -> tuple[bytes, ...]:
        raise LookupError

    with scripted(status("409 Conflict", b"5\n", SIZE_TYPE), GOOD) as server, pytest.raises(LookupError):
        submit(server.url, WITNESS.key, NOTE, prove)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for this machine that nobody has signed but itself, and its key."""
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "witness")])
    now = datetime.now(UTC)
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    signed = builder.add_extension(host, critical=False).sign(key, None)
    pem = serialization.Encoding.PEM
    form, encryption = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (tmp_path / "certificate.pem").write_bytes(signed.public_bytes(pem))
    (tmp_path / "certificate.key").write_bytes(key.private_bytes(pem, form, encryption))
    return tmp_path / "certificate.pem", tmp_path / "certificate.key"


def test_https_needs_a_certificate_that_this_machine_trusts(
    tmp_path: Path, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    public, private = certificate
    app = witness_app(witness_in(tmp_path, [LOG.signer.key]))
    with listening(app, ssl_certfile=public, ssl_keyfile=private) as url:
        address = url.replace("http://", "https://")
        with pytest.raises(WitnessUnreachableError, match="SSLCertVerificationError"):
            ask(address)
        monkeypatch.setenv("SSL_CERT_FILE", str(public))
        assert ask(address) == (COSIGNATURE,)
