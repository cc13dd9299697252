"""Evidence bundles and log exports as the reference page describes them, made from a log in memory by domain code.

It shares nothing with the code that serves evidence and nothing with the verifier that reads it, so each of the two can
be held against it.
"""

import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final

from domain.appropriation import AppropriationReceived
from domain.checkpoint import Checkpoint, epoch_extensions, format_checkpoint
from domain.dates import format_instant
from domain.event import RecordedEvent, effect_of
from domain.flow import NO_FLOW, Flow
from domain.identifiers import canonical_json
from domain.merkle import EMPTY_EDGE, Tile, consistency_proof, inclusion_proof
from domain.money import format_hundredths
from domain.note import Algorithm, Note, Signer, VerifierKey, cosignature_of, format_note, signature_of
from projections.rows import amounts_of
from tests.support.ed25519 import SeededSigner
from tests.support.evidence_log import DIGEST_TYPE, EvidenceLog, digest_leaves, edge_of, leaves_of

WITNESSES: Final = tuple(SeededSigner(f"witness.example/{number}", Algorithm.COSIGNATURE) for number in range(3))
"""Keys that a policy of `policy_of` knows as w0, w1 and w2."""

ORDER: Final = (
    "manifest.json", "claim.json", "checkpoint.txt", "entries.jsonl", "inclusion.json", "completeness.json", "log.pub",
    "tail.jsonl", "consistency.json", "openings.json", "README.txt", "report.html",
)  # fmt: skip
"""The files of a bundle in the order in which its zip holds them; what does not belong there comes last."""

FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)
"""The date of every file of a bundle."""

Files = dict[str, bytes]
"""The files of a bundle by name."""


class LeafSource:
    """The hashes of a log, for proofs of domain/merkle.py."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._leaves = leaves
        self._tiles: dict[tuple[int, int], Tile] = {
            (tile.level, tile.index): tile for tile in EMPTY_EDGE.appended(leaves)[1]
        }

    def hashes(self, level: int, first: int, count: int) -> Sequence[bytes]:
        if level == 0:
            return self._leaves[first : first + count]
        roots = (self._tiles.get((level - 1, index)) for index in range(first, first + count))
        return [tile.root for tile in roots if tile is not None]


def note_of(
    log: EvidenceLog,
    size: int | None = None,
    *,
    epoch: int = 0,
    signers: Sequence[Signer] | None = None,
    cosigned: Mapping[SeededSigner, int] | None = None,
) -> bytes:
    """A checkpoint of the first `size` entries (all), signed by the log, and by witnesses at times since 1970."""
    size = log.head if size is None else size
    root = edge_of(leaves_of(log.entries[:size])).root()
    return signed(Checkpoint(log.origin, size, root, epoch_extensions(epoch)), signers or [log.signer], cosigned or {})


def signed(checkpoint: Checkpoint, signers: Sequence[Signer], cosigned: Mapping[SeededSigner, int]) -> bytes:
    """The note of a checkpoint."""
    text = format_checkpoint(checkpoint)
    lines = [signature_of(text, signer) for signer in signers]
    lines += [cosignature_of(text, witness, time_s) for witness, time_s in cosigned.items()]
    return format_note(Note(text, tuple(lines)))


def seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def json_file(value: object) -> bytes:
    return canonical_json(value) + b"\n"


def base64_of(hashes: Sequence[bytes]) -> list[str]:
    return [b64encode(one).decode() for one in hashes]


def jsonl(entries: Sequence[bytes]) -> bytes:
    return b"".join(entry + b"\n" for entry in entries)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a bundle is asked for. Position and size None: the last; digest None: the last one recorded, 0: none."""

    tag: str
    as_of: date
    position: int | None = None
    size: int | None = None
    since: int | None = None
    digest: int | None = None
    openings: Sequence[Mapping[str, object]] = ()
    epoch: int = 0
    cosigned: Mapping[SeededSigner, int] | None = None


def bundle_of(log: EvidenceLog, asked: Asked) -> Files:
    """The files of the bundle, manifest and all."""
    size = asked.size or log.head
    position = asked.position or size
    digests = [event.position for event in log.events[:size] if event.type == DIGEST_TYPE]
    digest = (digests or [0])[-1] if asked.digest is None else asked.digest
    covers = json.loads(log.entries[digest - 1])["data"]["position"] if digest else 0
    chosen = {1, position} | ({digest} if digest else set())
    chosen |= {event.position for event in log.events[: max(position, covers)] if asked.tag in event.tags}
    files = {
        "claim.json": json_file(claim_of(log, asked.tag, asked.as_of, position)),
        "checkpoint.txt": note_of(log, size, epoch=asked.epoch, cosigned=asked.cosigned),
        "entries.jsonl": jsonl([log.entries[each - 1] for each in sorted(chosen)]),
        "inclusion.json": json_file(inclusion_of(log, sorted(chosen), position, size)),
        "completeness.json": json_file(completeness_of(log, asked.tag, digest, covers, position)),
        "log.pub": f"{verifier_key(log.signer)}\n".encode(),
        "README.txt": b"For people.\n",
        "report.html": b"<!doctype html><title>For people</title>\n",
    }
    if digest and covers < position:
        files["tail.jsonl"] = jsonl(log.entries[covers:size])
    if asked.since is not None:
        proof = consistency_proof(LeafSource(leaves_of(log.entries)), asked.since, size)
        files["consistency.json"] = json_file({"from": asked.since, "to": size, "proof": base64_of(proof)})
    if asked.openings:
        files["openings.json"] = json_file(list(asked.openings))
    return with_manifest(files)


def claim_of(log: EvidenceLog, tag: str, as_of: date, position: int) -> dict[str, Any]:
    """What the service answers at the coordinates, as a claim."""
    kind, _, subject_id = tag.partition(":")
    known = log.events[:position]
    return {
        "coordinates": {
            "as_of": as_of.isoformat(),
            "closed": position < log.head,
            "known_at": format_instant(known[-1].recorded_at),
            "position": position,
            "root": edge_of(leaves_of(log.entries[:position])).root().hex(),
        },
        "figures": figures_of(kind, flow_of_account(known, tag, as_of)),
        "ledger": log.info.ledger_id,
        "log_id": log.info.log_id,
        "origin": log.origin,
        "subject": {"id": subject_id, "kind": kind},
        "tag": tag,
        "tag_count": sum(tag in event.tags for event in known),
    }


def flow_of_account(events: Sequence[RecordedEvent], tag: str, as_of: date) -> Flow:
    """The sums of an account by the rules of the domain."""
    total = NO_FLOW
    for event in events:
        if event.type == DIGEST_TYPE or tag not in event.tags or event.effective_date > as_of:
            continue
        _, fact, sign, change = effect_of(event)
        if isinstance(fact, AppropriationReceived):
            change = Flow(received=sign * fact.amount)
        total = total if change is None else total.plus(change)
    return total


def figures_of(kind: str, flow: Flow) -> dict[str, str | None]:
    """The figures as the service writes them."""
    if kind == "appropriation":
        names = ("received", "allocated", "unallocated", "disbursed", "recovered")
        return {name: format_hundredths(getattr(flow, name)) for name in names}
    block = amounts_of(flow)
    values = {each.name: getattr(block, each.name) for each in fields(block)}
    return {name: format_hundredths(value) if isinstance(value, int) else value for name, value in values.items()}


def inclusion_of(log: EvidenceLog, positions: Sequence[int], position: int, size: int) -> dict[str, Any]:
    source = LeafSource(leaves_of(log.entries))
    return {
        "size": size,
        "proofs": {str(each): base64_of(inclusion_proof(source, each - 1, size)) for each in positions},
        "claim_root": base64_of(consistency_proof(source, position, size)),
    }


def completeness_of(log: EvidenceLog, tag: str, digest: int, covers: int, position: int) -> dict[str, Any]:
    if not digest:
        return {"digest": None, "reason": "no-digest"}
    leaves = digest_leaves(log.events[:covers])
    index = next((place for place, (each, _) in enumerate(leaves) if each == tag), None)
    source = LeafSource([leaf for _, leaf in leaves])
    bearing = [event.position for event in log.events[:covers] if tag in event.tags]
    return {
        "digest": {
            "count": len(bearing) or None,
            "covers": covers,
            "index": index,
            "last": bearing[-1] if bearing else None,
            "position": digest,
            "proof": None if index is None else base64_of(inclusion_proof(source, index, len(leaves))),
            "tag_count": len(leaves),
        },
        "tail": None
        if covers >= position
        else {"first": covers + 1, "frontier": base64_of(full_subtrees(leaves_of(log.entries[:covers])))},
    }


def full_subtrees(leaves: Sequence[bytes]) -> list[bytes]:
    """The roots of the full subtrees of the tree over the leaves, the largest first."""
    roots, start = [], 0
    while start < len(leaves):
        width = 1 << (len(leaves) - start).bit_length() - 1
        roots.append(edge_of(leaves[start : start + width]).root())
        start += width
    return roots


def with_manifest(files: Mapping[str, bytes]) -> Files:
    """The files with a manifest that fits them."""
    rest = {name: data for name, data in files.items() if name != "manifest.json"}
    named = {name: {"sha256": sha256(data).hexdigest(), "size": len(data)} for name, data in rest.items()}
    return {"manifest.json": json_file({"format": "fundtrail-evidence/1", "files": named}), **rest}


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """The zip of the files as they are, in the form of a bundle."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(files, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER)):
            archive.writestr(zipfile.ZipInfo(name, FIRST_DAY), files[name], method)
    return target.getvalue()


def export_of(log: EvidenceLog, note: bytes | None = None, size: int | None = None) -> bytes:
    """The log export of the first `size` entries (all)."""
    size = log.head if size is None else size
    header = {
        "checkpoint": (note or note_of(log, size)).decode(),
        "format": "fundtrail-log/1",
        "ledger": log.info.ledger_id,
        "log_id": log.info.log_id,
        "origin": log.origin,
        "size": size,
    }
    return json_file(header) + jsonl(log.entries[:size])


def verifier_key(signer: SeededSigner) -> str:
    """The text of a signer's verifier key."""
    key: VerifierKey = signer.key
    typed = bytes([key.algorithm]) + key.public_key
    return f"{key.name}+{key.key_id.hex()}+{b64encode(typed).decode()}"


def policy_of(needed: str = "2", *, logs: Sequence[SeededSigner] = ()) -> bytes:
    """A policy over the witnesses above: so many of the three, `any`, `all`, or `none`."""
    lines = [f"log {verifier_key(log)}" for log in logs]
    lines += [f"witness w{number} {verifier_key(witness)}" for number, witness in enumerate(WITNESSES)]
    if needed != "none":
        lines.append(f"group bureaus {needed} w0 w1 w2")
    lines.append("quorum none" if needed == "none" else "quorum bureaus")
    return ("\n".join(lines) + "\n").encode()


@contextmanager
def changed_json(files: Files, name: str) -> Iterator[Any]:
    """The value of a JSON file of a bundle, to be changed inside; the manifest then fits it again."""
    value = json.loads(files[name])
    yield value
    files[name] = json_file(value)
    files |= with_manifest(files)
