"""A service and a witness: checkpoints go there, cosignatures come back, and a log that was rewritten is refused."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import insert

from adapters.event_log.tables import log_cosignature
from adapters.transparency.ed25519 import verify
from api.witness import witness_app
from domain.note import MAX_SIGNATURES, VerifierKey, format_verifier_key, parse_note, parse_verifier_key, verify_note
from domain.policy import parse_policy
from tests.support.caller import DISBURSEMENT, Caller, new_caller
from tests.support.console import Console
from tests.support.server import RunningServer, running_server
from tests.support.tampering import tamper
from tests.support.waiting import eventually
from tests.support.witness import WITNESS, listening, witness_in


@dataclass(frozen=True)
class Watched:
    """A ledger whose checkpoints one witness cosigns."""

    server: RunningServer
    caller: Caller
    log_key: VerifierKey

    def cosigned(self, size: int) -> bytes:
        """The checkpoint that covers so many entries, once the witness has signed it."""
        return eventually(f"size {size} is cosigned", lambda: self._cosigned(size))

    def _cosigned(self, size: int) -> bytes | None:
        data = self.caller.client.get(f"{self.caller.base}/checkpoint").content
        note = parse_note(data)
        if int(note.text.split("\n")[1]) < size or len(note.signatures) < 2:
            return None
        assert len(verify_note(note, [self.log_key, WITNESS.key], verify)) == 2
        return data


@pytest.fixture
def watched(sqlite_url: str, tmp_path: Path) -> Iterator[Watched]:
    """The log must be known before there is a witness of it, and the witness's address before the service asks it."""
    with running_server(sqlite_url) as server:
        caller = new_caller(server.client)
        caller.found()
        assert server.services.transparency.checkpointer.wait_until(caller.ledger_id, 6, 30) is not None
        log_key = parse_verifier_key(server.client.get(caller.base + "/log.pub").text.strip())
    witness = witness_app(witness_in(tmp_path, [log_key]))
    with listening(witness) as address, serving(sqlite_url, tmp_path, address) as server:
        yield Watched(server, Caller(server.client, caller.ledger_id), log_key)


@contextmanager
def serving(url: str, folder: Path, witness: str) -> Iterator[RunningServer]:
    """A service that asks the witness, and thinks nothing complete without it."""
    policy = folder / "policy"
    policy.write_text(f"witness w {format_verifier_key(WITNESS.key)} {witness}\nquorum w\n", encoding="utf-8")
    with running_server(url, witness_policy=str(policy), checkpoint_interval_ms=10) as server:
        yield server


def test_what_is_signed_is_cosigned_and_served(watched: Watched) -> None:
    watched.caller.record("/disbursements", DISBURSEMENT)
    watched.cosigned(7)
    watched.caller.record("/disbursements", DISBURSEMENT | {"voucher_no": "V2"})
    cosigned = watched.cosigned(8)
    with watched.server.services.database.log_writer.begin() as connection:
        # As the service's role may: more than a note has room for, by names that come before the witness's.
        values = {"ledger_id": watched.caller.ledger_id, "size": 8}
        crowd = [values | {"witness": f"a{each}", "value": bytes(76 if each else 2**17)} for each in range(40)]
        connection.execute(insert(log_cosignature), [*crowd, values | {"witness": "a", "value": bytes(2**17)}])
    crowded = parse_note(watched.caller.client.get(f"{watched.caller.base}/checkpoint").content)
    assert crowded.signatures[:2] == parse_note(cosigned).signatures
    assert len(crowded.signatures) == MAX_SIGNATURES
    assert watched.server.client.get("/readyz").json()["witnesses"] is True
    policy = parse_policy(watched.caller.client.get(f"{watched.caller.base}/witness-policy").text)
    assert policy.logs == ((watched.log_key, None),)
    assert policy.witnesses == (("w", WITNESS.key, None),)
    page = Console(watched.server.client, watched.caller.ledger_id).open("verify")
    said = next(each for each in page.texts(".level") if "见证人联署" in each)
    assert "联署有效，达到策略要求的人数" in said
    assert "联署有效，2024-01-02 09:00" in said
    offered = page.link("下载见证策略")
    assert parse_policy(watched.server.client.get(offered).text) == policy


def test_evidence_is_made_under_a_cosigned_checkpoint(watched: Watched) -> None:
    watched.caller.record("/disbursements", DISBURSEMENT)
    answer = watched.caller.client.get(f"{watched.caller.base}/evidence", params={"line_id": "L1"})
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        note = parse_note(bundle.read("checkpoint.txt"))
    assert len(verify_note(note, [watched.log_key, WITNESS.key], verify)) == 2


def test_a_rewritten_log_gets_no_cosignature_even_with_the_logs_own_key(watched: Watched) -> None:
    watched.caller.record("/disbursements", DISBURSEMENT)
    watched.cosigned(7)
    services = watched.server.services
    ledger_id = watched.caller.ledger_id
    tamper(services.database, "UPDATE {log}log_entry SET leaf_hash = :hash WHERE position = 3", hash=bytes(32))
    log_id = services.ledgers.identity(ledger_id).log_id
    # Whoever has the keys can have anything signed: the memory of the signer is a file as well.
    forgotten = '{"epoch": 0, "root": "", "size": 0}'
    (services.keys.folder(ledger_id, log_id) / "state.json").write_text(forgotten, encoding="utf-8")
    watched.caller.record("/disbursements", DISBURSEMENT | {"voucher_no": "V2"})
    answer = eventually("the service is not ready", lambda: unready(watched.server))
    assert answer["witnesses"] is False
    latest = services.transparency.checkpoints.latest(ledger_id)
    assert latest is not None
    assert latest.size == 8
    assert len(parse_note(latest.note).signatures) == 1


def unready(server: RunningServer) -> dict[str, object] | None:
    answer = server.client.get("/readyz")
    return answer.json() if answer.status_code == 503 else None
