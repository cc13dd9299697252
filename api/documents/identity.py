"""OpenAPI of keys and of credentials."""

from typing import Any, Final

from api.documents.shapes import list_of, object_of, reference
from api.documents.writes import json_answer, problems
from api.guard import ROUTES, Anyone

SCHEME: Final = "bearer"
SECURITY_SCHEMES: Final[dict[str, Any]] = {
    SCHEME: {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key `ft_<id>_<secret>`, or a token of the configured issuer (JWT). Not asked for while "
        "the service runs with FUNDTRAIL_AUTH=off.",
    }
}

_DENIED: Final = {
    "401": "There is no credential, or none that is valid.",
    "403": "The credential gives no right to this; the same whether or not there is such a ledger. Without "
    "authentication: the request names another host than this machine.",
    "429": "Too many invalid credentials from this address; a valid one is taken all the same.",
}
_BODY: Final = {
    "400": "The body is malformed.",
    "413": "The body is too large.",
    "415": "The body is not declared as JSON.",
    "422": "Fields or parameters are wrong.",
}
_WRONG: Final = {"422": "A parameter is unknown or wrong."}
_NO_SUCH_KEY: Final = {"404": "There is no such key."}
_UNKEPT: Final = {
    "503": "Not done and not written down, or both where only the confirmation is missing; look at the list of keys "
    "before trying again."
}


def secured(name: str, operation: dict[str, Any], *, is_open: bool) -> None:
    """Says of an operation which credential it takes, and how it is denied. `is_open`: it goes without one as well."""
    needed = ROUTES[name]
    if needed is Anyone.AT_ALL:
        operation["security"] = []
        return
    operation["security"] = [{SCHEME: []}, *([{}] if is_open else [])]
    operation["responses"] = problems(_DENIED) | operation["responses"]
    right = needed.value if isinstance(needed, Anyone) else f"the right `{needed.value}`"
    operation["description"] = " ".join(filter(None, [operation.get("description"), f"For {right}."]))


def document_of_me() -> dict[str, Any]:
    """Who the caller is."""
    answer = json_answer("The caller; of a grant, null is all ledgers or units.", reference("Caller"))
    return {
        "tags": ["access"],
        "summary": "who the caller is, and what it may do",
        "responses": {"200": answer, **problems(_WRONG)},
    }


def document_of_keys() -> dict[str, Any]:
    """Every key."""
    answer = json_answer("By the time they were made.", object_of({"items": list_of(reference("Key"))}))
    return {"tags": ["access"], "summary": "API keys", "responses": {"200": answer, **problems(_WRONG)}}


def document_of_key_request() -> dict[str, Any]:
    """Making a key."""
    told = json_answer("Made. `key` is told this once.", reference("NewKey"))
    return {
        "tags": ["access"],
        "summary": "make an API key",
        "requestBody": _body("CreateKey"),
        "responses": {"201": told, **problems(_BODY | _UNKEPT)},
    }


def document_of_revocation() -> dict[str, Any]:
    """Revoking a key."""
    path = {"name": "key_id", "in": "path", "required": True, "schema": {"type": "string"}}
    answer = json_answer("Revoked, now or before; nobody is let in with it a second from now.", reference("Key"))
    return {
        "tags": ["access"],
        "summary": "revoke an API key",
        "parameters": [path],
        "responses": {"200": answer, **problems(_WRONG | _NO_SUCH_KEY | _UNKEPT)},
    }


def document_of_setup_state() -> dict[str, Any]:
    """Whether the first key can be made."""
    answer = json_answer(
        "`open`: a token of the first start is good, and no key can be used yet.",
        object_of({"open": {"type": "boolean"}}),
    )
    return {
        "tags": ["access"],
        "summary": "whether the service waits for its first key",
        "responses": {"200": answer, **problems(_WRONG)},
    }


def document_of_setup() -> dict[str, Any]:
    """Making the first key."""
    denied = {status: _DENIED[status] for status in ("401", "429")}
    told = json_answer("The key of the first administrator. `key` is told this once.", reference("NewKey"))
    return {
        "tags": ["access"],
        "summary": "make the first key with the token of the first start",
        "requestBody": _body("Setup"),
        "responses": {"201": told, **problems(_BODY | denied | _UNKEPT)},
    }


def _body(name: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": reference(name)}}}
