"""The evidence bundle of one thing: entries, proofs, checkpoint, claim, and the digest that closes the list."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.event_log.encoding import decode_entry
from api.evidence.completeness import Completeness, completeness_of
from api.evidence.figures import figures_of
from api.evidence.openings import openings_of
from api.evidence.report import readme_text, report_html
from api.evidence.sources import Claimed, Sources
from api.rendering.proofs import encoded
from domain.checkpoint import parse_checkpoint
from domain.errors import EvidenceTooLarge, LogDamaged
from domain.note import format_verifier_key, parse_note
from domain.ports import StoredCheckpoint

FORMAT: Final = "fundtrail-evidence/1"
MAX_ENTRIES: Final = 50_000
"""A bundle with more would be slower to check than the export of the whole log."""

_EPOCH_OF_ZIP: Final = (1980, 1, 1, 0, 0, 0)
"""The same evidence is the same bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRequest:
    """What is claimed, and how far the auditor has seen the log: a size, or None.

    `with_openings`: private values of the entries are disclosed, as far as they were not erased.
    """

    claimed: Claimed
    since: int | None = None
    with_openings: bool = False


def evidence_zip(sources: Sources, request: EvidenceRequest, checkpoint: StoredCheckpoint) -> bytes:
    """The bundle under a checkpoint that covers the claim's position, and `since` when that is given.

    Raises:
        Unknown: the thing does not exist at the coordinates.
        ProjectionBehind: the views have not reached the position.
        EvidenceTooLarge: more than MAX_ENTRIES entries would be needed.
        LogDamaged, ImpossibleProofError, UnreadableEntryError: something stored is missing or not what it was.
    """
    claimed = request.claimed
    figures = figures_of(sources.views, claimed)
    completeness = completeness_of(sources, claimed, checkpoint.size)
    positions = _positions(sources, claimed, completeness)
    entries = sources.tree.entries_at(claimed.ledger_id, positions)
    if len(entries) < len(positions):
        raise LogDamaged
    for entry in entries.values():
        decode_entry(entry)
    claim = _claim(sources, claimed, figures, checkpoint)
    files: dict[str, bytes] = {
        "claim.json": _json(claim),
        "checkpoint.txt": checkpoint.note,
        "entries.jsonl": b"".join(entries[position] + b"\n" for position in positions),
        "inclusion.json": _json(_inclusion(sources, claimed, positions, checkpoint.size)),
        "completeness.json": _json(completeness.document()),
        "log.pub": _log_keys(sources, claimed),
    }
    if completeness.tail_first is not None:
        tail = sources.tree.entries(claimed.ledger_id, completeness.tail_first, checkpoint.size)
        files["tail.jsonl"] = b"".join(entry + b"\n" for entry in tail)
    if request.since is not None:
        files["consistency.json"] = _json(_consistency(sources, claimed, request.since, checkpoint.size))
    if request.with_openings:
        files["openings.json"] = _json(openings_of(sources.database, entries))
    files["README.txt"] = readme_text(claim).encode()
    files["report.html"] = report_html(claim, [entries[each] for each in positions], checkpoint, completeness).encode()
    return zipped(files)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files and their manifest in a zip, uncompressed, so that no byte is free. See docs/reference/evidence.md."""
    listed = {name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in files.items()}
    manifest = _json({"format": FORMAT, "files": listed})
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in {"manifest.json": manifest, **files}.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH_OF_ZIP), data, zipfile.ZIP_STORED)
    return target.getvalue()


def _positions(sources: Sources, claimed: Claimed, completeness: Completeness) -> list[int]:
    """Every position whose entry the bundle holds, ascending."""
    until = max(claimed.place.at.position, completeness.covers or 0)
    bearing = sources.tree.positions_bearing(claimed.ledger_id, claimed.tag, until)
    others = [1, claimed.place.at.position, *([completeness.position] if completeness.position else [])]
    positions = sorted({*bearing, *others})
    if len(positions) > MAX_ENTRIES:
        raise EvidenceTooLarge(entries=len(positions), limit=MAX_ENTRIES)
    return positions


def _claim(
    sources: Sources, claimed: Claimed, figures: Mapping[str, str | None], checkpoint: StoredCheckpoint
) -> dict[str, Any]:
    bearing = sources.tree.positions_bearing(claimed.ledger_id, claimed.tag, claimed.place.at.position)
    return {
        "coordinates": claimed.place.document(),
        "figures": figures,
        "ledger": claimed.ledger_id,
        "log_id": claimed.place.ledger.log_id,
        "origin": parse_checkpoint(parse_note(checkpoint.note).text).origin,
        "subject": {"kind": claimed.kind.value, "id": claimed.identifier},
        "tag": claimed.tag,
        "tag_count": len(bearing),
    }


def _inclusion(sources: Sources, claimed: Claimed, positions: list[int], size: int) -> dict[str, Any]:
    proofs = sources.tree.inclusion_proofs(claimed.ledger_id, positions, size)
    claim_root = sources.tree.consistency_proof(claimed.ledger_id, claimed.place.at.position, size)
    return {
        "size": size,
        "proofs": {str(position): encoded(proof) for position, proof in proofs.items()},
        "claim_root": encoded(claim_root),
    }


def _consistency(sources: Sources, claimed: Claimed, since: int, size: int) -> dict[str, Any]:
    proof = sources.tree.consistency_proof(claimed.ledger_id, since, size)
    return {"from": since, "to": size, "proof": encoded(proof)}


def _log_keys(sources: Sources, claimed: Claimed) -> bytes:
    keys = sources.keys.active(claimed.ledger_id, claimed.place.ledger.log_id)
    return "".join(f"{format_verifier_key(each.key)}\n" for each in keys).encode()


def _json(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
