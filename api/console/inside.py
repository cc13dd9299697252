"""The HTTP interface, asked from within the process: a page shows what it answers to the same caller, and no more.

Nothing here reads a database or decides who may see what: the routes that programs call do, behind their own guard.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override

from api.console.credentials import credential_of_page
from api.languages import Language

JSON: Final = "application/json"
UNAUTHENTICATED: Final = 401
FORBIDDEN: Final = 403

_FIRST_BAD: Final = 400
_ACCEPT_LANGUAGE: Final = {Language.CHINESE: b"zh", Language.ENGLISH: b"en"}
_KEPT: Final = ("type", "asgi", "http_version", "scheme", "root_path", "client", "server", "state", "extensions")
"""What the inner request has from the outer one."""

Parameters = Mapping[str, str | int | Sequence[str] | None]
"""By name; those that are None are left out, and one with several values is repeated."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answered."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """Its content, which must be JSON."""
        return msgspec.json.decode(self.content)


class Refused(Exception):
    """A route answered with a problem instead of what was asked for."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(problem.get("code"))
        self.status = status
        self.problem = problem


class Inside:
    """Asks the application that answers `request`, on the word of whoever sent it, or of a credential that is given."""

    def __init__(self, request: Request, language: Language, credential: str | None = None) -> None:
        self._app = request.app
        self._scope = {name: request.scope[name] for name in _KEPT if name in request.scope}
        self._headers = [(b"accept-language", _ACCEPT_LANGUAGE[language])]
        self._headers += [(b"host", host.encode("latin-1"))] if (host := request.headers.get("host")) else []
        self._headers += [
            (name, value) for name, value in request.scope["headers"] if name in {b"forwarded", b"x-forwarded-for"}
        ]
        credential = credential or credential_of_page(request)
        if credential is not None:
            self._headers.append((b"authorization", f"Bearer {credential}".encode("latin-1", "replace")))

    async def get(self, path: str, parameters: Parameters | None = None) -> Any:
        """The JSON that a route answers.

        Raises:
            Refused: it answered with a problem.
        """
        answer = await self.send("GET", path, parameters or {})
        if answer.status >= _FIRST_BAD:
            raise Refused(answer.status, answer.json())
        return answer.json()

    async def post(
        self, path: str, body: object, key: str | None = None, parameters: Parameters | None = None
    ) -> Answer:
        """What a write answers, a refusal too. `key` is its idempotency key; None where none is needed."""
        headers = {"content-type": JSON} | ({} if key is None else {"idempotency-key": key})
        return await self.send("POST", path, parameters or {}, headers, msgspec.json.encode(body))

    async def send(
        self,
        method: str,
        path: str,
        parameters: Parameters,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """What a route answers, whatever it is."""
        answered = _Collected()
        await self._app(self._asking(method, path, parameters, headers, body), _Sent(body).receive, answered.send)
        return Answer(answered.status, answered.headers, b"".join(answered.pieces))

    def passed_on(self, path: str) -> Response:
        """What a route answers to GET, as it comes: none of it is held here, however long it is."""
        return _PassedOn(self._app, self._asking("GET", path, {}))

    def _asking(
        self,
        method: str,
        path: str,
        parameters: Parameters,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Scope:
        own = [(name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        own += [(b"content-length", str(len(body)).encode())] if body else []
        return {
            **self._scope,
            "method": method,
            "path": path,
            "raw_path": quote(path).encode(),
            "query_string": query_of(parameters).encode(),
            "headers": [*self._headers, *own],
        }


def query_of(parameters: Parameters) -> str:
    """The parameters as a query string."""
    return urlencode({name: value for name, value in parameters.items() if value is not None}, doseq=True)


class _PassedOn(Response):
    """An answer of a route; when it is sent, the route is asked."""

    def __init__(self, app: ASGIApp, asking: Scope) -> None:
        super().__init__()
        self._app = app
        self._asking = asking

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the route answer whoever asked for the page."""
        await self._app(self._asking, receive, send)


class _Sent:
    """A body that has come whole; after it the caller stays connected."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def receive(self) -> Message:
        return {"type": "http.request", "body": self._body, "more_body": False}


class _Collected:
    """An answer as it comes in."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.pieces: list[bytes] = []

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            self.pieces.append(message.get("body", b""))
