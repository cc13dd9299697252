"""OpenAPI of the addresses that say who was turned away."""

from typing import Any, Final

from api.documents.components import HASH
from api.documents.shapes import Schema, list_of, object_of, or_null
from api.documents.writes import LEDGER, json_answer, problems
from api.parameters import ParameterSet
from domain.access_log import AccessKind

_TEXT: Final[Schema] = {"type": "string"}
_NUMBER: Final[Schema] = {"type": "integer"}
_NOT_FOUND: Final = {"404": "There is no such ledger."}
_WRONG: Final = {"422": "A parameter is unknown or wrong."}
_UNREADABLE: Final = {"503": "The access log cannot be read."}


def document_of_refusals(parameters: ParameterSet) -> dict[str, Any]:
    """Refused commands of a ledger."""
    return _document("refused commands, by sequence", parameters, in_ledger=True)


def document_of_access_log(parameters: ParameterSet, *, in_ledger: bool) -> dict[str, Any]:
    """Everything that is kept, of a ledger or of the server."""
    whose = "one ledger" if in_ledger else "the whole server"
    return _document(f"the access log of {whose}, by sequence", parameters, in_ledger=in_ledger)


def _document(summary: str, parameters: ParameterSet, *, in_ledger: bool) -> dict[str, Any]:
    following = or_null(_TEXT | {"description": "Absolute path of the following page."})
    schema = object_of({"items": list_of(_record()), "next": following, "beginning": _mark(), "head": _mark()})
    return {
        "tags": ["access log"],
        "summary": summary,
        "parameters": [*([LEDGER] if in_ledger else []), *parameters.document()],
        "responses": {
            "200": json_answer("The records, where the log begins and where it ended then.", schema),
            **problems((_NOT_FOUND if in_ledger else {}) | _WRONG | _UNREADABLE),
        },
    }


_CONCERNS: Final = (
    "Ids that the command named, as `kind:id`; the kind alone where there is no such thing: `ledger` where the request "
    "names a ledger that is not there, and `ledger_id` is null then."
)


def _record() -> Schema:
    kinds: Schema = {"type": "string", "enum": [kind.value for kind in AccessKind]}
    figures: Schema = {"type": "object", "additionalProperties": {"type": ["string", "integer", "null"]}}
    return object_of(
        {
            "sequence": _NUMBER,
            "recorded_at": _TEXT | {"format": "date-time"},
            "kind": kinds,
            "action": _TEXT | {"description": "Name of the command or address."},
            "code": _TEXT | {"description": "That of the problem that was answered."},
            "ledger_id": or_null(_TEXT),
            "subject": or_null(_TEXT),
            "issuer": or_null(_TEXT),
            "role": or_null(_TEXT),
            "address": or_null(_TEXT),
            "concerns": list_of(_TEXT) | {"description": _CONCERNS},
            "figures": figures,
            "count": _NUMBER,
            "hash": HASH,
        }
    )


def _mark() -> Schema:
    return object_of({"sequence": _NUMBER, "hash": HASH})
