"""What evidence is made from, and what it is evidence of."""

from dataclasses import dataclass
from typing import Protocol

from adapters.database import Database
from adapters.transparency.log_keys import LogKeys
from api.coordinates import Standpoint
from domain.boundary import Kind, key_of
from domain.ports import EventFeed, LogTree
from projections.views import Views


class Sources(Protocol):
    """The parts of the service that evidence is read from; the services of the application are one."""

    @property
    def database(self) -> Database:
        """Where the log is."""

    @property
    def feed(self) -> EventFeed:
        """Its events."""

    @property
    def tree(self) -> LogTree:
        """Its tree."""

    @property
    def views(self) -> Views:
        """Its figures."""

    @property
    def keys(self) -> LogKeys:
        """Its keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A project, line or appropriation at coordinates."""

    place: Standpoint
    kind: Kind
    identifier: str

    @property
    def ledger_id(self) -> str:
        """Its ledger."""
        return self.place.ledger.ledger_id

    @property
    def tag(self) -> str:
        """What its entries bear."""
        return key_of(self.kind, self.identifier)
