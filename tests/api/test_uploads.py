"""Files that are kept before they are recorded: once, whole, for a while, and within bounds."""

import errno
import hashlib
import json
import os
import stat
from pathlib import Path
from threading import Thread

import httpx
import pytest

from adapters.file_lock import locked
from api.invalid import CallerQuotaReached, LedgerQuotaReached, UploadsFull
from api.uploads import MAX_UPLOAD_BYTES, Limits, Uploads
from api.uploads_folder import UploadsFolder
from domain.access import Role
from tests.api.test_column_mappings import MAPPING
from tests.support.caller import Caller, new_caller, problem
from tests.support.identified import bearing, client_with, identifying_server, made_key, open_founded
from tests.support.server import RunningServer, running_server
from tests.support.tls import NO_TLS

BYTES = {"Content-Type": "application/octet-stream"}
CONTENT = "业务日期,金额\r\n".encode()


def test_a_file_is_given_back_to_those_alone_who_have_sent_it(sqlite_url: str) -> None:
    with identifying_server(sqlite_url) as server:
        one, other, third = (made_key(server, role).text for role in (Role.APPROVER, Role.CLERK, Role.CLERK))
        with client_with(server, one) as client:
            base = open_founded(client, "qingshi").base
        clients = [
            httpx.Client(base_url=server.url, headers=bearing(each), verify=NO_TLS) for each in (one, other, third)
        ]
        for client, name in zip(clients, ("a.csv", "b.csv"), strict=False):
            client.post(f"{base}/uploads", params={"name": name}, content=CONTENT, headers=BYTES)
        answers = [client.get(f"{base}/uploads/{hashlib.sha256(CONTENT).hexdigest()}") for client in clients]
        assert [each.status_code for each in answers] == [200, 200, 404]
        told = [each.json() for each in answers[:2]]
        assert [(each["is_own"], each["name"]) for each in told] == [(True, "a.csv"), (False, "b.csv")]
        for client in clients:
            client.close()


@pytest.fixture
def caller(sqlite_server: RunningServer) -> Caller:
    return new_caller(sqlite_server.client)


def send(caller: Caller, content: bytes, name: str = "支付.csv") -> httpx.Response:
    return caller.client.post(f"{caller.base}/uploads", params={"name": name}, content=content, headers=BYTES)


def test_a_file_comes_back_as_it_was(caller: Caller) -> None:
    kept = send(caller, CONTENT)
    assert kept.status_code == 201
    upload = kept.json()
    assert upload["upload_id"] == hashlib.sha256(CONTENT).hexdigest()
    assert (upload["name"], upload["size"], upload["uploaded_by"]) == ("支付.csv", len(CONTENT), "local")
    address = f"{caller.base}/uploads/{upload['upload_id']}"
    assert caller.client.get(address).json() == upload
    assert caller.client.get(address, headers={"Accept": BYTES["Content-Type"]}).content == CONTENT


def test_the_same_file_keeps_its_first_name(caller: Caller) -> None:
    send(caller, CONTENT)
    assert send(caller, CONTENT, "副本.csv").json()["name"] == "支付.csv"


def test_a_file_is_of_one_ledger(caller: Caller, sqlite_server: RunningServer) -> None:
    upload_id = send(caller, CONTENT).json()["upload_id"]
    another = new_caller(sqlite_server.client)
    problem(another.ask(f"/uploads/{upload_id}"), 404, "not-found")


@pytest.mark.parametrize("identifier", ["0" * 64, "mappings", "A" * 64])
def test_what_is_no_file_is_not_there(caller: Caller, identifier: str) -> None:
    assert caller.ask(f"/uploads/{identifier}").status_code == 404


def test_a_file_that_is_too_large_is_refused(caller: Caller) -> None:
    problem(send(caller, bytes(MAX_UPLOAD_BYTES + 1)), 413, "body-too-large")


def test_a_file_without_a_name_is_refused(caller: Caller) -> None:
    problem(caller.client.post(f"{caller.base}/uploads", content=b"a", headers=BYTES), 422, "invalid-parameter")


def uploads_in(
    folder: Path, in_all: int = 1_000_000, of_ledger: int = 1_000_000, of_caller: int = 1_000_000
) -> Uploads:
    limits = Limits(in_all=in_all, of_ledger=of_ledger, of_caller=of_caller)
    return Uploads(UploadsFolder(folder / "uploads"), days=1, limits=limits)


def test_only_the_service_may_read_what_is_kept(tmp_path: Path) -> None:
    upload = uploads_in(tmp_path).keep("l", "a.csv", CONTENT, "somebody")
    folder = tmp_path / "uploads"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "l" / upload.upload_id).stat().st_mode) == 0o600


def test_a_file_whose_days_are_over_is_gone_and_then_deleted(tmp_path: Path) -> None:
    uploads = uploads_in(tmp_path)
    upload_id = uploads.keep("l", "a.csv", CONTENT, "somebody").upload_id
    about = tmp_path / "uploads" / "l" / f"{upload_id}.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"expires_at": 1}))
    assert uploads.find("l", upload_id) is None
    assert uploads.content("l", upload_id) is None
    mappings = UploadsFolder(tmp_path / "uploads").private("l", "mappings")
    uploads.sweep()
    assert list((tmp_path / "uploads" / "l").iterdir()) == [mappings]


def test_a_file_that_is_sent_again_while_others_are_swept_away_stays(tmp_path: Path) -> None:
    uploads = uploads_in(tmp_path)
    upload_id = uploads.keep("l", "a.csv", CONTENT, "somebody").upload_id
    about = tmp_path / "uploads" / "l" / f"{upload_id}.json"
    fresh = about.read_text()
    about.write_text(json.dumps(json.loads(fresh) | {"expires_at": 1}))
    sweeping = Thread(target=uploads.sweep)
    with locked(tmp_path / "uploads" / "lock"):
        sweeping.start()
        sweeping.join(0.1)
        assert sweeping.is_alive(), "it waits for its turn"
        about.write_text(fresh)
    sweeping.join()
    assert uploads.content("l", upload_id) == CONTENT


@pytest.mark.parametrize("damage", ["{", "5", "{}", '{"names": 5}'])
def test_a_file_of_which_nothing_is_known_any_more_is_none(tmp_path: Path, damage: str) -> None:
    uploads = uploads_in(tmp_path)
    upload_id = uploads.keep("l", "a.csv", CONTENT, "somebody").upload_id
    (tmp_path / "uploads" / "l" / f"{upload_id}.json").write_text(damage)
    assert uploads.content("l", upload_id) is None
    uploads.keep("l", "b.csv", b"another", "somebody")
    uploads.keep("l", "a.csv", CONTENT, "somebody")
    assert uploads.content("l", upload_id) == CONTENT


def test_what_a_process_left_half_written_is_deleted_after_an_hour(tmp_path: Path) -> None:
    uploads = uploads_in(tmp_path)
    uploads.keep("l", "a.csv", CONTENT, "somebody")
    left = tmp_path / "uploads" / "l" / "tmpabc"
    left.write_bytes(b"half")
    uploads.sweep()
    assert left.exists()
    os.utime(left, (1, 1))
    uploads.sweep()
    assert not left.exists()


def test_nobody_fills_what_others_share(tmp_path: Path) -> None:
    uploads = uploads_in(tmp_path, in_all=1_000_000, of_ledger=600_000, of_caller=400_000)
    first = uploads.keep("l", "a", b"a" * 300_000, "clerk")
    second = uploads.keep("l", "b", b"b" * 300_000, "clerk")
    assert uploads.find("l", first.upload_id) is None, "the oldest of one's own give way"
    uploads.keep("l", "b", b"b" * 300_000, "other")
    with pytest.raises(CallerQuotaReached):
        uploads.keep("l", "c", b"c" * 300_000, "clerk")
    assert uploads.find("l", second.upload_id) is not None, "what others have sent too stays"
    with pytest.raises(LedgerQuotaReached):
        uploads.keep("l", "d", b"d" * 301_000, "third")
    uploads.keep("m", "d", b"d" * 301_000, "third")
    with pytest.raises(UploadsFull):
        uploads.keep("n", "e", b"e" * 400_000, "fourth")
    uploads.keep("n", "e", b"e" * 390_000, "fourth")


def test_a_small_file_counts_as_more_than_its_bytes(tmp_path: Path) -> None:
    uploads = uploads_in(tmp_path, of_caller=640_000)
    kept = [uploads.keep("l", "a", str(number).encode(), "clerk").upload_id for number in range(11)]
    assert [uploads.find("l", each) is None for each in kept].count(True) == 1


def test_a_folder_that_cannot_be_used_is_told_and_answers_no_500(sqlite_url: str, tmp_path: Path) -> None:
    in_the_way = tmp_path / "in-the-way"
    in_the_way.write_text("a file where a folder should be")
    with running_server(sqlite_url, uploads_folder=str(in_the_way / "uploads")) as server:
        caller = new_caller(server.client)
        problem(send(caller, CONTENT), 503, "uploads-unavailable")
        problem(caller.ask(f"/uploads/{'0' * 64}"), 503, "uploads-unavailable")
        problem(caller.post("/column-mappings", MAPPING), 503, "uploads-unavailable")
        ready = server.client.get("/readyz")
        assert (ready.status_code, ready.json()["uploads"]) == (503, False)
        assert [each["code"] for each in ready.json()["problems"]] == ["uploads-unavailable"]
        in_the_way.unlink()
        assert send(caller, CONTENT).status_code == 201
        assert server.client.get("/readyz").status_code == 200


def test_a_full_disk_is_told_until_something_can_be_written(tmp_path: Path) -> None:
    folder = UploadsFolder(tmp_path)
    with pytest.raises(UploadsFull), folder.used():
        raise OSError(errno.ENOSPC, "No space left on device")
    with folder.used():
        assert isinstance(folder.trouble(), UploadsFull), "what can be read says nothing of what can be written"
    with folder.used(writes=True):
        pass
    assert folder.trouble() is None
