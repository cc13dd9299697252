"""Backups of SQLite, and what a restore of one must show before it counts."""

import json
import shlex
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.access.api_keys import hash_of
from adapters.access.chain import Encoded, append, lock_head
from adapters.access.encoding import encode_entry
from adapters.backups.manifest import ACCESS_FILE, LOG_FILE, sha256_of
from adapters.clock import SystemClock
from adapters.database import open_database
from adapters.guards.sqlite_log import LOG_ON_SQLITE
from api.restore_command import GUARDS_UNKNOWN
from domain.access_log import AccessEntry, AccessKind
from tests.support.attacker import rewrite_entry, setting, sign_again
from tests.support.attacks_on_keys import INVENTED, SECRET, STRANGER
from tests.support.command_line import ENGLISH, EXAMPLES, CommandLine, Finished
from tests.support.effort import full_only
from tests.support.ledger import LEDGER
from tests.support.processes import FUNDTRAIL, in_shell
from tests.support.watched_log import BACKUP, NOW, OTHER, PAID, Story, told

LAST = 275
"""Last position of the ledger today; the auditor's checkpoint is of 272, the night's backup of 270."""

FEW_BLOCKS = 200
"""Of 512 bytes: the log takes more."""


@dataclass(frozen=True)
class Office:
    """The machine of the ledgers at one stage, the auditor's checkpoints, and the program on that machine."""

    folder: Path
    kept: Path
    kept_of_other: Path

    def __call__(self, *arguments: str | Path, keys: str = "keys", database: str = "fundtrail.db") -> Finished:
        program = CommandLine(f"sqlite:///{self.folder}/{database}", self.folder)
        settings = {"FUNDTRAIL_DEPLOYMENT": "province.example", "FUNDTRAIL_KEYS_FOLDER": str(self.folder / keys)}
        return program(*arguments, environment=ENGLISH | settings)

    def backup(self, name: str = "taken") -> Path:
        done = self("backup", "--output", self.folder / name)
        assert done.code == 0, done.messages
        return self.folder / name

    def restore(self, backup: Path, *options: str | Path, **where: str) -> Finished:
        return self("restore", backup, "--to", f"sqlite:///{self.folder}/new.db", *options, **where)

    def restore_held_against(self, backup: Path, *options: str | Path) -> Finished:
        both = ("--checkpoint", self.kept, "--checkpoint", self.kept_of_other)
        return self.restore(backup, *both, *options, "--json")

    @property
    def is_restored(self) -> bool:
        found = {path.name for path in self.folder.glob("new*")}
        assert found in (set(), {"new.db", "new-access.db"}), found
        return bool(found)


NEW_IN_0008 = ("log_checkpoint_in_order", "log_tile_of_opened", "private_value_of_opened")
"""Guards, which are all that the step put up."""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return told(tmp_path_factory.mktemp("story"))


@pytest.fixture
def office(story: Story, tmp_path: Path) -> Office:
    return office_at(story, tmp_path, NOW)


def office_at(story: Story, tmp_path: Path, stage: str) -> Office:
    folder = tmp_path / "office"
    with story.copied(folder, stage) as log:
        (tmp_path / "kept.txt").write_bytes(story.kept)
        (tmp_path / "other.txt").write_bytes(log.latest(OTHER).note)
    return Office(folder, tmp_path / "kept.txt", tmp_path / "other.txt")


def found(done: Finished, ledger_id: str = LEDGER) -> dict[str, Any]:
    (one,) = [each for each in done.json["ledgers"] if each["ledger_id"] == ledger_id]
    return dict(one)


def restated(backup: Path) -> None:
    """The manifest says of the files what they are now."""
    manifest = json.loads((backup / "manifest.json").read_bytes())
    for file in manifest["files"]:
        path = backup / file["name"]
        file |= {"size_bytes": path.stat().st_size, "sha256": sha256_of(path)}
    (backup / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_a_backup_says_what_is_in_it_and_that_the_keys_are_not(office: Office, story: Story) -> None:
    done = office("backup", "--output", office.folder / "taken", "--json")
    assert (done.code, "the keys that sign checkpoints are not in it" in done.messages) == (0, True)
    taken = office.folder / "taken"
    assert {path.name for path in taken.iterdir()} == {LOG_FILE, ACCESS_FILE, "checkpoints", "manifest.json"}
    manifest = json.loads((taken / "manifest.json").read_bytes())
    assert done.json["manifest"] == manifest
    assert manifest["includes_keys"] is False
    assert {each["name"]: each["sha256"] for each in manifest["files"]} == {
        name: sha256_of(taken / name) for name in (LOG_FILE, ACCESS_FILE)
    }
    (ledger,) = [each for each in manifest["ledgers"] if each["ledger_id"] == LEDGER]
    with story.copied(office.folder.parent / "again", NOW) as log:
        assert ledger["position"] == LAST
        assert ledger["root"] == log.tree.root(LEDGER, LAST).hex()
        assert ledger["checkpoint"].encode() == log.latest().note
        assert (taken / "checkpoints" / f"{LEDGER}.txt").read_bytes() == log.latest().note


def test_a_restore_counts_when_the_outside_checkpoints_agree(office: Office) -> None:
    done = office.restore_held_against(office.backup())
    assert (done.code, done.json["counts"], done.json["reasons"]) == (0, True, []), done.messages
    assert office.is_restored
    one = found(done)
    assert (one["position"], one["proven_position"], one["unproven"], one["missing"]) == (LAST, 272, [273, LAST], None)
    (remark,) = one["remarks"]
    assert remark.startswith(f"it holds a checkpoint of {LAST} entries itself, and the newest from outside is of 272")
    assert (done.json["remarks"], found(done, OTHER)["remarks"]) == ([], [])
    assert office("rebuild", database="new.db").code == 0
    verified = office("verify", "--json", database="new.db")
    assert (verified.code, found(verified)["views"]) == (0, {"balances": LAST, "facts": LAST})


def test_without_an_outside_checkpoint_it_counts_only_when_that_is_accepted(office: Office) -> None:
    backup = office.backup()
    refused = office.restore(backup, "--checkpoint", office.kept)
    assert (refused.code, office.is_restored) == (1, False)
    assert f"{OTHER}: no outside checkpoint" in refused.messages
    accepted = office.restore(backup, "--unproven")
    assert (accepted.code, office.is_restored) == (0, True)
    assert f"{LEDGER}: positions 1 to {LAST} are unproven: no outside checkpoint" in accepted.output


def test_a_checkpoint_inside_the_backup_proves_nothing(office: Office) -> None:
    backup = office.backup()
    (inner,) = sorted((backup / "checkpoints").glob(f"{LEDGER}*"))
    refused = office.restore(backup, "--checkpoint", inner)
    assert (refused.code, office.is_restored) == (1, False)
    assert "lies in the backup itself" in refused.messages


def test_acknowledged_entries_that_are_missing_are_named_and_must_be_accepted(story: Story, tmp_path: Path) -> None:
    office = office_at(story, tmp_path, BACKUP)
    backup = office.backup()
    before = tmp_path / "before.txt"
    with story.copied(tmp_path / "night", BACKUP) as log:
        before.write_bytes(log.latest().note)
    shutil.rmtree(office.folder / "keys")
    shutil.copytree(story.folder / NOW / "keys", office.folder / "keys")

    refused = office.restore_held_against(backup, "--checkpoint", before)
    assert (refused.code, office.is_restored) == (1, False)
    assert found(refused)["missing"] == [271, LAST], "the signer of this machine remembers more than the auditor"
    assert f"{LEDGER}: positions 271 to {LAST} were acknowledged and are missing" in refused.json["reasons"]

    only_newer = office.restore_held_against(backup, "--accept-loss")
    assert (only_newer.code, office.is_restored) == (1, False)
    (reason,) = only_newer.json["reasons"]
    assert "checkpoint of 272 entries cannot show what the first 270 were" in reason
    assert "--unproven" in reason

    accepted = office.restore_held_against(backup, "--checkpoint", before, "--accept-loss")
    assert (accepted.code, office.is_restored) == (0, True)
    assert found(accepted)["proven_position"] == 270


def test_a_log_that_lost_entries_is_signed_only_in_a_new_epoch(story: Story, tmp_path: Path) -> None:
    office = office_at(story, tmp_path, NOW)
    backup = story.folder / BACKUP
    old = Office(tmp_path / "old", office.kept, office.kept_of_other)
    shutil.copytree(backup, old.folder)
    taken = old.backup()
    done = office.restore(taken, "--accept-loss", "--unproven")
    assert (done.code, f"log-epoch raise --ledger {LEDGER}" in done.output) == (0, True)
    assert office("verify", database="new.db").code == 1, "the signer remembers more"
    raised = office("log-epoch", "raise", "--ledger", LEDGER, "--reason", "机房失火，从备份恢复", database="new.db")
    assert (raised.code, raised.output.strip()) == (0, "epoch 1"), raised.messages
    assert office("verify", "--ledger", LEDGER, database="new.db").code == 0


def test_what_somebody_rewrote_before_the_backup_does_not_count(office: Office, story: Story, tmp_path: Path) -> None:
    with story.copied(tmp_path / "insider", NOW) as log:
        rewrite_entry(log, PAID, setting("data.amount", 999_00))
        sign_again(log)
    insider = Office(tmp_path / "insider", office.kept, office.kept_of_other)
    assert found(insider("verify", "--json"))["difference_count"] == 0, "everything in the log fits"
    done = insider.restore_held_against(insider.backup())
    assert (done.code, insider.is_restored) == (1, False)
    assert found(done)["problems"] == [f"{office.kept}: the first 272 entries are not those that were signed"]


def test_a_backup_whose_entries_were_edited_does_not_count(office: Office) -> None:
    backup = office.backup()
    data = (backup / LOG_FILE).read_bytes()
    assert b'"amount":12500,' in data
    (backup / LOG_FILE).write_bytes(data.replace(b'"amount":12500,', b'"amount":92500,'))
    altered = office.restore_held_against(backup)
    assert (altered.code, "is not the file that was backed up" in altered.messages) == (1, True)
    restated(backup)
    edited = office.restore_held_against(backup)
    assert (edited.code, office.is_restored, found(edited)["differences"] != []) == (1, False, True)


def test_a_backup_with_a_key_that_nobody_made_does_not_count(office: Office) -> None:
    backup = office.backup()
    with closing(sqlite3.connect(backup / ACCESS_FILE)) as connection, connection:
        connection.execute(INVENTED.format(""), {"hash": hash_of(SECRET)})
    restated(backup)
    done = office.restore_held_against(backup)
    assert (done.code, office.is_restored, done.json["reasons"]) == (1, False, ["the access log: 1 differences"])
    assert done.json["access_log"]["differences"][0]["key_id"] == STRANGER


def test_a_backup_whose_guards_were_taken_down_does_not_count(office: Office) -> None:
    down = LOG_ON_SQLITE[0].name
    with closing(sqlite3.connect(office.folder / "fundtrail.db")) as connection:
        connection.execute(f"DROP TRIGGER {down}")
    done = office.restore_held_against(office.backup())
    assert done.code == 1
    assert any(down in reason for reason in done.json["reasons"]), done.json["reasons"]
    assert not office.is_restored


@full_only
def test_that_the_guards_of_an_older_schema_cannot_be_compared_is_said(office: Office) -> None:
    backup = office.backup()
    with closing(sqlite3.connect(backup / LOG_FILE)) as connection, connection:
        for each in NEW_IN_0008:
            connection.execute(f"DROP TRIGGER {each}")
        connection.execute("UPDATE alembic_version SET version_num = '0007'")
    restated(backup)
    assert GUARDS_UNKNOWN in office.restore(backup).output.splitlines()
    done = office.restore_held_against(backup)
    assert (done.code, done.json["remarks"]) == (0, [GUARDS_UNKNOWN])
    assert office.is_restored


def test_a_head_of_the_access_log_that_was_noted_outside_must_be_in_it(office: Office) -> None:
    refuse_something(office)
    backup = office.backup()
    head = json.loads((backup / "manifest.json").read_bytes())["access_head"]
    assert head.startswith("1:")
    later = office.restore(backup, "--unproven", "--access-head", f"2:{'0' * 64}", "--json")
    assert (later.code, office.is_restored, later.json["access_log"]["sound"]) == (1, False, False)
    held = office.restore(backup, "--unproven", "--access-head", head, "--json")
    assert (held.code, held.json["access_log"]["sound"]) == (0, True)


def refuse_something(office: Office) -> None:
    """The access log gets its first record."""
    database = open_database(f"sqlite:///{office.folder}/fundtrail.db")
    entry = AccessEntry(kind=AccessKind.DENIED, action="list-projects", code="forbidden")
    with database.access_writer.begin() as connection:
        stored = Encoded(AccessKind.DENIED, None, encode_entry(entry))
        append(connection, lock_head(connection), SystemClock().now(), [stored])
    database.dispose()


def test_a_backup_of_another_log_or_without_a_ledger_does_not_count(office: Office, tmp_path: Path) -> None:
    taken = office.backup()
    for name, change in {"origin": f"/{LEDGER}/", "ledger": "/nowhere/"}.items():
        note = office.kept.read_text(encoding="utf-8")
        origin = note.splitlines()[0]
        other = origin[:-4] + "0000" if name == "origin" else origin.replace(f"/{LEDGER}/", change)
        path = tmp_path / f"{name}.txt"
        path.write_text(note.replace(origin, other), encoding="utf-8")
        done = office.restore(taken, "--checkpoint", path, "--unproven", "--json")
        assert (done.code, office.is_restored) == (1, False)
        wanted = "it is of another log of that name" if name == "origin" else "there is no such ledger"
        assert wanted in " ".join(done.json["reasons"])


def test_a_checkpoint_counts_only_with_a_signature_of_the_log(office: Office, story: Story) -> None:
    taken = office.backup()
    forged = office.kept.with_name("forged.txt")
    lines = office.kept.read_text(encoding="utf-8").splitlines(keepends=True)
    forged.write_text("".join(["".join(lines[0]), "271\n", *lines[2:]]), encoding="utf-8")
    done = office.restore(taken, "--checkpoint", forged, "--unproven")
    assert (done.code, "no key of this log that is known here has signed it" in done.messages) == (1, True)

    elsewhere = ("--checkpoint", office.kept, "--unproven", "--json")
    assert office.restore(taken, *elsewhere, keys="none").code == 1, "the keys are not here"
    assert "not a verifier key" in office.restore(taken, "--log-key", "no key").messages
    text = office.folder / "text.txt"
    text.write_text("no checkpoint", encoding="utf-8")
    assert "is no signed checkpoint" in office.restore(taken, "--checkpoint", text).messages
    named = office.restore(taken, *elsewhere, "--log-key", story.log_key, keys="none")
    assert (named.code, found(named)["proven_position"]) == (0, 272)


@pytest.mark.parametrize("name", ["new.db", "new-access.db", "new-views.db", "new.db-wal"])
def test_nothing_is_overwritten(name: str, office: Office) -> None:
    backup = office.backup()
    (office.folder / name).write_bytes(b"other")
    done = office.restore(backup, "--unproven")
    assert (done.code, "nothing is overwritten" in done.messages) == (1, True)
    assert (office.folder / name).read_bytes() == b"other"
    again = office("backup", "--output", backup)
    assert (again.code, "no backup is overwritten" in again.messages) == (1, True)


def test_what_is_left_of_a_backup_that_was_cut_off_is_none(office: Office) -> None:
    backup = office.backup()
    (backup / "manifest.json").rename(office.folder / "manifest")
    assert "it is no backup, or one that was cut off" in office.restore(backup, "--unproven").messages
    (backup / "manifest.json").write_bytes((office.folder / "manifest").read_bytes()[:-200])
    assert office.restore(backup, "--unproven").code == 1
    (office.folder / "next.partial").mkdir()
    left = office("backup", "--output", office.folder / "next")
    assert (left.code, "one was cut off" in left.messages) == (1, True)
    (office.folder / "new.db.restoring").mkdir()
    whole = office.backup("whole")
    assert "one was cut off" in office.restore(whole, "--unproven").messages
    for folder in (office.folder / "missing", whole / "manifest.json"):
        refused = office("restore", whole, "--to", f"sqlite:///{folder}/new.db", "--unproven")
        assert (refused.code, f"{folder} is no folder" in refused.messages) == (1, True)


def test_a_manifest_that_states_another_root_is_not_believed(office: Office) -> None:
    backup = office.backup()
    path = backup / "manifest.json"
    manifest = json.loads(path.read_bytes())
    for each in manifest["ledgers"]:
        each["root"] = "00" * 32
    path.write_text(json.dumps(manifest), encoding="utf-8")
    done = office.restore_held_against(backup)
    assert (done.code, office.is_restored) == (1, False)
    assert f"{LEDGER}: the manifest states another position or root" in done.json["reasons"]


def test_a_backup_of_a_newer_version_or_with_other_files_is_not_read(office: Office) -> None:
    backup = office.backup()
    path = backup / "manifest.json"
    whole = json.loads(path.read_bytes())
    for change, said in (
        ({"schema_revisions": {"log": "9999"}}, "does not know log 9999"),
        ({"format": 2}, "has format 2"),
        ({"files": [{"name": "../../etc/passwd", "size_bytes": 1, "sha256": ""}]}, "names other files"),
    ):
        path.write_text(json.dumps(whole | change), encoding="utf-8")
        done = office.restore(backup, "--unproven")
        assert (done.code, said in done.messages, office.is_restored) == (1, True, False)


@full_only
def test_a_backup_without_room_leaves_nothing(office: Office) -> None:
    program = shlex.join([*FUNDTRAIL, "backup", "--output", "taken"])
    url = f"sqlite:///{office.folder}/fundtrail.db"
    done = in_shell(office.folder, url, f"ulimit -f {FEW_BLOCKS} && exec {program}")
    assert (done.returncode, "was not written" in done.stderr) == (1, True), done.stderr
    assert list(office.folder.glob("taken*")) == []


def test_postgresql_is_backed_up_by_its_own_tools(postgresql_url: str, tmp_path: Path) -> None:
    program = CommandLine(postgresql_url, tmp_path)
    program("migrate")
    for command in (("backup", "--output", "taken"), ("restore", tmp_path, "--to", postgresql_url)):
        done = program(*command)
        assert (done.code, "pg_basebackup" in done.messages) == (1, True)


def test_a_database_that_was_restored_by_other_means_is_checked_where_it_is(database_url: str, tmp_path: Path) -> None:
    program = CommandLine(database_url, tmp_path)
    program("import", EXAMPLES / "tianjiaan-2023.jsonl", "--ledger", "t")
    refused = program("restore-check")
    assert (refused.code, "serve nothing from it" in refused.messages) == (1, True)
    accepted = program("restore-check", "--unproven", "--json")
    assert (accepted.code, found(accepted, "t")["unproven"]) == (0, [1, 126])
