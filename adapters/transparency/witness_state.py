"""What a witness has cosigned last, for each log, in one file: it must never cosign anything that goes back behind it.

The file is a line, `fundtrail-witness-state-v1 SHA256`, and the rest the digest is of: a JSON object from origin to the
last note, which holds size and root. Beside it is a lock file that stays empty.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from adapters.durable_file import replace_file
from adapters.file_lock import locked
from domain.checkpoint import Checkpoint, MalformedCheckpointError, parse_checkpoint
from domain.cosigning import StaleSizeError
from domain.note import MalformedNoteError, Note, format_note, parse_note

_FORMAT: Final = "fundtrail-witness-state-v1"
_HEADER: Final = re.compile(rf"{_FORMAT} ([0-9a-f]{{64}})".encode())
_DECODER: Final = msgspec.json.Decoder(dict[str, str])


class CorruptStateError(ValueError):
    """The file is not as it was written; the text says where, and what to do."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is damaged: what was cosigned last is not known. Go on with a new key and a new state, "
            "and tell those who rely on the old key"
        )


class WitnessState:
    """The last note of each log. Threads and processes that share the file see each other's steps, one after another.

    Every answer is read from the file; every method raises CorruptStateError or OSError where that cannot be done.
    """

    def __init__(self, path: Path) -> None:
        """Opens a file that is there, and looks at all of it.

        Raises:
            FileNotFoundError: it is not there.
            CorruptStateError: it is not as it was written.
        """
        # A link would be replaced by a file, and the lock would be beside the link.
        self._path = path.resolve()
        for origin, note in self.notes().items():
            if _checkpoint_of(note, self._path).origin != origin:
                raise CorruptStateError(self._path)

    def notes(self) -> Mapping[str, str]:
        """The last note of each origin, as text."""
        data = self._path.read_bytes()
        header, _, content = data.partition(b"\n")
        match = _HEADER.fullmatch(header)
        if match is None or match[1].decode() != sha256(content).hexdigest():
            raise CorruptStateError(self._path)
        try:
            return _DECODER.decode(content)
        except msgspec.DecodeError:
            raise CorruptStateError(self._path) from None

    def latest(self, origin: str) -> Checkpoint | None:
        """The last checkpoint of a log; None before the first."""
        note = self.notes().get(origin)
        return None if note is None else _checkpoint_of(note, self._path)

    def replace(self, note: Note, *, old_size: int) -> None:
        """Makes the note the last of its log if the last so far has old_size leaves (0: or there is none).

        It is on the disk before this returns; after an OSError it may be, unless `latest` says otherwise.

        Raises:
            StaleSizeError: the last has another size; nothing has changed.
        """
        origin = parse_checkpoint(note.text).origin
        with locked(_lock_of(self._path)):
            notes = self.notes()
            latest_size = _checkpoint_of(notes[origin], self._path).size if origin in notes else 0
            if latest_size != old_size:
                raise StaleSizeError(latest_size)
            _write(self._path, {**notes, origin: format_note(note).decode()})


def create_state(path: Path) -> WitnessState:
    """The state of a witness that has cosigned nothing yet; a missing folder is made.

    Raises:
        FileExistsError: there is something at that path; it is left as it is.
    """
    resolved = path.resolve()
    resolved.parent.mkdir(parents=True, exist_ok=True)
    with locked(_lock_of(resolved)):
        if resolved.exists():
            raise FileExistsError(f"{path} is there already")
        _write(resolved, {})
    return WitnessState(path)


def _lock_of(path: Path) -> Path:
    """The lock is on a file of its own, because the other is replaced at each step."""
    return path.with_name(f"{path.name}.lock")


def _write(path: Path, notes: Mapping[str, str]) -> None:
    content = msgspec.json.encode(notes, order="sorted")
    replace_file(path, f"{_FORMAT} {sha256(content).hexdigest()}\n".encode() + content)


def _checkpoint_of(note: str, path: Path) -> Checkpoint:
    try:
        return parse_checkpoint(parse_note(note.encode()).text)
    except (MalformedNoteError, MalformedCheckpointError):
        raise CorruptStateError(path) from None
