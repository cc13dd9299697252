"""What a witness has cosigned last is never lost, never goes back, and is not believed when it is damaged."""

import stat
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from adapters.transparency.witness_state import CorruptStateError, WitnessState, create_state
from domain.checkpoint import parse_checkpoint
from domain.cosigning import StaleSizeError
from domain.note import format_note
from tests.support.effort import effort, full_only
from tests.support.forked import imported_context
from tests.support.witness import DEADLINE_S, SmallLog, advance_to, cosigned

LOG, OTHER = SmallLog(), SmallLog("other.example")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "witness" / "state"


def held(state: WitnessState, log: SmallLog = LOG) -> int | None:
    latest = state.latest(log.origin)
    return None if latest is None else latest.size


def stale_size(replace: Callable[[], None]) -> int:
    with pytest.raises(StaleSizeError) as refused:
        replace()
    return refused.value.size


def test_a_new_state_holds_nothing(path: Path) -> None:
    state = create_state(path)
    assert held(state) is None
    assert state.notes() == {}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_last_note_of_each_log_is_kept(path: Path) -> None:
    state = create_state(path)
    state.replace(cosigned(LOG.note(5)), old_size=0)
    state.replace(cosigned(OTHER.note(7)), old_size=0)
    state.replace(cosigned(LOG.note(8)), old_size=5)
    for each in (state, WitnessState(path)):
        assert each.latest(LOG.origin) == parse_checkpoint(LOG.text(8))
        assert each.latest(OTHER.origin) == parse_checkpoint(OTHER.text(7))
        assert each.notes() == {
            LOG.origin: format_note(cosigned(LOG.note(8))).decode(),
            OTHER.origin: format_note(cosigned(OTHER.note(7))).decode(),
        }


def test_a_step_from_another_size_changes_nothing(path: Path) -> None:
    state = create_state(path)
    assert stale_size(lambda: state.replace(LOG.note(8), old_size=5)) == 0
    state.replace(LOG.note(5), old_size=0)
    before = path.read_bytes()
    for old_size in (0, 4, 6, 8):
        assert stale_size(lambda old_size=old_size: state.replace(LOG.note(8), old_size=old_size)) == 5  # type: ignore[misc]  # mypy does not see the default
    assert path.read_bytes() == before


def test_a_log_may_be_empty_and_may_stand_still(path: Path) -> None:
    state = create_state(path)
    state.replace(LOG.note(0), old_size=0)
    assert held(state) == 0
    state.replace(LOG.note(5), old_size=0)
    state.replace(cosigned(LOG.note(5)), old_size=5)
    assert state.notes() == {LOG.origin: format_note(cosigned(LOG.note(5))).decode()}


def test_a_state_is_made_once(path: Path) -> None:
    create_state(path).replace(LOG.note(5), old_size=0)
    with pytest.raises(FileExistsError):
        create_state(path)
    assert held(WitnessState(path)) == 5


def test_a_missing_state_is_not_an_empty_one(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        WitnessState(path)
    state = create_state(path)
    state.replace(LOG.note(5), old_size=0)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        state.latest(LOG.origin)
    with pytest.raises(FileNotFoundError):
        state.replace(LOG.note(8), old_size=0)
    assert not path.exists()


def test_a_link_to_the_state_stays_one(path: Path, tmp_path: Path) -> None:
    create_state(path)
    link = tmp_path / "link"
    link.symlink_to(path)
    WitnessState(link).replace(LOG.note(5), old_size=0)
    assert link.is_symlink()
    assert held(WitnessState(path)) == 5
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link", "witness"]


@full_only
def test_any_flipped_bit_is_noticed_at_the_start_and_later(path: Path) -> None:
    state = create_state(path)
    state.replace(cosigned(LOG.note(5)), old_size=0)
    data = path.read_bytes()
    # A step that shares no factor with 8 meets every bit of a byte.
    for place in range(0, 8 * len(data), effort(quick=7, full=1)):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        path.write_bytes(changed)
        with pytest.raises(CorruptStateError):
            WitnessState(path)
        with pytest.raises(CorruptStateError):
            state.latest(LOG.origin)
        with pytest.raises(CorruptStateError):
            state.replace(LOG.note(8), old_size=5)
        assert path.read_bytes() == changed


def written(content: str) -> bytes:
    """A file whose digest is right, whatever it is of."""
    data = content.encode()
    return f"fundtrail-witness-state-v1 {sha256(data).hexdigest()}\n".encode() + data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"{}",
        written("{}").replace(b"v1", b"v2"),
        written("{}").replace(b"\n", b"\r\n"),
        b"\n" + written("{}"),
        written(""),
        written("{"),
        written("[]"),
        written("{}{}"),
        written('{"log.example/funds": 5}'),
        written('{"log.example/funds": "no note"}'),
        written('{"log.example/funds": "log.example/funds\\n5\\n\\n— a AAAAAAAA\\n"}'),
    ],
)
def test_a_file_in_any_other_form_is_refused(path: Path, data: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(CorruptStateError, match="is damaged"):
        WitnessState(path)


def test_the_note_of_another_log_is_refused(path: Path) -> None:
    create_state(path).replace(OTHER.note(5), old_size=0)
    content = path.read_text("utf-8").partition("\n")[2]
    path.write_bytes(written(content.replace('{"other', '{"another')))
    with pytest.raises(CorruptStateError):
        WitnessState(path)


def test_a_state_that_cannot_be_written_stays_as_it_was(path: Path) -> None:
    state = create_state(path)
    state.replace(LOG.note(5), old_size=0)
    in_the_way = path.with_name("state.new")
    in_the_way.mkdir()
    with pytest.raises(IsADirectoryError):
        state.replace(LOG.note(8), old_size=5)
    assert held(state) == 5
    in_the_way.rmdir()
    state.replace(LOG.note(8), old_size=5)
    assert held(state) == 8


def test_of_many_who_step_from_one_size_one_does(path: Path) -> None:
    create_state(path)
    sizes = range(10, 18)
    barrier = threading.Barrier(len(sizes))
    outcomes: list[tuple[str, int]] = []

    def step(size: int) -> None:
        state, note = WitnessState(path), LOG.note(size)
        barrier.wait(DEADLINE_S)
        try:
            state.replace(note, old_size=0)
        except StaleSizeError as error:
            outcomes.append(("stale", error.size))
        else:
            outcomes.append(("kept", size))

    threads = [threading.Thread(target=step, args=(size,)) for size in sizes]
    for each in threads:
        each.start()
    for each in threads:
        each.join(DEADLINE_S)
    (kept,) = [size for outcome, size in outcomes if outcome == "kept"]
    assert sorted(outcomes) == [("kept", kept), *[("stale", kept)] * (len(sizes) - 1)]
    assert held(WitnessState(path)) == kept


def test_processes_take_turns_and_none_takes_a_step_back(path: Path) -> None:
    create_state(path)
    forking = imported_context()
    origins = [LOG.origin, LOG.origin, OTHER.origin]
    start = forking.Barrier(len(origins))
    processes = [forking.Process(target=advance_to, args=(path, origin, 100, start)) for origin in origins]
    for each in processes:
        each.start()
    for each in processes:
        each.join(DEADLINE_S)
    assert [each.exitcode for each in processes] == [0, 0, 0]
    state = WitnessState(path)
    assert (held(state), held(state, OTHER)) == (100, 100)


def test_notes_of_any_text_come_back(path: Path) -> None:
    log = SmallLog("审计局.example/\U0001f4b0\x7f")
    note = log.note(3, "extension\u2028é", "epoch 2")
    create_state(path).replace(note, old_size=0)
    assert WitnessState(path).notes() == {log.origin: format_note(note).decode()}
