"""What the routes work with, put together once for each application."""

import asyncio
from dataclasses import dataclass, field

from starlette.requests import Request

from adapters.access.first_key import SetupTokens
from adapters.database import Database
from adapters.event_log.search import LogSearch
from adapters.transparency.log_keys import LogKeys
from api.awaiting import Awaiting
from api.caller_share import CallerShare
from api.callers import Callers
from api.column_mappings import ColumnMappings
from api.denials import Denials
from api.event_days import EventDays
from api.ledgers import LedgerDirectory
from api.metrics import Metrics
from api.readiness import Readiness
from api.settings import Settings
from api.transparency import Transparency
from api.uploads import Uploads
from domain.access_log import AccessLog
from domain.ports import CheckpointStore, Clock, CommandLog, EventFeed, LogTree
from projections.projector import Projector
from projections.views import Views


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts of one running service. `stopping` is set when open streams must end."""

    settings: Settings
    database: Database
    clock: Clock
    log: CommandLog
    access_log: AccessLog
    feed: EventFeed
    event_days: EventDays
    search: LogSearch
    transparency: Transparency
    views: Views
    projector: Projector
    ledgers: LedgerDirectory
    readiness: Readiness
    callers: Callers
    caller_share: CallerShare
    denials: Denials
    setup_tokens: SetupTokens
    uploads: Uploads
    column_mappings: ColumnMappings
    awaiting: Awaiting = field(default_factory=Awaiting)
    metrics: Metrics = field(default_factory=Metrics)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def tree(self) -> LogTree:
        """The trees of the logs."""
        return self.transparency.tree

    @property
    def checkpoints(self) -> CheckpointStore:
        """What the logs signed."""
        return self.transparency.checkpoints

    @property
    def keys(self) -> LogKeys:
        """What they sign with."""
        return self.transparency.keys


def services_of(request: Request) -> Services:
    """The parts of the service that answers the request."""
    services: Services = request.app.state.services
    return services
