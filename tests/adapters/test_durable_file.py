"""Files are whole or not there, whatever happens while they are written."""

import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.durable_file import create_file, replace_file

MODE = 0o600


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process may have more than 4 bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    create_file(tmp_path / "file", b"content")
    assert (tmp_path / "file").read_bytes() == b"content"
    assert mode(tmp_path / "file") == MODE


def test_what_is_there_is_not_created_again(tmp_path: Path) -> None:
    create_file(tmp_path / "file", b"first")
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "file", b"second")
    assert (tmp_path / "file").read_bytes() == b"first"


def test_a_file_that_could_not_be_written_is_not_there(tmp_path: Path) -> None:
    with full_disk(), pytest.raises(OSError, match="too large"):
        create_file(tmp_path / "file", b"content")
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "file").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "file", b"content")
    assert not (tmp_path / "elsewhere").exists()


def test_a_replaced_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    path.chmod(0o644)
    replace_file(path, b"after")
    assert (path.read_bytes(), mode(path)) == (b"after", MODE)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_could_not_be_replaced_is_as_before(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with full_disk(), pytest.raises(OSError, match="too large"):
        replace_file(path, b"content")
    assert path.read_bytes() == b"old"
    replace_file(path, b"content")
    assert path.read_bytes() == b"content"


def test_what_a_crash_left_behind_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "file"
    (tmp_path / "file.new").write_bytes(b"half of something longer")
    replace_file(path, b"content")
    assert path.read_bytes() == b"content"
