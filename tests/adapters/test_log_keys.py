"""The keys of logs: one folder for each log, added and retired one by one."""

from pathlib import Path

import pytest

from adapters.transparency.log_keys import LastLogKeyError, LogKeys, UnknownLogKeyError

LOG = ("story", "ab" * 16)


@pytest.fixture
def keys(tmp_path: Path) -> LogKeys:
    return LogKeys(tmp_path / "keys", "audit.example")


def test_a_key_bears_the_name_of_its_log(keys: LogKeys) -> None:
    key = keys.add(*LOG)
    assert key.name == f"audit.example/story/{'ab' * 16}"
    assert [each.key for each in keys.active(*LOG)] == [key]


def test_another_log_has_other_keys(keys: LogKeys) -> None:
    keys.add(*LOG)
    assert keys.active("story", "cd" * 16) == []
    assert keys.active("other", "ab" * 16) == []


def test_keys_and_their_folder_are_their_owners_alone(keys: LogKeys) -> None:
    keys.add(*LOG)
    (path,) = keys.folder(*LOG).glob("*.key")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_retired_key_is_kept_and_signs_no_more(keys: LogKeys) -> None:
    first, second = keys.add(*LOG), keys.add(*LOG)
    assert keys.retire(*LOG, first.key_id.hex()) == first
    assert [each.key for each in keys.active(*LOG)] == [second]
    assert keys.retired(*LOG) == [first]
    third = keys.add(*LOG)
    assert [each.key for each in keys.active(*LOG)] == [second, third], "a retired key's file is not taken again"


def test_the_last_key_is_not_retired(keys: LogKeys) -> None:
    key = keys.add(*LOG)
    with pytest.raises(LastLogKeyError):
        keys.retire(*LOG, key.key_id.hex())
    with pytest.raises(UnknownLogKeyError):
        keys.retire(*LOG, "00000000")
    assert [each.key for each in keys.active(*LOG)] == [key]
