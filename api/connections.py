"""Connections whose clients keep the server waiting are given up, and there are never more than can be served.

The server by itself waits for ever: for the rest of a head, for a body, for a reader that takes nothing. Here each
connection notes since when something of its client is awaited, and all of them are looked at once a second.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

from starlette.requests import Request
from typing_extensions import override
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle
from uvicorn.server import ServerState

from api.caller_share import waits_for_own_turn_since
from api.console.problem_page import answer_of
from api.invalid import BadRequest, HeadTooLarge, RequestTimeout, TooManyConnections
from api.one_write import GatheringTransport, OneWriteProtocol
from api.request_head import MAX_HEAD_BYTES, MAX_HEADERS, has_body, refuse_head
from domain.errors import FundtrailError

MAX_FRAMING_BYTES: Final = 1024 * 1024
"""Of a body in chunks, what is not body: sizes, extensions and trailers, which nobody reads."""
MAX_PIPELINED: Final = 16
"""Requests that may wait for their turn on one connection."""
MIN_TAKEN_BYTES: Final = 64 * 1024
"""What a client must take of an answer within its time."""
MAX_UNSENT_BYTES: Final = 256 * 1024 * 1024
"""Of all answers together that clients have not taken yet; beyond it the slowest are given up."""
LOOK_EVERY_S: Final = 1.0


class GuardedProtocol(OneWriteProtocol):
    """The server's protocol with limits; it takes two of uvicorn's settings for its own.

    `timeout_keep_alive`: how long a client may keep the server waiting; `limit_concurrency`: how many connections.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._watch = _watch_of(server_state, self.loop, config)
        # The server would refuse requests, those of honest clients among them; here connections that wait give way.
        self.limit_concurrency = None
        self._in_head = True
        self._bytes_without_body = 0
        self._refusal: FundtrailError | None = None
        self._ending: FundtrailError | None = None
        self._answered: RequestResponseCycle | None = None
        """The request that is being answered; those that came behind it on the connection wait."""
        self._awaited_since: float | None = self.loop.time()
        self._taken = 0
        self.taken_since = self.loop.time()
        """When the client was last seen to have taken what was sent, or enough of it."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as it is declared there
        super().connection_made(transport)
        if not self._watch.admits(self):
            self._end_with(TooManyConnections())

    @override
    def data_received(self, data: bytes) -> None:
        if self._ending is not None:
            return
        self._bytes_without_body += len(data)
        super().data_received(data)
        if self._bytes_without_body > (MAX_HEAD_BYTES if self._in_head else MAX_FRAMING_BYTES):
            self._end_with(HeadTooLarge())

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._awaited_since = self.loop.time()

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            # A trailer: it comes when the request is being answered already.
            return
        super().on_header(name, value)
        if len(self.headers) > MAX_HEADERS:
            self._refuse_message(HeadTooLarge())

    @override
    def on_headers_complete(self) -> None:
        try:
            refuse_head(self.url, self.headers, self.parser.get_http_version())
        except FundtrailError as error:
            self._refuse_message(error)
        upgrades = self.parser.should_upgrade()
        if len(self.pipeline) >= MAX_PIPELINED or (upgrades and has_body(self.headers)):
            self._refuse_message(BadRequest())
        super().on_headers_complete()
        if not self.pipeline:
            self._answered = self.cycle
        self._in_head = False
        self._bytes_without_body = 0
        self._awaited_since = self.loop.time()
        if upgrades:
            # No other protocol is spoken here, and the parser reads nothing after such a request.
            self.cycle.keep_alive = False

    @override
    def on_body(self, body: bytes) -> None:
        self._bytes_without_body -= len(body)
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        self._bytes_without_body = 0
        super().on_message_complete()
        if self._is_answering():
            self._awaited_since = None
        else:
            self._await_next()

    @override
    def on_response_complete(self) -> None:
        self._answered = self.pipeline[-1][0] if self.pipeline else None
        if self._ending is not None and not self.pipeline:
            self._send_ending(self._ending)
            return
        super().on_response_complete()
        if self._awaited_since is None:
            self._await_next()

    @override
    def send_400_response(self, msg: str) -> None:
        self._end_with(self._refusal or BadRequest())

    def waiting_since(self) -> float | None:
        """Since when something of the client is awaited; None while the server is at work, or has nothing to say."""
        if self.transport.is_closing() or self.flow.read_paused:
            return None
        if self.transport.get_write_buffer_size():
            return self.taken_since
        return None if self._in_head and self._is_answering() else self._awaited_since

    def waiting_for_itself_since(self) -> float | None:
        """Since when what is asked here waits for what else its caller asks; None while it does not."""
        if self.transport.is_closing() or self._answered is None:
            return None
        return waits_for_own_turn_since(self._answered.scope)

    def unsent_bytes(self) -> int:
        """Bytes of answers that the client has not taken yet."""
        return self.transport.get_write_buffer_size()

    def look(self, now: float, timeout_s: float) -> None:
        """Gives the connection up when its client has kept the server waiting for too long."""
        self._look_at_reading(now)
        if now - self.taken_since >= timeout_s:
            self.transport.abort()
            return
        if self.flow.read_paused and self._awaited_since is not None:
            # What was sent is not read: it is not the client who is slow.
            self._awaited_since = now
        since = self.waiting_since()
        if since is not None and now - since >= timeout_s:
            self.give_up(RequestTimeout())

    def give_up(self, error: FundtrailError) -> None:
        """Ends the connection, saying why when a request has begun and is not being answered."""
        if self.unsent_bytes():
            self.transport.abort()
        elif self._in_head and not self._bytes_without_body:
            # Nothing was asked.
            self.transport.close()
        else:
            self._end_with(error)

    def give_up_unanswered(self, error: FundtrailError) -> None:
        """Ends the connection with the error for an answer to the request that is not being worked on yet."""
        assert self._answered is not None
        self._ending = error
        self._awaited_since = None
        self.pipeline.clear()
        self.cycle = self._answered
        self._send_ending(error)

    def _await_next(self) -> None:
        self._in_head = True
        self._awaited_since = self.loop.time()

    def _look_at_reading(self, now: float) -> None:
        unsent = self.unsent_bytes()
        transport = cast("GatheringTransport", self.transport)
        taken = transport.written_bytes - transport.untaken_bytes() if unsent else transport.written_bytes
        if not unsent or taken >= self._taken + MIN_TAKEN_BYTES:
            self._taken, self.taken_since = taken, now

    def _is_answering(self) -> bool:
        cycle = self._newest()
        return cycle is not None and not cycle.response_complete

    def _newest(self) -> RequestResponseCycle | None:
        """The request whose head came last; None before the first."""
        return cast("RequestResponseCycle | None", self.cycle)

    def _refuse_message(self, error: FundtrailError) -> None:
        """Ends the parsing: what the parser raises then leads to `send_400_response`."""
        self._refusal = error
        raise error

    def _end_with(self, error: FundtrailError) -> None:
        """Reads nothing more, and answers with the error when what came before it on the connection is answered."""
        if self._ending is not None:
            return
        self._ending = error
        self._awaited_since = None
        newest = self._newest()
        is_of_last = newest is not None and newest.more_body
        if self.pipeline:
            if is_of_last:
                self.pipeline.popleft()
            return
        if not self._is_answering():
            # What follows the answer to a request, and is still of this request, is not answered once more.
            self._send_ending(error) if self._in_head else self.transport.close()
        elif is_of_last and self.cycle.response_started:
            self.transport.abort()
        elif is_of_last:
            self._send_ending(error)

    def _send_ending(self, error: FundtrailError) -> None:
        if self._is_answering():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.transport.is_closing():
            return
        self.transport.write(self._bytes_of(error))
        self.transport.close()

    def _bytes_of(self, error: FundtrailError) -> bytes:
        answer = answer_of(self._request_so_far(), error)
        headers = [*self.server_state.default_headers, *answer.raw_headers]
        head = [
            STATUS_LINE[answer.status_code],
            *(b"%s: %s\r\n" % header for header in headers if header[0] != b"connection"),
            b"connection: close\r\n\r\n",
        ]
        return b"".join([*head, answer.body])

    def _request_so_far(self) -> Request:
        """What is known of the request: where it goes and who reads the answer."""
        headers = cast("list[tuple[bytes, bytes]] | None", self.headers)
        target = b"" if headers is None else self.url
        path, _, query = target.partition(b"?")
        return Request(
            {
                "type": "http",
                "method": "GET",
                "path": path.decode("latin-1"),
                "query_string": query,
                "headers": headers or [],
            }
        )


class Watch:
    """All connections of one server, looked at once a second for as long as there are any."""

    def __init__(self, state: ServerState, loop: asyncio.AbstractEventLoop, config: Config) -> None:
        self._connections = cast("set[GuardedProtocol]", state.connections)
        self._loop = loop
        self._timeout_s = float(config.timeout_keep_alive)
        self._limit = config.limit_concurrency
        self._is_looking = False

    def admits(self, new: GuardedProtocol) -> bool:
        """Whether there is room for the connection, perhaps because the one that waited longest was given up."""
        if not self._is_looking:
            self._is_looking = True
            self._look_later()
        if self._limit is None or len(self._connections) <= self._limit:
            return True
        others = [each for each in self._connections if each is not new]
        waiting = _longest(others, GuardedProtocol.waiting_since)
        if waiting is not None:
            waiting.give_up(TooManyConnections())
            return True
        queued = _longest(others, GuardedProtocol.waiting_for_itself_since)
        if queued is not None:
            queued.give_up_unanswered(TooManyConnections())
            return True
        return False

    def _look_later(self) -> None:
        self._loop.call_later(min(LOOK_EVERY_S, self._timeout_s / 4), self._look)

    def _look(self) -> None:
        now = self._loop.time()
        for each in list(self._connections):
            each.look(now, self._timeout_s)
        self._limit_unsent()
        self._is_looking = bool(self._connections)
        if self._is_looking:
            self._look_later()

    def _limit_unsent(self) -> None:
        unsent = {each: each.unsent_bytes() for each in self._connections if each.unsent_bytes()}
        excess = sum(unsent.values()) - MAX_UNSENT_BYTES
        for each in sorted(unsent, key=lambda slow: slow.taken_since):
            if excess <= 0:
                return
            excess -= unsent[each]
            each.transport.abort()


def _longest(
    connections: Iterable[GuardedProtocol], since: Callable[[GuardedProtocol], float | None]
) -> GuardedProtocol | None:
    """The one that has waited longest, as `since` says; None where none waits."""
    waiting = {each: at for each in connections if (at := since(each)) is not None}
    return min(waiting, key=waiting.__getitem__, default=None)


_WATCHES: Final[WeakKeyDictionary[ServerState, Watch]] = WeakKeyDictionary()


def _watch_of(state: ServerState, loop: asyncio.AbstractEventLoop, config: Config) -> Watch:
    watch = _WATCHES.get(state)
    if watch is None:
        watch = _WATCHES[state] = Watch(state, loop, config)
    return watch
