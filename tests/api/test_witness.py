"""The witness over HTTP: every answer of C2SP tlog-witness, in its order, and no cosignature for two histories."""

import contextlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapters.transparency.ed25519 import verify
from api.witness import witness_app
from domain.checkpoint import Checkpoint, format_checkpoint
from domain.cosigning import MAX_REQUEST_BYTES, format_cosigning_request
from domain.merkle import MAX_TREE_SIZE
from domain.note import (
    MAX_NOTE_BYTES,
    Note,
    Signature,
    VerifiedSignature,
    format_note,
    format_signature,
    parse_note,
    signature_of,
    verify_note,
)
from tests.support.effort import full_only, sampled
from tests.support.witness import (
    DEADLINE_S,
    NOW_S,
    WITNESS,
    InProcess,
    SmallLog,
    cosigned,
    listening,
    listening_witness,
    witness_in,
)

LOG = SmallLog()
FORK = SmallLog(forked_at=3)
OTHER = SmallLog("other.example")
STRANGER = SmallLog("stranger.example")
WATCHED = [LOG.signer.key, OTHER.signer.key]
SIZE_TYPE = "text/x.tlog.size"


@pytest.fixture
def witness(tmp_path: Path) -> InProcess:
    """A witness that has cosigned nothing yet."""
    return InProcess(witness_app(witness_in(tmp_path, WATCHED)))


@pytest.fixture
def at_five(witness: InProcess) -> InProcess:
    """A witness that has cosigned the first five entries."""
    assert witness.add_checkpoint(LOG.request(0, 5)).status_code == 200
    return witness


def request(old_size: int, note: Note, proof: tuple[bytes, ...] = ()) -> bytes:
    return format_cosigning_request(old_size, proof, note)


def monitored(witness: InProcess, log: SmallLog = LOG) -> httpx.Response:
    return witness.request("GET", f"/{sha256(log.origin.encode()).hexdigest()}/checkpoint")


def held(witness: InProcess) -> int:
    """The size the witness has cosigned last, as it tells everyone who asks with a size it cannot have."""
    answer = witness.add_checkpoint(request(201, LOG.note(201)))
    assert answer.status_code == 409
    return int(answer.text)


def test_a_first_checkpoint_is_cosigned_at_the_time_of_the_clock(witness: InProcess) -> None:
    answer = witness.add_checkpoint(LOG.request(0, 5))
    assert answer.status_code == 200
    note = parse_note(f"{LOG.text(5)}\n{answer.text}".encode())
    assert verify_note(note, [WITNESS.key], verify) == (VerifiedSignature(WITNESS.key, NOW_S),)
    assert answer.text == format_signature(cosigned(LOG.note(5)).signatures[-1])


def test_a_log_goes_on_from_what_was_cosigned(at_five: InProcess) -> None:
    for old_size, size in [(5, 8), (8, 9), (9, 200), (200, 200)]:
        assert at_five.add_checkpoint(LOG.request(old_size, size)).status_code == 200
    assert held(at_five) == 200


def test_logs_do_not_touch_each_other(at_five: InProcess) -> None:
    assert at_five.add_checkpoint(OTHER.request(0, 8)).status_code == 200
    assert held(at_five) == 5


def test_an_empty_log_is_cosigned(witness: InProcess) -> None:
    for old_size, size in [(0, 0), (0, 0), (0, 5)]:
        assert witness.add_checkpoint(LOG.request(old_size, size)).status_code == 200


def test_extensions_are_cosigned_as_they_are(witness: InProcess) -> None:
    note = LOG.note(5, "epoch 3", "anything")
    answer = witness.add_checkpoint(request(0, note))
    assert verify_note(parse_note(f"{note.text}\n{answer.text}".encode()), [WITNESS.key], verify)


@pytest.mark.parametrize(
    "body",
    sampled(
        [
            b"",
            b"\n",
            b"\n\n",
            b"old 0",
            b"old 0\n\n",
            b"old 0\n\n\n",
            b"\xff\xfe",
            b"old 0\n\n" + b"\xff" * 100,
            b"old 0\n\n" + LOG.text(5).encode(),
            b"old 0\n" + format_note(LOG.note(5)),
            LOG.request(0, 5)[:-1],
            LOG.request(0, 5) + b"\n",
            LOG.request(0, 5).replace(b"\n", b"\r\n"),
            LOG.request(0, 5).replace(b"old 0", b"old 00"),
            LOG.request(0, 5).replace(b"old 0", b"old -1"),
            LOG.request(0, 5).replace(b"old 0", b"old 0\nAAAA"),
            LOG.request(0, 5).replace(b"old 0", b"old 0" + b"\n" + b"A" * 43 + b"=" * 2),
            LOG.request(0, 5).replace(b"old 0", b"old 0" + (b"\n" + b"A" * 43 + b"=") * 64),
            LOG.request(0, 5).replace(b"\n5\n", b"\n05\n"),
            LOG.request(0, 5).replace(b"\n5\n", f"\n{MAX_TREE_SIZE + 1}\n".encode()),
            LOG.request(0, 5).replace(b"\n5\n", b"\nfive\n"),
            request(9, LOG.note(8)),
        ],
        one_in=2,
    ),
)
def test_what_cannot_be_read_is_a_bad_request(at_five: InProcess, body: bytes) -> None:
    answer = at_five.add_checkpoint(body)
    assert answer.status_code == 400
    assert held(at_five) == 5


@pytest.mark.parametrize("old_size", [6, 200])
def test_an_old_size_above_the_checkpoint_is_a_bad_request(at_five: InProcess, old_size: int) -> None:
    assert at_five.add_checkpoint(request(old_size, LOG.note(5))).status_code == 400


def test_a_longer_request_than_any_is_too_large(at_five: InProcess) -> None:
    too_long = LOG.request(5, 8) + b"x" * MAX_REQUEST_BYTES
    assert at_five.add_checkpoint(too_long).status_code == 413
    assert held(at_five) == 5


def test_sixty_three_lines_of_proof_are_read(at_five: InProcess) -> None:
    answer = at_five.add_checkpoint(request(5, LOG.note(8), (bytes(32),) * 63))
    assert answer.status_code == 422


def test_a_log_that_is_not_watched_is_not_found(at_five: InProcess) -> None:
    assert at_five.add_checkpoint(STRANGER.request(0, 5)).status_code == 404


def wrongly_signed() -> Iterator[Note]:
    text = LOG.text(8)
    (signature,) = LOG.note(8).signatures
    wrong = Signature(signature.name, signature.key_id, signature.value[:-1] + bytes([signature.value[-1] ^ 1]))
    yield Note(text, (wrong,))
    yield Note(text, (signature, wrong))
    yield Note(text, (wrong, signature))
    yield Note(text, (Signature(signature.name, signature.key_id, signature.value[:63]),))
    yield Note(text, LOG.note(7).signatures)
    yield Note(text, STRANGER.note(8).signatures)
    yield Note(text, (signature_of(text, OTHER.signer),))
    yield Note(text, (signature_of(text, SmallLog(seed="another").signer),))
    yield Note(text, cosigned(LOG.note(8)).signatures[1:])


@pytest.mark.parametrize("note", list(wrongly_signed()))
def test_a_checkpoint_that_its_log_did_not_sign_is_forbidden(at_five: InProcess, note: Note) -> None:
    assert at_five.add_checkpoint(request(5, note, LOG.prove(5, 8))).status_code == 403
    assert held(at_five) == 5


def test_signatures_of_strangers_do_no_harm(at_five: InProcess) -> None:
    text = LOG.text(8)
    note = Note(text, (signature_of(text, STRANGER.signer), *LOG.note(8).signatures))
    assert at_five.add_checkpoint(request(5, note, LOG.prove(5, 8))).status_code == 200


@pytest.mark.parametrize(("old_size", "size"), [(0, 8), (4, 8), (6, 8), (8, 8), (0, 4), (4, 4), (0, 0)])
def test_another_old_size_is_a_conflict_that_names_the_right_one(at_five: InProcess, old_size: int, size: int) -> None:
    answer = at_five.add_checkpoint(LOG.request(old_size, size))
    assert (answer.status_code, answer.text) == (409, "5\n")
    assert answer.headers["content-type"] == SIZE_TYPE


def test_before_the_first_checkpoint_the_right_size_is_0(witness: InProcess) -> None:
    answer = witness.add_checkpoint(LOG.request(5, 8))
    assert (answer.status_code, answer.text) == (409, "0\n")


def test_an_empty_tree_with_another_root_is_not_accepted(witness: InProcess) -> None:
    text = format_checkpoint(Checkpoint(LOG.origin, 0, bytes(32)))
    note = Note(text, (signature_of(text, LOG.signer),))
    assert witness.add_checkpoint(request(0, note)).status_code == 422


def test_a_proof_from_nothing_is_not_accepted(witness: InProcess) -> None:
    assert witness.add_checkpoint(request(0, LOG.note(8), (bytes(32),))).status_code == 422
    assert held(witness) == 0


@pytest.mark.parametrize("proof", [(), LOG.prove(5, 8)[1:], LOG.prove(5, 8)[::-1], (*LOG.prove(5, 8), bytes(32))])
def test_a_proof_that_does_not_hold_is_not_accepted(at_five: InProcess, proof: tuple[bytes, ...]) -> None:
    assert at_five.add_checkpoint(request(5, LOG.note(8), proof)).status_code == 422
    assert held(at_five) == 5


@pytest.mark.parametrize(("old_size", "size"), [(5, 8), (5, 200), (5, 5)])
def test_a_fork_is_not_accepted(at_five: InProcess, old_size: int, size: int) -> None:
    before = monitored(at_five).content
    assert at_five.add_checkpoint(FORK.request(old_size, size)).status_code == 422
    assert monitored(at_five).content == before


def test_a_fork_is_written_down_as_the_log_signed_it(at_five: InProcess) -> None:
    with capture_logs() as said:
        at_five.add_checkpoint(FORK.request(5, 8))
    (line,) = [each for each in said if each["event"] == "checkpoint-not-consistent"]
    (signature,) = FORK.note(8).signatures
    assert format_signature(signature).strip() in str(line).replace("\\n", "\n")


def test_a_log_that_was_rolled_back_is_not_cosigned_until_it_is_past_where_it_was(at_five: InProcess) -> None:
    for old_size, size, status in [(0, 3, 409), (3, 4, 409), (5, 4, 400)]:
        assert at_five.add_checkpoint(LOG.request(old_size, size)).status_code == status
    # It goes on with other entries than before: never, however large it grows.
    for size in (4, 5, 8, 200):
        assert at_five.add_checkpoint(FORK.request(5, size)).status_code in {400, 422}
    assert held(at_five) == 5


def test_refusals_come_in_the_order_of_the_specification(at_five: InProcess) -> None:
    unsigned_stranger = Note(STRANGER.text(8), LOG.note(8).signatures)
    assert at_five.add_checkpoint(request(9, unsigned_stranger)).status_code == 404
    unsigned = Note(LOG.text(8), STRANGER.note(8).signatures)
    assert at_five.add_checkpoint(request(9, unsigned)).status_code == 403
    assert at_five.add_checkpoint(request(9, LOG.note(8))).status_code == 400
    assert at_five.add_checkpoint(request(0, LOG.note(8), (bytes(32),))).status_code == 409


def test_no_refusal_repeats_what_was_sent(at_five: InProcess) -> None:
    marked = SmallLog("kilroy.example")
    bodies = [
        b"kilroy",
        b"old 0\nkilroy\n\n" + format_note(LOG.note(8)),
        marked.request(0, 5),
        request(5, Note(LOG.text(8), marked.note(8).signatures)),
        request(5, LOG.note(8, "kilroy")),
    ]
    for body in bodies:
        answer = at_five.add_checkpoint(body)
        assert answer.status_code >= 400
        assert "kilroy" not in answer.text
    assert "kilroy" not in at_five.request("GET", "/kilroy/checkpoint").text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=20).map(lambda tail: LOG.request(5, 8)[:-20] + tail))
@example(b"old " + b"9" * 5000)
def test_whatever_is_sent_is_refused_as_a_bad_request(at_five: InProcess, body: bytes) -> None:
    assert at_five.add_checkpoint(body).status_code in {400, 403}


@full_only
def test_any_flipped_bit_of_a_request_is_refused(at_five: InProcess) -> None:
    data = LOG.request(5, 8)
    for place in range(0, 8 * len(data), 7):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        assert at_five.add_checkpoint(bytes(changed)).status_code in {400, 403, 404, 409, 422}
    assert at_five.add_checkpoint(data).status_code == 200


def test_a_checkpoint_with_no_room_for_the_cosignature_is_a_bad_request(witness: InProcess) -> None:
    note = LOG.note(5, "x")
    most = LOG.note(5, "x" * (1 + MAX_NOTE_BYTES - len(format_note(note))))
    assert len(format_note(most)) == MAX_NOTE_BYTES
    assert witness.add_checkpoint(request(0, most)).status_code == 400
    assert held(witness) == 0


def test_monitors_see_the_last_checkpoint_with_both_signatures(at_five: InProcess) -> None:
    assert monitored(at_five).content == format_note(cosigned(LOG.note(5)))
    at_five.add_checkpoint(LOG.request(5, 8))
    answer = monitored(at_five)
    assert (answer.status_code, answer.content) == (200, format_note(cosigned(LOG.note(8))))
    verified = verify_note(parse_note(answer.content), [LOG.signer.key, WITNESS.key], verify)
    assert [each.key for each in verified] == [LOG.signer.key, WITNESS.key]


def test_monitors_see_nothing_before_the_first(at_five: InProcess) -> None:
    for log in (OTHER, STRANGER):
        assert monitored(at_five, log).status_code == 404
    upper = sha256(LOG.origin.encode()).hexdigest().upper()
    for path in (f"/{upper}/checkpoint", "/checkpoint", f"/{LOG.origin}/checkpoint", "//checkpoint", "/x/y"):
        assert at_five.request("GET", path).status_code == 404


def test_a_log_that_is_no_longer_watched_is_still_shown(at_five: InProcess, tmp_path: Path) -> None:
    later = InProcess(witness_app(witness_in(tmp_path, [OTHER.signer.key])))
    assert monitored(later).content == monitored(at_five).content
    assert later.add_checkpoint(LOG.request(5, 8)).status_code == 404


def test_other_methods_are_not_allowed(at_five: InProcess) -> None:
    assert at_five.request("GET", "/add-checkpoint").status_code == 405
    assert at_five.request("PUT", "/add-checkpoint").status_code == 405
    assert at_five.request("POST", f"/{'0' * 64}/checkpoint").status_code == 405


def test_health_is_told(witness: InProcess) -> None:
    answer = witness.request("GET", "/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "up"})


def test_a_new_key_of_a_log_is_accepted_beside_the_old_one(tmp_path: Path) -> None:
    old, new = SmallLog(seed="old"), SmallLog(seed="new")
    both = InProcess(witness_app(witness_in(tmp_path, [old.signer.key, new.signer.key, old.signer.key])))
    assert both.add_checkpoint(old.request(0, 5)).status_code == 200
    assert both.add_checkpoint(new.request(5, 8)).status_code == 200
    only_new = InProcess(witness_app(witness_in(tmp_path, [new.signer.key])))
    assert only_new.add_checkpoint(old.request(8, 9)).status_code == 403
    assert only_new.add_checkpoint(new.request(8, 9)).status_code == 200


def test_what_was_cosigned_is_known_after_a_restart(at_five: InProcess, tmp_path: Path) -> None:
    restarted = InProcess(witness_app(witness_in(tmp_path, WATCHED)))
    assert monitored(restarted).content == monitored(at_five).content
    assert restarted.add_checkpoint(LOG.request(0, 8)).text == "5\n"
    assert restarted.add_checkpoint(FORK.request(5, 8)).status_code == 422
    assert restarted.add_checkpoint(LOG.request(5, 8)).status_code == 200


def test_nothing_is_cosigned_that_cannot_be_kept(at_five: InProcess, tmp_path: Path) -> None:
    in_the_way = tmp_path / "state.new"
    in_the_way.mkdir()
    assert at_five.add_checkpoint(LOG.request(5, 8)).status_code == 503
    assert held(at_five) == 5
    in_the_way.rmdir()
    assert at_five.add_checkpoint(LOG.request(5, 8)).status_code == 200


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_nothing_is_cosigned_when_the_state_is_lost(at_five: InProcess, tmp_path: Path, damage: str) -> None:
    state = tmp_path / "state"
    if damage == "cut":
        state.write_bytes(state.read_bytes()[:-1])
    else:
        state.unlink()
    for old_size in (0, 5):
        answer = at_five.add_checkpoint(LOG.request(old_size, 8))
        assert answer.status_code == 503
        assert str(tmp_path) not in answer.text
    assert monitored(at_five).status_code == 503


def test_a_connection_is_kept_for_further_requests(tmp_path: Path) -> None:
    with listening_witness(tmp_path, LOG) as url, httpx.Client(base_url=url, timeout=DEADLINE_S) as client:
        assert client.post("/add-checkpoint", content=LOG.request(0, 5)).status_code == 200
        refused = client.post("/add-checkpoint", content=LOG.request(0, 5))
        assert (refused.status_code, refused.headers["content-type"]) == (409, SIZE_TYPE)
        again = client.post("/add-checkpoint", content=LOG.request(5, 8))
        assert again.status_code == 200
        assert "connection" not in {*refused.headers, *again.headers}
        assert client.get("/healthz").json() == {"status": "up"}


def test_a_body_without_end_is_not_taken(tmp_path: Path) -> None:
    chunks_left = iter(range(5_000))

    def endless() -> Iterator[bytes]:
        yield from (b"x" * 65_536 for _ in chunks_left)

    with listening_witness(tmp_path, LOG) as url, contextlib.suppress(httpx.NetworkError):
        assert httpx.post(f"{url}/add-checkpoint", content=endless(), timeout=DEADLINE_S).status_code == 413
    assert next(chunks_left, None) is not None


def test_one_application_may_listen_at_several_addresses(tmp_path: Path) -> None:
    app = witness_app(witness_in(tmp_path, WATCHED))
    with listening(app) as one, listening(app) as other:
        assert httpx.post(f"{one}/add-checkpoint", content=LOG.request(0, 5)).status_code == 200
        assert httpx.post(f"{other}/add-checkpoint", content=LOG.request(0, 8)).text == "5\n"
