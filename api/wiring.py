"""What the routes work with, put together once for each application."""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import Request

from domain.ports import Clock, CommandLog, EventFeed
from projections.views import Views

from api.ledgers import LedgerDirectory
from api.metrics import Metrics
from api.settings import Settings


class ProjectorHandle(Protocol):
    """Keeps the views up to date in the background."""

    def start(self) -> None:
        """Begins to catch up, and goes on."""

    def stop(self) -> None:
        """Ends after the page under way; returns when it has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts of one running service. `projector` is None where another process runs it."""

    settings: Settings
    clock: Clock
    log: CommandLog
    feed: EventFeed
    views: Views
    projector: ProjectorHandle | None
    ledgers: LedgerDirectory
    metrics: Metrics = field(default_factory=Metrics)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


def services_of(request: Request) -> Services:
    """The parts of the service that answers the request."""
    services: Services = request.app.state.services
    return services
