"""datapackage.json: what the tables hold, in the terms of the Fiscal Data Package.

It is a Tabular Data Package with column types (version 1.0-rc.1), and has the `model` of measures and dimensions beside
them, which the published JSON Schema of the profile asks for and older readers know.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.fiscal_package.columns import ADJUSTED, AMOUNT, APPROVED, EXECUTED, PHASE, PackageColumn
from domain.ports import LedgerInfo

LINES: Final = "lines"
EVENTS: Final = "events"

_COLUMN_TYPES: Final = (
    "https://specs.frictionlessdata.io/taxonomies/fiscal/budgets.json",
    "https://specs.frictionlessdata.io/taxonomies/fiscal/spending.json",
)
_MEASURES: Final = {"initial_budget": APPROVED, "adjusted_budget": ADJUSTED, "disbursed": EXECUTED}
_DIMENSIONS: Final[Mapping[str, tuple[str, dict[str, str]]]] = {
    "line": ("fact", {"id": "line_id"}),
    "fiscal_year": ("datetime", {"year": "fiscal_year"}),
    "unit": ("entity", {"id": "unit_id", "name": "unit_name"}),
    "project": ("activity", {"id": "project_id", "name": "project_name"}),
    "source": ("other", {"id": "appropriation_id", "name": "appropriation_name"}),
    "function": ("classification", {"code": "function_code"}),
    "economic": ("classification", {"code": "economic_code"}),
}
_CLASSIFICATIONS: Final = {"function": "functional", "economic": "economic"}


def descriptor_of(
    ledger: LedgerInfo, coordinates: Mapping[str, Any], tables: Mapping[str, tuple[Sequence[PackageColumn], bytes]]
) -> dict[str, Any]:
    """The descriptor of the tables, each by its name: its columns, and its CSV as it is in the package."""
    return {
        "profile": "tabular-data-package",
        "name": f"fundtrail-{ledger.ledger_id.lower()}",
        "title": f"{ledger.name} {coordinates['as_of']}",
        "description": "Budget lines with their sums, and the events that moved money on them, at two coordinates.",
        "countryCode": "CN",
        "columnTypes": list(_COLUMN_TYPES),
        "resources": [_resource(name, columns, data, ledger) for name, (columns, data) in tables.items()],
        "model": {"measures": _measures(ledger), "dimensions": {name: _dimension(name) for name in _DIMENSIONS}},
        "ledger": {"ledger_id": ledger.ledger_id, "log_id": ledger.log_id, "time_zone": ledger.time_zone},
        "coordinates": dict(coordinates),
    }


def _resource(name: str, columns: Sequence[PackageColumn], data: bytes, ledger: LedgerInfo) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": name,
        "path": f"{name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(data),
        "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "schema": {
            "fields": [column.field() for column in columns],
            "extraFields": [
                {"name": AMOUNT, "type": "number", "columnType": "value", "normalizationTarget": True},
                {"name": PHASE, "type": "string", "columnType": "phase:id"},
                _constant("currency", "value-currency:code", ledger.currency),
                _constant("direction", "direction", "expenditure"),
            ],
            "primaryKey": columns[0].name,
            "missingValues": [""],
        },
    }


def _constant(name: str, concept: str, value: str) -> dict[str, Any]:
    return {"name": name, "type": "string", "columnType": concept, "constant": value}


def _measures(ledger: LedgerInfo) -> dict[str, Any]:
    return {
        name: {
            "source": name,
            "resource": LINES,
            "currency": ledger.currency,
            "direction": "expenditure",
            "phase": phase,
        }
        for name, phase in _MEASURES.items()
    }


def _dimension(name: str) -> dict[str, Any]:
    kind, sources = _DIMENSIONS[name]
    attributes = {each: {"source": source, "resource": LINES} for each, source in sources.items()}
    described: dict[str, Any] = {
        "dimensionType": kind,
        "primaryKey": next(iter(sources)),
        "attributes": attributes,
    }
    if name in _CLASSIFICATIONS:
        described["classificationType"] = _CLASSIFICATIONS[name]
    return described
