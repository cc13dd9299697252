"""The columns of the two tables, and which fiscal concept each of them is.

Source: Fiscal Data Package 1.0-rc.1 and its taxonomies of column types, https://specs.frictionlessdata.io. A column
without a type is of no concept that the taxonomies know, which the specification allows.
"""

from dataclasses import dataclass
from typing import Any, Final

APPROVED: Final = "approved"
ADJUSTED: Final = "adjusted"
EXECUTED: Final = "executed"

PHASE: Final = "phase"
AMOUNT: Final = "amount"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageColumn:
    """A column. `phase` is that of a measure: each of those is a value of its own once the table is denormalised."""

    name: str
    type: str = "string"
    concept: str | None = None
    phase: str | None = None
    required: bool = False

    def field(self) -> dict[str, Any]:
        """As the table schema has it."""
        described: dict[str, Any] = {"name": self.name, "type": self.type}
        if self.concept is not None:
            described["columnType"] = self.concept
        if self.phase is not None:
            described["normalize"] = {PHASE: self.phase}
        if self.required:
            described["constraints"] = {"required": True}
        return described


LINE_COLUMNS: Final = (
    PackageColumn(name="line_id", concept="budget-line-id", required=True),
    PackageColumn(name="fiscal_year", type="integer", concept="date:fiscal-year", required=True),
    PackageColumn(name="unit_id", concept="administrative-classification:generic:code", required=True),
    PackageColumn(name="unit_name", concept="administrative-classification:generic:label"),
    PackageColumn(name="project_id", concept="activity:generic:project:code", required=True),
    PackageColumn(name="project_name", concept="activity:generic:project:label"),
    PackageColumn(name="programme", concept="activity:generic:program:code"),
    PackageColumn(name="appropriation_id", concept="fin-source:generic:code", required=True),
    PackageColumn(name="appropriation_name", concept="fin-source:generic:label"),
    PackageColumn(name="function_code", concept="functional-classification:generic:code"),
    PackageColumn(name="economic_code", concept="economic-classification:generic:code"),
    PackageColumn(name="expenditure_kind", concept="expenditure-type:code"),
    PackageColumn(name="source_level"),
    PackageColumn(name="source_nature"),
    PackageColumn(name="budget_book"),
    PackageColumn(name="initial_budget", type="number", phase=APPROVED),
    PackageColumn(name="adjusted_budget", type="number", phase=ADJUSTED),
    PackageColumn(name="disbursed", type="number", phase=EXECUTED),
    PackageColumn(name="transferred", type="number"),
    PackageColumn(name="recovered", type="number"),
    PackageColumn(name="carried_out", type="number"),
    PackageColumn(name="available", type="number"),
    PackageColumn(name="flags"),
)
"""A row is a budget line with its sums. `transferred` is part of `disbursed`, so it is no value of its own."""

EVENT_COLUMNS: Final = (
    PackageColumn(name="event_id", concept="transaction-id:code", required=True),
    PackageColumn(name="position", type="integer", required=True),
    PackageColumn(name="effective_date", type="date", concept="date:generic", required=True),
    PackageColumn(name="recorded_at", type="datetime", required=True),
    PackageColumn(name="type", concept="transaction-id:transaction-kind", required=True),
    PackageColumn(name="line_id", concept="transaction-id:budget-code", required=True),
    PackageColumn(name="initial_change", type="number", phase=APPROVED),
    PackageColumn(name="adjusted_change", type="number", phase=ADJUSTED),
    PackageColumn(name="disbursed_change", type="number", phase=EXECUTED),
    PackageColumn(name="transferred_change", type="number"),
    PackageColumn(name="recovered_change", type="number"),
    PackageColumn(name="corrects"),
    PackageColumn(name="basis"),
    PackageColumn(name="leaf_hash", required=True),
)
"""A row is an event that moved money on a line, and what it changed the line's sums by, with its sign."""
