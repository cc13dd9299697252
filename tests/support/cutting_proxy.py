"""A network between the program and PostgreSQL that breaks at the worst moment: when a transaction is committed."""

import enum
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, make_url

_CHUNK_BYTES = 65_536


class Cut(enum.Enum):
    """Which side of a commit the connection is lost on. The program sees the same both times."""

    BEFORE = "the server never heard of the commit"
    AFTER = "the commit is durable, its answer lost"


class CuttingProxy:
    """Passes everything on, until it is told to cut."""

    def __init__(self, upstream: URL) -> None:
        self._upstream = upstream
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._next: Cut | None = None
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        """The database, through the proxy. Without encryption, which would hide the commit."""
        query = {"sslmode": "disable", "gssencmode": "disable"}
        port = self._listener.getsockname()[1]
        return self._upstream.set(host="127.0.0.1", port=port, query=query).render_as_string(hide_password=False)

    def cut_next(self, cut: Cut) -> None:
        """Breaks the connection that commits next."""
        with self._lock:
            self._next = cut

    @property
    def has_cut(self) -> bool:
        """Whether it did what it was last told."""
        with self._lock:
            return self._next is None

    def close(self) -> None:
        """Ends every connection."""
        _end(self._listener)
        for each in self._open:
            _end(each)
        for thread in self._threads:
            thread.join(timeout=10)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = self._connected()
            self._open += [client, server]
            answers_lost = threading.Event()
            for target in (self._pass_requests, self._pass_answers):
                thread = threading.Thread(target=target, args=(client, server, answers_lost))
                self._threads.append(thread)
                thread.start()

    def _connected(self) -> socket.socket:
        folder = self._upstream.query.get("host")
        port = self._upstream.port or 5432
        if isinstance(folder, str) and folder.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{folder}/.s.PGSQL.{port}")
            return server
        return socket.create_connection((self._upstream.host or "127.0.0.1", port))

    def _pass_requests(self, client: socket.socket, server: socket.socket, answers_lost: threading.Event) -> None:
        while data := _received(client):
            cut = self._taken() if b"COMMIT\x00" in data else None
            if cut is Cut.BEFORE:
                break
            if cut is Cut.AFTER:
                answers_lost.set()
            if not _sent(server, data):
                break
        _end(client)
        _end(server)

    def _pass_answers(self, client: socket.socket, server: socket.socket, answers_lost: threading.Event) -> None:
        while data := _received(server):
            if answers_lost.is_set() or not _sent(client, data):
                break
        _end(client)
        _end(server)

    def _taken(self) -> Cut | None:
        with self._lock:
            cut, self._next = self._next, None
            return cut


@contextmanager
def cutting_proxy(url: str) -> Iterator[CuttingProxy]:
    """A proxy before the server of a `postgresql+psycopg://` URL."""
    proxy = CuttingProxy(make_url(url))
    try:
        yield proxy
    finally:
        proxy.close()


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(_CHUNK_BYTES)
    except OSError:
        return b""


def _sent(target: socket.socket, data: bytes) -> bool:
    try:
        target.sendall(data)
    except OSError:
        return False
    return True


def _end(connection: socket.socket) -> None:
    # Shutting down wakes the threads that wait for it; closing alone does not.
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    finally:
        connection.close()
