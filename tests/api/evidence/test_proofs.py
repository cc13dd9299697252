"""Proofs, as a caller gets them."""

from base64 import b64decode

import pytest

from domain.checkpoint import parse_checkpoint, parse_log_proof
from domain.identifiers import leaf_hash
from domain.merkle import verify_consistency, verify_inclusion
from tests.support.caller import DISBURSEMENT, Caller
from tests.support.effort import sampled
from tests.support.server import DEADLINE_S, RunningServer


def test_an_entry_is_shown_to_be_under_the_root(founded: Caller) -> None:
    for size in (3, 5, 6):
        answer = founded.read("/proofs/inclusion", position=3, size=size)
        stored = founded.client.get(founded.base + "/events/3", headers={"Accept": "application/octet-stream"}).content
        assert answer["leaf_hash"] == leaf_hash(stored).hex()
        assert answer["root"] == founded.read("/events", at_position=size)["coordinates"]["root"]
        proof = [b64decode(each) for each in answer["proof"]]
        verify_inclusion(leaf_hash(stored), 2, size, proof, bytes.fromhex(answer["root"]))


def test_without_a_size_the_proof_is_for_the_head(founded: Caller) -> None:
    assert founded.read("/proofs/inclusion", position=1)["size"] == 6
    assert founded.read("/proofs/consistency", **{"from": 2})["to"] == 6


def test_a_log_is_shown_to_begin_with_an_earlier_one(founded: Caller) -> None:
    founded.record("/disbursements", DISBURSEMENT)
    for first in range(1, 8):
        answer = founded.read("/proofs/consistency", **{"from": first, "to": 7})
        roots = [bytes.fromhex(answer[name]) for name in ("from_root", "to_root")]
        verify_consistency(first, 7, [b64decode(each) for each in answer["proof"]], *roots)


def test_a_proof_as_text_brings_its_checkpoint(server: RunningServer, founded: Caller) -> None:
    assert server.services.transparency.checkpointer.wait_until(founded.ledger_id, 6, DEADLINE_S) is not None
    address = founded.base + "/proofs/inclusion?position=4"
    answer = founded.client.get(address, headers={"Accept": "text/plain"})
    assert answer.headers["content-type"].startswith("text/plain")
    proof = parse_log_proof(answer.content)
    checkpoint = parse_checkpoint(proof.note.text)
    stored = founded.client.get(founded.base + "/events/4", headers={"Accept": "application/octet-stream"}).content
    verify_inclusion(leaf_hash(stored), proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    signed = {each["size"] for each in founded.read("/checkpoints")["items"]}
    for size in (4, 5):
        # On a slow machine a size in between may have been signed as well.
        other = founded.client.get(f"{address}&size={size}", headers={"Accept": "text/plain"})
        assert other.status_code == (200 if size in signed else 404), other.text
        assert size in signed or other.json()["code"] == "unknown-checkpoint"


@pytest.mark.parametrize(
    "path",
    sampled(
        [
            "/proofs/inclusion",
            "/proofs/inclusion?position=0",
            "/proofs/inclusion?position=7",
            "/proofs/inclusion?position=4&size=3",
            "/proofs/inclusion?position=4&size=7",
            "/proofs/inclusion?position=4&size=99999999999999999999",
            "/proofs/inclusion?position=-1",
            "/proofs/inclusion?position=1&position=2",
            "/proofs/inclusion?position=1&colour=red",
            "/proofs/consistency",
            "/proofs/consistency?from=0",
            "/proofs/consistency?from=7",
            "/proofs/consistency?from=3&to=2",
            "/proofs/consistency?from=3&to=7",
            "/proofs/consistency?from=1.5",
        ],
        one_in=3,
    ),
)
def test_an_impossible_proof_is_refused(founded: Caller, path: str) -> None:
    answer = founded.client.get(founded.base + path)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-parameter")
