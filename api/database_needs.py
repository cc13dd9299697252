"""Whether the database still has what the service needs of it: rights of its roles, and the tables of the views.

Guards are compared at a start; these are looked at while it serves, as nothing works without them.
"""

from typing import Final

import structlog

from adapters.database import Database
from adapters.database_faults import database_errors
from adapters.guards import check
from projections.projector import Projector

RIGHTS_MISSING: Final = "rights-missing"
VIEWS_ALTERED: Final = "views-altered"

_logger = structlog.get_logger(__name__)


class DatabaseNeeds:
    """What is lacking is named in the service's log, once."""

    def __init__(self, database: Database, projector: Projector) -> None:
        self._database = database
        self._projector = projector
        self._named: dict[str, list[str]] = {}

    def lacking(self) -> dict[str, list[str]]:
        """What is, each in words, by the code that /readyz has for it. Empty when the database does not say."""
        try:
            found = {RIGHTS_MISSING: check.rights_missing(self._database), VIEWS_ALTERED: self._projector.altered()}
        except database_errors():
            return {}
        for code, names in found.items():
            if names and names != self._named.get(code):
                help_ = (
                    "`fundtrail migrate` gives rights back and makes the views anew, as the projector's next start does"
                )
                _logger.error(code, lacking=names, help=help_)
        self._named = found
        return {code: names for code, names in found.items() if names}
