"""The disk is full: nothing is recorded by halves, reads go on, and so do writes once there is room again."""

from pathlib import Path

import httpx

from tests.support.cluster import Cluster, cluster_folder, own
from tests.support.effort import effort, full_only
from tests.support.http_writes import BASE, LEDGER, Write, batch, caller, open_lines, payment
from tests.support.processes import DEADLINE_S, Server, serving, wait_for
from tests.support.small_disk import SmallDisk, small_disk
from tests.support.steady_clerks import assert_kept
from tests.support.whole_log import assert_sound

CREATED, UNAVAILABLE = 201, 503
ROUNDS = effort(quick=1, full=4)
LEFT_BYTES = 600_000
REFUSED_MAX = 20
ROWS = 40


def test_a_full_disk_under_sqlite(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 24) as disk:
        url = f"sqlite:///{disk.folder}/fundtrail.db"
        keys = str(tmp_path / "keys")
        with serving(tmp_path, url, keys_folder=keys) as server:
            open_lines(server.url, {"L0": "90000000.00"})
            writes: list[Write] = []
            for round_ in range(ROUNDS):
                disk.leave(LEFT_BYTES)
                refused = write_until_full(server, f"round-{round_}", writes)
                assert refused == {"storage-full"}
                assert_reads_go_on_and_it_is_said(server, "storage-full")
                assert_room_helps(server, disk, writes)
            print(f"SQLite, {ROUNDS} times full: {acknowledged(writes)} commands acknowledged, 0 lost, 0 half")  # noqa: T201 (the counts are what the test shows)
        assert_kept(url, [write for write in writes if write.answer is not None])
        assert_sound(url, LEDGER, tmp_path)


@full_only
def test_full_tables_under_postgresql_are_said_to_be_so(tmp_path: Path) -> None:
    with cluster_folder() as folder, small_disk(folder / "disk", 96) as disk:
        (folder / "elsewhere").mkdir()
        own(folder / "elsewhere")
        server = Cluster(disk.folder / "one", wal_folder=folder / "elsewhere" / "wal")
        writes, codes = filled_and_gone_on(server, disk, tmp_path)
    print(f"PostgreSQL, tables full: {acknowledged(writes)} commands acknowledged, 0 lost; refused {codes}")  # noqa: T201 (as above)
    assert codes == {"storage-full"}


@full_only
def test_postgresql_without_room_for_its_write_ahead_log_ends_and_has_lost_nothing(tmp_path: Path) -> None:
    with cluster_folder() as folder, small_disk(folder / "disk", 24) as disk:
        disk.folder.chmod(0o777)
        server = Cluster(folder / "one", wal_folder=disk.folder / "wal")
        writes, codes = filled_and_gone_on(server, disk, tmp_path)
        has_panicked = "PANIC" in server.said()
    print(f"PostgreSQL, log full: {acknowledged(writes)} commands acknowledged, 0 lost; refused {codes}")  # noqa: T201 (as above)
    assert codes <= {"storage-full", "database-unavailable", "outcome-unknown"}
    assert has_panicked, "there was room all the time: this shows nothing"


def filled_and_gone_on(server: Cluster, disk: SmallDisk, folder: Path) -> tuple[list[Write], set[str]]:
    """What was written to a server whose disk was full for a while, and with which codes it refused."""
    server.initialise("--wal-segsize=1")
    server.start("max_wal_size=8MB", "min_wal_size=2MB", "wal_recycle=off")
    writes: list[Write] = []
    try:
        with serving(folder, server.url) as service:
            open_lines(service.url, {"L0": "90000000.00"})
            disk.leave(LEFT_BYTES)
            codes = write_until_full(service, "full", writes)
            disk.empty()
            wait_for("it answers again, or has ended", lambda: server.ended() or server.answers())
            if server.ended():
                server.start(*server.settings)
            wait_for("it can write again", lambda: send(service, writes[-1]) == CREATED)
            assert_kept(server.url, [write for write in writes if write.answer is not None])
            assert_sound(server.url, LEDGER, folder)
    finally:
        server.remove()
    return writes, codes


def write_until_full(server: Server, name: str, writes: list[Write]) -> set[str]:
    """Sends writes until some in a row were refused; the codes of the refusals. What was sent is added."""
    codes: set[str] = set()
    refused = 0
    with caller(server.url) as clerk:
        while refused < REFUSED_MAX:
            writes.append(large_write(f"{name}-{len(writes)}"))
            answer = clerk.post(writes[-1])
            if answer.status == CREATED:
                refused = 0
                continue
            assert answer.status == UNAVAILABLE, answer.content
            codes.add(answer.json["code"])
            refused += 1
    return codes


def large_write(key: str) -> Write:
    """Payments with long texts."""
    items = [
        {"command": "record-disbursement", "purpose": "用途" * 90, **payment("L0", "0.01", f"{key}-{index}")}
        for index in range(ROWS)
    ]
    return batch(key, *items)


def assert_reads_go_on_and_it_is_said(server: Server, code: str) -> None:
    with httpx.Client(base_url=server.url, timeout=DEADLINE_S) as client:
        assert client.get(f"{BASE}/events?limit=5").status_code == 200
        assert client.get("/v1/ledgers").status_code == 200
        found = client.get("/readyz")
        assert (found.status_code, found.json()["database"], found.json()["writes"]) == (UNAVAILABLE, True, False)
        assert code in {problem["code"] for problem in found.json()["problems"]}


def assert_room_helps(server: Server, disk: SmallDisk, writes: list[Write]) -> None:
    """The same process records what it refused, and the views come up to it."""
    disk.empty()
    assert send(server, writes[-1]) == CREATED
    with httpx.Client(base_url=server.url, timeout=DEADLINE_S) as client:
        wait_for("the views are there", lambda: client.get(f"{BASE}/lines/L0").status_code == 200)
        wait_for("it is ready", lambda: client.get("/readyz").status_code == 200)


def send(server: Server, write: Write) -> int:
    with caller(server.url) as clerk:
        return clerk.post(write).status


def acknowledged(writes: list[Write]) -> int:
    return sum(len(write.item_keys) for write in writes if write.answer is not None)
