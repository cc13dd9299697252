"""Two servers of PostgreSQL, one of which follows the other and takes its place when it dies."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.cluster import KILL, Cluster, cluster_folder, wait_until_answering
from tests.support.link import Link

SYNCHRONOUS = "synchronous_standby_names=*"
ASYNCHRONOUS = "synchronous_standby_names="
_STREAMS = "SELECT count(*) > 0 FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = '{state}'"


class Pair:
    """`url` finds whichever of the two takes writes."""

    def __init__(self, folder: Path, setting: str) -> None:
        self._folder = folder
        self._setting = setting
        self._links = 0
        self.primary, self.standby = Cluster(folder / "a"), Cluster(folder / "b")
        self.primary.initialise()
        self.primary.start(setting)
        self._follow()

    @property
    def url(self) -> str:
        """For SQLAlchemy."""
        hosts = f"{self._folder}/a/run,{self._folder}/b/run"
        return f"postgresql+psycopg://postgres@/postgres?host={hosts}&target_session_attrs=read-write"

    def fail_over(self) -> float:
        """Kills the server that takes writes and lets the other take its place; how many seconds that took.

        What the link held up is lost with the one that was killed.
        """
        begin = time.monotonic()
        self.primary.end(KILL)
        self.link.cut()
        self.standby.ask("SELECT pg_promote(true, 60)")
        self.primary, self.standby = self.standby, self.primary
        return time.monotonic() - begin

    def renew(self) -> None:
        """Makes a standby of what was left of the server that died."""
        self._follow()

    def remove(self) -> None:
        """Ends both."""
        self.link.cut()
        for each in (self.standby, self.primary):
            each.remove()

    def _follow(self) -> None:
        self._links += 1
        self.link = Link(self._folder / f"link-{self._links}", self.primary.sockets)
        self.standby.follow(self.link.folder)
        self.standby.start(self._setting)
        state = "sync" if self._setting == SYNCHRONOUS else "async"
        wait_until_answering(self.primary, _STREAMS.format(state=state))


@contextmanager
def pair(setting: str) -> Iterator[Pair]:
    """Both answer, and the standby follows."""
    with cluster_folder() as folder:
        made = Pair(folder, setting)
        try:
            yield made
        finally:
            made.remove()
