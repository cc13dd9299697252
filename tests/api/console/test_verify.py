"""Verification in the page: each level with what came of it, and what that cannot show."""

import asyncio
import zipfile
from io import BytesIO

import httpx
import pytest
from starlette.types import ASGIApp, Message

from api.app import create_app
from api.console.level import Verdict
from api.console.log_checks import sums_of
from api.console.witness_check import Found, cosigned_by, judged, strangers
from domain.note import Algorithm, Note, cosignature_of
from domain.policy import Policy, PolicyWitness
from tests.support.caller import ALLOCATION, DISBURSEMENT, LATER, Caller
from tests.support.console import Console
from tests.support.ed25519 import SeededSigner
from tests.support.server import RunningServer
from tests.support.signing import wait_until_signed
from tests.support.witness import NOW_S, WITNESS, SmallLog, cosigned


@pytest.fixture
def signed(founded: Caller) -> Caller:
    """A log that is signed up to its head."""
    wait_until_signed(founded)
    return founded


def level(texts: list[str], title: str) -> str:
    return next(text for text in texts if title in text)


@pytest.mark.usefixtures("signed")
def test_the_latest_checkpoint_and_the_root_of_the_page_hold(console: Console) -> None:
    levels = console.open("verify").texts(".level")
    assert "成立" in level(levels, "检查点的签名")
    assert "与签名检查点一致。" in level(levels, "本页流水号的校验值")
    assert "没有见证人联署" in level(levels, "见证人联署")
    assert all("用时" in each for each in levels)


@pytest.mark.usefixtures("signed")
def test_each_level_is_sent_before_the_next_is_begun(server: RunningServer, console: Console) -> None:
    address = console.open("verify", project="P1", entry="4").url
    pieces = asyncio.run(body_of(create_app(server.services), address))
    assert [piece.count("card level") for piece in pieces] == [0, 1, 1, 1, 1, 1, 0, 0]
    assert "取证信息" in pieces[-2]


async def body_of(app: ASGIApp, address: httpx.URL) -> list[str]:
    """The parts of an answer as an application sends them."""
    sent: list[Message] = []

    async def receive() -> Message:
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return] # it never comes

    async def send(message: Message) -> None:
        sent.append(message)

    path, query = address.raw_path.partition(b"?")[::2]
    scope = {"type": "http", "method": "GET", "path": path.decode(), "raw_path": path, "query_string": query}
    await app(
        {**scope, "headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 1), "scheme": "http"}, receive, send
    )
    return [each["body"].decode() for each in sent if each["type"] == "http.response.body"]


def test_a_checkpoint_that_was_kept_is_held_against_the_log(signed: Caller, console: Console) -> None:
    note = signed.client.get(signed.base + "/checkpoint").text
    signed.record("/disbursements", DISBURSEMENT)
    wait_until_signed(signed)
    shown = console.open("verify", earlier=note.replace("\n", "\r\n"))
    assert "此前的流水未被改动" in shown.text("main")
    assert shown.one("#earlier").exact.strip() == note.strip()


def test_size_and_root_do_as_well_and_a_wrong_root_fails(signed: Caller, console: Console) -> None:
    root = signed.read("/units", at_position=4)["coordinates"]["root"]
    assert "此前的流水未被改动" in console.open("verify", earlier=f"4 {root}").text("main")
    assert "被改写过" in console.open("verify", earlier=f"4 {'0' * 64}").text(".fails")
    assert "账本变短" in console.open("verify", earlier=f"999 {root}").text(".fails")
    # As pages show it below.
    shown = console.open("verify", earlier=f"#4 {root[:16].upper()}").text(".levels")
    assert "只比对了校验值的前 16 位" in shown
    assert "被改写过" in console.open("verify", earlier=f"4 {root[:15]}{'1' if root[15] == '0' else '0'}").text(
        ".fails"
    )
    assert "至少前 16 位" in console.open("verify", earlier=f"4 {root[:15]}").text(".levels")


def test_a_forged_note_and_no_note_at_all_are_said(signed: Caller, console: Console) -> None:
    note = signed.client.get(signed.base + "/checkpoint").text
    lines = note.split("\n")
    forged = "\n".join([lines[0], "5", *lines[2:]])
    assert "没有账本公钥的有效签名" in console.open("verify", earlier=forged).text("main")
    assert "请粘贴完整的检查点原文" in console.open("verify", earlier="hello").text("main")
    assert console.open("verify", earlier="x" * 9000).response.status_code == 422


def test_an_entry_is_proven_and_another_leaf_hash_is_not_its(signed: Caller, console: Console) -> None:
    leaf = signed.read("/events/4")["leaf_hash"]
    assert "到达已签名的校验值" in console.open("verify", entry=f"#4 {leaf}").text("main")
    assert "原文与账本不符" in console.open("verify", entry=f"4 {'0' * 64}").text(".fails")
    assert "到达已签名的校验值" in console.open("verify", entry="004").text("main")
    assert "到达已签名的校验值" in console.open("verify", entry=f"4 {leaf[:16]}").text("main")
    for text in ("99", "0", "x", "²", "4 00", f"4 {leaf}0", "4 " + "g" * 64):
        assert "请输入已签名的流水号" in console.open("verify", entry=text).text("main")


def test_the_figures_of_a_project_are_added_up_again(signed: Caller, console: Console) -> None:
    paid = signed.record("/disbursements", DISBURSEMENT)
    signed.record("/allocations", ALLOCATION | {"amount": "50.00", "stage": "additional"})
    signed.record("/reversals", {"effective_date": LATER, "event_id": paid["event_id"], "reason": "误录"})
    shown = console.open("verify", project="P1")
    assert "逐笔重算与页面数字一致" in shown.text("main")
    assert "650.00 / 650.00" in shown.text("main")
    assert not console.open("verify", project="nosuch").all("a[href*=evidence]")
    early = console.open("verify", project="P1", as_of="2023-03-31")
    assert "100.00 / 100.00" in early.text("main")


def test_a_sum_that_lacks_an_event_is_not_the_sum(signed: Caller) -> None:
    events = signed.read("/projects/P1/history")["items"]
    assert sums_of(events)["adjusted_budget"] == 600_00
    assert sums_of(events[:-1])["adjusted_budget"] == 0


@pytest.mark.usefixtures("signed")
def test_evidence_and_checkpoint_are_taken_home(console: Console) -> None:
    shown = console.open("verify", project="P1")
    evidence = console.follow(shown.link("的证据包")).response
    assert "manifest.json" in zipfile.ZipFile(BytesIO(evidence.content)).namelist()
    assert console.open("verify/checkpoint.txt").response.text.startswith("fundtrail.local/")
    assert "fundtrail_verify.py" in shown.text("main")
    log = console.follow(shown.link("下载完整日志")).response
    assert log.content == console.client.get(f"/v1/ledgers/{console.ledger_id}/log-export").content
    assert "attachment" in log.headers["content-disposition"]
    assert "Bearer" not in shown.text("main")
    assert console.open("verify/evidence.zip").response.status_code == 404


@pytest.mark.usefixtures("signed")
def test_the_page_says_what_it_cannot_show(console: Console) -> None:
    assert "同一台服务器" in console.open("verify").text(".notice")


def test_a_cosignature_of_someone_whom_the_server_does_not_know_is_not_verified(
    server: RunningServer, signed: Caller, console: Console
) -> None:
    checkpoints = server.services.checkpoints
    latest = checkpoints.latest(signed.ledger_id)
    assert latest is not None
    text = latest.note.decode().partition("\n\n")[0] + "\n"
    checkpoints.add_cosignatures(signed.ledger_id, latest.size, [cosignature_of(text, WITNESS, NOW_S)])
    said = level(console.open("verify").texts(".level"), "见证人联署")
    assert "未核对" in said
    assert "--policy" in said
    assert WITNESS.key.name in said


def test_cosignatures_are_held_against_the_policy() -> None:
    log, late = SmallLog(), SeededSigner("late.example", Algorithm.COSIGNATURE)
    first, second = PolicyWitness("w", WITNESS.key, None), PolicyWitness("late", late.key, None)
    policy = Policy(logs=(), witnesses=(first, second), groups=(), quorum="w")
    note = cosigned(log.note(5))
    every = [cosigned_by(note, each) for each in policy.witnesses]
    assert [(each.found, each.time_s) for each in every] == [(Found.VALID, NOW_S), (Found.MISSING, None)]
    assert judged(policy, every, [])[0] is Verdict.HOLDS
    assert strangers(note, policy) == [log.origin]
    forged = cosigned_by(Note(log.text(6), note.signatures), first)
    assert forged.found is Found.WRONG
    assert judged(policy, [forged, every[1]], [])[0] is Verdict.FAILS
    unmet = Policy(logs=(), witnesses=(first, second), groups=(), quorum="late")
    assert judged(unmet, every, [])[0] is Verdict.UNKNOWN
    assert judged(unmet, every[1:], [])[0] is Verdict.UNKNOWN
