"""Checkpoints, as the service signs and shows them."""

import pytest
from sqlalchemy import insert

from adapters.event_log.tables import log_checkpoint, log_cosignature
from adapters.transparency.ed25519 import verify
from domain.checkpoint import Checkpoint, parse_checkpoint
from domain.note import format_note, parse_note, parse_verifier_key, verify_note
from tests.support.caller import DISBURSEMENT, Caller, problem
from tests.support.effort import sampled
from tests.support.server import DEADLINE_S, RunningServer


def signed(server: RunningServer, caller: Caller, size: int) -> None:
    """Waits for a checkpoint that covers so many entries."""
    assert server.services.transparency.checkpointer.wait_until(caller.ledger_id, size, DEADLINE_S) is not None


def checkpoint_of(caller: Caller, data: bytes) -> Checkpoint:
    """The checkpoint of a note that is signed by the keys the service names."""
    keys = [parse_verifier_key(line) for line in caller.client.get(caller.base + "/log.pub").text.splitlines()]
    note = parse_note(data)
    assert {each.key for each in verify_note(note, keys, verify)} == set(keys)
    return parse_checkpoint(note.text)


def test_a_new_ledger_is_signed_at_once(server: RunningServer, ledger: Caller) -> None:
    signed(server, ledger, 1)
    answer = ledger.client.get(ledger.base + "/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    log_id = ledger.read("")["log_id"]
    checkpoint = checkpoint_of(ledger, answer.content)
    assert checkpoint.origin == f"fundtrail.local/{ledger.ledger_id}/{log_id}"


def test_what_is_recorded_is_signed_with_the_root_that_reads_show(server: RunningServer, founded: Caller) -> None:
    signed(server, founded, 6)
    checkpoint = checkpoint_of(founded, founded.client.get(founded.base + "/checkpoint").content)
    coordinates = founded.read("/projects", at_position=6)["coordinates"]
    assert (checkpoint.size, checkpoint.root.hex()) == (6, coordinates["root"])


def test_earlier_checkpoints_stay(server: RunningServer, founded: Caller) -> None:
    signed(server, founded, 6)
    founded.record("/disbursements", DISBURSEMENT)
    signed(server, founded, 7)
    listed = founded.read("/checkpoints")["items"]
    assert [each["size"] for each in listed][-2:] == [6, 7]
    assert [each["epoch"] for each in listed] == [0] * len(listed)
    note = founded.client.get(founded.base + "/checkpoints", params={"size": "6"}).content
    assert checkpoint_of(founded, note).root.hex() == listed[-2]["root"]
    page = founded.read("/checkpoints", limit=1)
    assert [each["size"] for each in page["items"]] == [page["next_after"]]
    assert founded.read("/checkpoints", after=6)["items"] == listed[-1:]


def test_what_somebody_put_beside_the_checkpoints_is_passed_over_and_the_log_is_signed_on(
    server: RunningServer, founded: Caller
) -> None:
    signed(server, founded, 6)
    database = server.services.database
    good = founded.client.get(founded.base + "/checkpoint").content
    # As the service's role may; and beyond the log, as whoever takes the guards down.
    taken = [each["size"] for each in founded.read("/checkpoints")["items"]]
    free = [each for each in (2, 3, 4, 5) if each not in taken]
    text = parse_note(good).text.replace("\n6\n", f"\n{free[-1]}\n")
    forged = format_note(parse_note(good)._replace(text=text))
    rows = {free[0]: (b"\0", 0), free[1]: (good, 0), free[-1]: (forged, 0)}
    with database.log_writer.begin() as connection:
        for size, (note, at) in rows.items():
            values = {"ledger_id": founded.ledger_id, "size": size, "note": note, "signed_at_us": at}
            connection.execute(insert(log_checkpoint), values)
        witnesses = [*(f"w{each}" for each in range(40)), "no name"]
        values = {"ledger_id": founded.ledger_id, "size": 6, "value": bytes(76)}
        connection.execute(insert(log_cosignature), [values | {"witness": each} for each in witnesses])
    assert founded.client.get(founded.base + "/checkpoint").status_code == 200
    assert [each["size"] for each in founded.read("/checkpoints")["items"]] == taken
    for size in rows:
        problem(founded.ask("/checkpoints", size=size), 404, "unknown-checkpoint")
    store = server.services.checkpoints
    assert store.unusable(founded.ledger_id, first=1, last=6) == sorted(rows)
    founded.record("/disbursements", DISBURSEMENT)
    signed(server, founded, 7)
    assert checkpoint_of(founded, founded.client.get(founded.base + "/checkpoint").content).size == 7


@pytest.mark.parametrize(
    ("path", "status", "code"),
    sampled(
        [
            ("/checkpoints?size=5000", 404, "unknown-checkpoint"),
            ("/checkpoints?size=0", 422, "invalid-parameter"),
            ("/checkpoints?size=x", 422, "invalid-parameter"),
            ("/checkpoint?size=1", 422, "invalid-parameter"),
            ("/log.pub?x=1", 422, "invalid-parameter"),
        ],
        one_in=3,
    ),
)
def test_what_is_not_there_or_not_possible_is_refused(founded: Caller, path: str, status: int, code: str) -> None:
    answer = founded.client.get(founded.base + path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("name", ["after", "limit"])
def test_a_list_parameter_is_refused_where_one_note_is_asked_for(founded: Caller, name: str) -> None:
    document = problem(founded.ask("/checkpoints", size=1, **{name: 1}), 422, "invalid-parameter")
    assert [(each["pointer"], each["code"]) for each in document["errors"]] == [(f"/{name}", "exclusive")]


def test_a_key_that_others_may_read_is_answered_as_such(server: RunningServer, founded: Caller) -> None:
    signed(server, founded, 6)
    [key] = server.services.keys.folder(founded.ledger_id, founded.read("")["log_id"]).glob("*.key")
    key.chmod(0o644)
    problem(founded.ask("/log.pub"), 503, "log-keys-unusable")
    key.chmod(0o600)
    assert founded.ask("/log.pub").status_code == 200


def test_of_an_unknown_ledger_nothing_is_shown(sqlite_server: RunningServer) -> None:
    for path in (
        "checkpoint",
        "checkpoints",
        "log.pub",
        "witness-policy",
        "proofs/inclusion?position=1",
        "tile/0/000.p/1",
    ):
        assert sqlite_server.client.get(f"/v1/ledgers/nowhere/{path}").status_code == 404
