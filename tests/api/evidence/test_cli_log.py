"""Keys and epochs of a log, from the command line."""

import json
import shutil
from pathlib import Path

import pytest

from adapters.transparency.ed25519 import verify
from domain.checkpoint import parse_checkpoint
from domain.note import parse_note, parse_verifier_key, verify_note
from tests.support.command_line import EXAMPLES, CommandLine
from tests.support.effort import full_only

EXAMPLE = EXAMPLES / "tianjiaan-2023.jsonl"


@pytest.fixture
def imported(database_url: str, tmp_path: Path) -> CommandLine:
    """A ledger `t` of 126 entries."""
    program = CommandLine(database_url, tmp_path)
    assert program("import", EXAMPLE, "--ledger", "t").code == 0
    return program


def exported(program: CommandLine, folder: Path) -> dict[str, object]:
    """The header of the log's export."""
    path = folder / "log.jsonl"
    path.unlink(missing_ok=True)
    assert program("log-export", "--ledger", "t", "--output", path).code == 0
    header: dict[str, object] = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    return header


def note_of(header: dict[str, object]) -> bytes:
    return str(header["checkpoint"]).encode()


def keys_of(program: CommandLine) -> list[dict[str, object]]:
    listed: list[dict[str, object]] = json.loads(program("log-key", "list", "--ledger", "t", "--json").output)["items"]
    return listed


def test_a_rotation_overlaps_and_is_recorded(imported: CommandLine, tmp_path: Path) -> None:
    (first,) = keys_of(imported)
    added = imported("log-key", "add", "--ledger", "t", "--reason", "每年更换").output.strip()
    both = [parse_verifier_key(str(each["verifier_key"])) for each in keys_of(imported)]
    header = exported(imported, tmp_path)
    assert header["size"] == 127
    assert len(verify_note(parse_note(note_of(header)), both, verify)) == 2
    assert imported("log-key", "retire", str(first["key_id"]), "--ledger", "t").output.strip() == first["verifier_key"]
    assert [(each["verifier_key"], each["signs"]) for each in keys_of(imported)] == [
        (added, True),
        (first["verifier_key"], False),
    ]
    header = exported(imported, tmp_path)
    assert header["size"] == 128
    assert len(parse_note(note_of(header)).signatures) == 1
    assert imported("verify").code == 0, "what a retired key signed is still explained"


def test_the_only_key_and_unknown_ones_stay_where_they_are(imported: CommandLine) -> None:
    (key,) = keys_of(imported)
    for key_id, message in ((str(key["key_id"]), "only key"), ("00000000", "no key 00000000")):
        refused = imported("log-key", "retire", key_id, "--ledger", "t")
        assert (refused.code, message in refused.messages) == (1, True)
    assert keys_of(imported) == [key]
    assert imported("log-key", "list", "--ledger", "nowhere").code == 1


def copied(source: Path, target: Path) -> None:
    """The file of a database and what is beside it; nothing else of the target stays."""
    for suffix in ("", "-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
        if source.with_name(source.name + suffix).exists():
            shutil.copy(source.with_name(source.name + suffix), target.with_name(target.name + suffix))


@full_only
def test_a_log_that_was_set_back_is_signed_only_in_a_new_epoch(sqlite_url: str, tmp_path: Path) -> None:
    program = CommandLine(sqlite_url, tmp_path)
    database, backup = tmp_path / "fundtrail.db", tmp_path / "backup.db"
    assert program("import", EXAMPLE, "--ledger", "t").code == 0
    copied(database, backup)
    assert program("log-key", "add", "--ledger", "t").code == 0
    signed = exported(program, tmp_path)
    copied(backup, database)
    assert exported(program, tmp_path)["size"] == 126, "what was signed before the backup"
    assert program("log-epoch", "raise", "--ledger", "t", "--reason", "从昨夜备份恢复").output.strip() == "epoch 1"
    again = exported(program, tmp_path)
    checkpoint = parse_checkpoint(parse_note(note_of(again)).text)
    assert (checkpoint.size, checkpoint.epoch) == (127, 1)
    assert (again["size"], note_of(again) == note_of(signed)) == (signed["size"], False)
    assert program("verify").code == 0
