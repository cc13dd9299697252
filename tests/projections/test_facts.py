"""A page of facts: an event that cannot be projected leaves nothing."""

from typing import Any

import pytest
from sqlalchemy import Connection

from domain.command import Basis
from projections.facts import FACTS
from projections.projection import Start
from tests.support.builders import FUNDED
from tests.support.views import LEDGER, Desk


def test_an_event_that_cannot_be_projected_leaves_no_row(desk: Desk) -> None:
    event = desk.record(*FUNDED)
    fold = FACTS.fold(Start(LEDGER, "Asia/Shanghai", 1, event.position), None)
    strange: Any = object()
    with pytest.raises(AssertionError):
        fold.take(event._replace(data=strange, basis=Basis.ASSUMED))
    nothing: Any = None
    connection: Connection = nothing  # facts read nothing
    assert fold.rows(connection) == ([], [], [], [])
