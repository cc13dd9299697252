"""The way between a server of PostgreSQL and its standby, which can be made to carry nothing."""

import socket
import threading
from pathlib import Path

_CHUNK_BYTES = 65_536


class Link:
    """Passes on what comes at a socket in the folder to the one in the other folder, until it is stalled or cut."""

    def __init__(self, folder: Path, upstream: Path) -> None:
        folder.mkdir(exist_ok=True)
        path = folder / ".s.PGSQL.5432"
        path.unlink(missing_ok=True)
        self.folder = folder
        self._upstream = str(upstream / ".s.PGSQL.5432")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        folder.chmod(0o755)
        # The standby runs as another user where tests run as root.
        path.chmod(0o777)
        self._listener.listen()
        self._open: list[socket.socket] = []
        self._flows = threading.Event()
        self._flows.set()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def stall(self) -> None:
        """From now on nothing gets through; both ends see a connection that is open."""
        self._flows.clear()

    def go_on(self) -> None:
        """What was held up gets through, and what follows."""
        self._flows.set()

    def cut(self) -> None:
        """Ends every connection; what was held up is gone."""
        for each in (self._listener, *self._open):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            finally:
                each.close()
        self._flows.set()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._upstream)
            except OSError:
                client.close()
                server.close()
                continue
            self._open += [client, server]
            for source, target in ((client, server), (server, client)):
                self._threads.append(threading.Thread(target=self._pass_on, args=(source, target)))
                self._threads[-1].start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(_CHUNK_BYTES):
                self._flows.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)
        except OSError:
            # One of the two has ended: the other thread sees it as well.
            return
