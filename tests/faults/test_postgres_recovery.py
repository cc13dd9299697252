"""PostgreSQL is backed up and recovered as docs/operations.md says, and held against what was seen outside."""

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import text

from adapters.event_log.feed import SqlFeed
from adapters.event_log.tree import SqlTree
from adapters.transparency.checkpoints import SqlCheckpoints
from domain.checkpoint import parse_checkpoint
from domain.identifiers import leaf_hash
from domain.note import parse_note
from tests.support.attacker import changed, setting
from tests.support.attacks_on_storage import SOMEBODY
from tests.support.command_line import EXAMPLES, CommandLine, Finished
from tests.support.effort import full_only
from tests.support.pages import scripts
from tests.support.postgres_cluster import Cluster, made_cluster
from tests.support.processes import ROOT
from tests.support.tampering import tamper
from tests.support.waiting import eventually
from tests.support.whole_log import opened

PAGE: Final = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SCRIPTS: Final = scripts(PAGE)
ARCHIVING: Final = re.search(r"^```conf\n(archive_mode.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
RECOVERED_PORT: Final = 5433
LEDGER: Final = "t"
PAID: Final = 60


def of_the_page(text: str, cluster: Cluster) -> str:
    """With the folders of the test in the place of those that the page names."""
    return text.replace("/srv/", f"{cluster.folder}/")


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A server that archives as the page says."""
    assert ARCHIVING is not None
    with tempfile.TemporaryDirectory(prefix="ft-pitr-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        settings = ARCHIVING[1].replace("/srv/", f"{folder}/")
        with made_cluster(folder, settings) as made:
            made.shell("mkdir archive backup && pg_ctl start --wait --pgdata=data --log=server.log && createdb book")
            yield made


def rows(program: CommandLine, first: int, count: int) -> Path:
    unit = {"command": "register-unit", "kind": "department", "effective_date": "2023-12-31"}
    numbers = range(first, first + count)
    return program.file(f"units-{first}.jsonl", (unit | {"unit_id": f"X{n}", "name": f"第{n}中学"} for n in numbers))


def record(program: CommandLine, file: Path) -> None:
    done = program("import", file, "--ledger", LEDGER)
    assert done.code == 0, done.messages


def noted(program: CommandLine, path: Path) -> Path:
    """The latest checkpoint, in a file that the database knows nothing of."""
    with opened(program.url) as database:
        latest = SqlCheckpoints(database.log_reader, database.log_writer).latest(LEDGER)
    assert latest is not None
    path.write_bytes(latest.note)
    return path


def found(done: Finished) -> dict[str, Any]:
    (one,) = json.loads(done.output)["ledgers"]
    return dict(one)


def archive_everything(cluster: Cluster) -> None:
    segment = cluster.shell("psql -Atc 'SELECT pg_walfile_name(pg_switch_wal())'").strip()
    eventually("the last segment is archived", lambda: (cluster.folder / "archive" / segment).exists() or None)


@full_only
def test_a_recovery_to_a_named_moment_is_held_against_the_checkpoint_noted_outside(
    cluster: Cluster, tmp_path: Path
) -> None:
    program = CommandLine(cluster.url("book"), tmp_path)
    record(program, EXAMPLES / "tianjiaan-2023.jsonl")
    cluster.shell(of_the_page(SCRIPTS["base backup"], cluster))
    record(program, rows(program, 1, 3))
    at_the_moment = noted(program, tmp_path / "checkpoint.txt")
    cluster.shell(of_the_page(SCRIPTS["named moment"], cluster))
    record(program, rows(program, 4, 2))
    later = noted(program, tmp_path / "later.txt")
    archive_everything(cluster)
    cluster.stop(cluster.data)

    cluster.shell(of_the_page(SCRIPTS["recovery"], cluster))
    recovered = CommandLine(cluster.url("book", RECOVERED_PORT), tmp_path)
    assert recovered.position(LEDGER) == 129
    checkpoint = parse_checkpoint(parse_note(at_the_moment.read_bytes()).text)
    with opened(recovered.url) as database:
        assert SqlTree(database.log_reader).root(LEDGER, 129) == checkpoint.root

    lost = recovered("restore-check", "--checkpoint", at_the_moment, "--json")
    assert (lost.code, found(lost)["missing"], found(lost)["proven_position"]) == (1, [130, 131], 129)
    assert found(recovered("restore-check", "--checkpoint", later, "--json"))["proven_position"] == 0
    accepted = recovered("restore-check", "--checkpoint", at_the_moment, "--accept-loss", "--json")
    assert (accepted.code, found(accepted)["differences"]) == (0, [])
    a_dump_counts_once_everybody_has_what_he_had(cluster, recovered, at_the_moment)
    a_dump_taken_after_an_edit_does_not_count(cluster, recovered, at_the_moment)


def a_dump_counts_once_everybody_has_what_he_had(cluster: Cluster, program: CommandLine, checkpoint: Path) -> None:
    """What was taken from everybody in a database is no part of its dump."""
    again = dumped_and_restored(cluster, program, "sound")
    held = ("restore-check", "--checkpoint", checkpoint, "--accept-loss", "--json")
    assert again(*held).json["reasons"] == [
        "guards: PUBLIC has TEMPORARY on the database, which this version gives to nobody"
    ]
    (statement,) = re.findall(r"^-- after pg_restore\n(.*)\n```$", PAGE, re.MULTILINE)
    with opened(again.url) as database, database.log_writer.begin() as connection:
        connection.execute(text(statement.replace("DATABASE fundtrail", "DATABASE sound")))
    done = again(*held)
    assert (done.code, done.json["reasons"]) == (0, [])


def dumped_and_restored(cluster: Cluster, program: CommandLine, name: str) -> CommandLine:
    """The command line on a new database, of a dump."""
    options = f"--port={RECOVERED_PORT}"
    cluster.shell(
        f"pg_dump {options} --format=custom --file={name}.dump book && createdb {options} {name} && "
        f"pg_restore {options} --dbname={name} --exit-on-error {name}.dump"
    )
    return CommandLine(cluster.url(name, RECOVERED_PORT), program.folder)


def a_dump_taken_after_an_edit_does_not_count(cluster: Cluster, program: CommandLine, checkpoint: Path) -> None:
    """Somebody with every right changes who recorded an entry, and everything beside it; then the dump is taken."""
    with opened(program.url) as database:
        assert SqlFeed(database.log_reader).head(LEDGER) == 129
        entry = changed(SqlTree(database.log_reader).entries(LEDGER, PAID, PAID)[0], setting("actor", SOMEBODY))
        values = {"entry": entry, "hash": leaf_hash(entry), "position": PAID}
        tamper(
            database, "UPDATE {log}log_entry SET entry = :entry, leaf_hash = :hash WHERE position = :position", **values
        )
        tamper(database, "DELETE FROM {log}log_checkpoint WHERE size >= :position", position=PAID)
    again = dumped_and_restored(cluster, program, "again")
    held = ("restore-check", "--checkpoint", checkpoint, "--accept-loss", "--json")
    done = again(*held)
    assert done.code == 1
    assert found(done)["problems"] == [f"{checkpoint}: the first 129 entries are not those that were signed"]
