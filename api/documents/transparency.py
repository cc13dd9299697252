"""OpenAPI of the addresses that make a log checkable: checkpoints, keys, proofs, tiles."""

from typing import Any, Final

from api.documents.shapes import Schema, list_of, object_of, or_null
from api.documents.writes import LEDGER, json_answer, problems
from api.parameters import ParameterSet

HASH: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
PROOF: Final = list_of({"type": "string", "contentEncoding": "base64"})

_NOT_FOUND: Final = {"404": "The path names something that is not there."}
_WRONG: Final = {"422": "A parameter is unknown, wrong or impossible."}
_NUMBER: Final[Schema] = {"type": "integer"}


def document_of_checkpoint(parameters: ParameterSet) -> dict[str, Any]:
    """The latest note."""
    return _document("the latest checkpoint, signed", _text("The note."), parameters)


def document_of_checkpoints(parameters: ParameterSet) -> dict[str, Any]:
    """All of them, or one."""
    item = object_of(
        {
            "size": _NUMBER,
            "root": HASH,
            "epoch": _NUMBER,
            "signed_at": {"type": "string", "format": "date-time"},
            "signed_by": list_of({"type": "string"}),
        }
    )
    answer = json_answer("By size.", object_of({"items": list_of(item), "next_after": or_null(_NUMBER)}))
    answer["content"] |= _text("")["content"]
    return _document("checkpoints by size, or the note of one", answer, parameters)


def document_of_log_keys(parameters: ParameterSet) -> dict[str, Any]:
    """The keys."""
    return _document("the verifier keys that sign this log", _text("One a line."), parameters)


def document_of_witness_policy(parameters: ParameterSet) -> dict[str, Any]:
    """Whose cosignatures are asked for."""
    answer = _text("A policy in the form of C2SP tlog-policy, without the addresses of the witnesses.")
    return _document("the witnesses that this service asks to cosign, and how many of them must", answer, parameters)


def document_of_inclusion(parameters: ParameterSet) -> dict[str, Any]:
    """That an entry is in the log."""
    properties = {"position": _NUMBER, "size": _NUMBER, "leaf_hash": HASH, "root": HASH, "proof": PROOF}
    answer = json_answer("The hashes from the entry to the root.", object_of(properties))
    answer["content"] |= _text("")["content"]
    return _document("proof that an entry is in the log", answer, parameters)


def document_of_consistency(parameters: ParameterSet) -> dict[str, Any]:
    """That a log continues an earlier one."""
    properties = {"from": _NUMBER, "to": _NUMBER, "from_root": HASH, "to_root": HASH, "proof": PROOF}
    answer = json_answer("The hashes that lead to both roots.", object_of(properties))
    return _document("proof that the log begins with an earlier one", answer, parameters)


def document_of_tile(parameters: ParameterSet) -> dict[str, Any]:
    """A tile or a bundle of entries."""
    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    document = _document(
        "tiles of the tree, bundles of entries", {"description": "Bytes.", "content": content}, parameters
    )
    path = {"name": "path", "in": "path", "required": True, "schema": {"type": "string"}}
    document["parameters"].append(path | {"description": "As in C2SP tlog-tiles: `0/x001/234`, `entries/000.p/17`."})
    return document


def document_of_evidence(parameters: ParameterSet) -> dict[str, Any]:
    """A bundle."""
    content = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
    answer = {"description": "An evidence bundle; its form is in docs/reference/evidence.md.", "content": content}
    document = _document("evidence of a project, line or appropriation", answer, parameters)
    document["responses"] |= problems({"503": "The views, or a checkpoint, have not reached the position yet."})
    return document


def document_of_log_export(parameters: ParameterSet) -> dict[str, Any]:
    """The whole log."""
    return _document("every stored entry up to the latest checkpoint", _text("One a line, after a header."), parameters)


def _document(summary: str, answer: dict[str, Any], parameters: ParameterSet) -> dict[str, Any]:
    return {
        "tags": ["proofs"],
        "summary": summary,
        "parameters": [LEDGER, *parameters.document()],
        "responses": {"200": answer, **problems(_NOT_FOUND | _WRONG)},
    }


def _text(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"text/plain": {"schema": {"type": "string"}}}}
