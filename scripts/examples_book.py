"""Writes down commands: one method for each kind of fact that the examples record."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from scripts.examples_case import Case, Evidence

NOT_PRINTED: Final = "未印"
"""Stands where a document, a voucher or an authority is required and the report prints none."""


class When(NamedTuple):
    """A business date and how exactly the report gives it."""

    day: str
    precision: str = "day"


@dataclass(frozen=True)
class Source:
    """The appropriation behind a work; the defaults say that the report names no source."""

    name: str
    level: str = "not_stated"
    nature: str = "not_stated"
    instrument: str | None = None


@dataclass(frozen=True)
class Payment:
    """A printed sum paid from a line; its voucher number is a marker that names the figure."""

    figure_id: str
    amount: Decimal
    kind: str = "payment"
    purpose: str | None = None
    overrun: dict[str, str] | None = None


class Book:
    """The commands of one ledger, in the order they are to be recorded."""

    def __init__(self, case: Case, opening: When) -> None:
        self.case = case
        self.opening = opening
        self.commands: list[dict[str, Any]] = []

    def record(self, command: str, key: str, at: When, evidence: Evidence, **fields: object) -> None:
        """Adds a command; a field that is None is left out."""
        precision = {} if at.precision == "day" else {"date_precision": at.precision}
        self.commands.append(
            {"command": command, "key": key, "effective_date": at.day, **precision}
            | {name: _plain(value) for name, value in fields.items() if value is not None}
            | {"basis": evidence.basis, "source": {"ref": evidence.ref}}
        )

    def unit(self, unit_id: str, name: str, kind: str, evidence: Evidence, at: When | None = None) -> None:
        """Registers a unit."""
        fields = {"unit_id": unit_id, "name": name, "kind": kind}
        self.record("register-unit", f"unit-{unit_id}", at or self.opening, evidence, **fields)

    def project(self, project_id: str, evidence: Evidence, **fields: object) -> None:
        """Registers a project."""
        self.record(
            "register-project",
            f"{project_id}-project",
            self.opening,
            evidence,
            project_id=project_id,
            **fields,
        )

    def receive(self, appropriation_id: str, source: Source, amount: Decimal, figure_ids: tuple[str, ...]) -> None:
        """Records an appropriation: no report prints the document by which money was received."""
        self.record(
            "receive-appropriation",
            f"{appropriation_id}-received",
            self.opening,
            self.case.assumed("来源文号、收到日期", *figure_ids),
            appropriation_id=appropriation_id,
            name=source.name,
            source_level=source.level,
            source_nature=source.nature,
            budget_book="not_stated",
            instrument=source.instrument,
            fiscal_year=int(self.opening.day[:4]),
            amount=amount,
            document_no=NOT_PRINTED,
        )

    def line(self, line_id: str, figure_ids: tuple[str, ...], **fields: object) -> None:
        """Opens a line for the money of the figures: that it is a line of its own is the model's division."""
        self.record(
            "open-line",
            f"{line_id}-line",
            self.opening,
            self.case.assumed("项目指标", *figure_ids),
            line_id=line_id,
            **fields,
        )

    def allocate(self, line_id: str, name: str, at: When, evidence: Evidence, **fields: object) -> None:
        """Allocates to a line; stage and document are `additional` and not printed unless given."""
        stated = {"stage": "additional", "document_no": NOT_PRINTED} | fields
        self.record("allocate-funds", f"{line_id}-{name}", at, evidence, line_id=line_id, **stated)

    def pay(self, line_id: str, at: When, payment: Payment, evidence: Evidence | None = None) -> None:
        """Records a disbursement."""
        self.record(
            "record-disbursement",
            f"{line_id}-{payment.kind}",
            at,
            evidence or self.case.reported(payment.figure_id, note="凭证号未印"),
            line_id=line_id,
            amount=payment.amount,
            kind=payment.kind,
            voucher_no=f"{NOT_PRINTED}-{payment.figure_id}",
            purpose=payment.purpose,
            overrun=payment.overrun,
        )

    def status(self, project_id: str, status: str, at: When, evidence: Evidence, **fields: object) -> None:
        """Records what happened to a project."""
        stated = {"project_id": project_id, "status": status} | fields
        self.record("change-project-status", f"{project_id}-{status}", at, evidence, **stated)

    def evaluation(self, evaluation_id: str, at: When, evidence: Evidence, **fields: object) -> None:
        """Opens an evaluation."""
        self.record(
            "open-evaluation",
            f"{evaluation_id}-opened",
            at,
            evidence,
            evaluation_id=evaluation_id,
            **fields,
        )

    def lines(self) -> Iterator[str]:
        """Each command as one line of JSON, refusing a key that is used twice."""
        keys = [command["key"] for command in self.commands]
        if len(set(keys)) < len(keys):
            raise ValueError({key for key in keys if keys.count(key) > 1})
        return (json.dumps(command, ensure_ascii=False) for command in self.commands)


def _plain(value: object) -> object:
    """An amount as text of yuan with two decimals; everything else as it is."""
    return f"{value:.2f}" if isinstance(value, Decimal) else value
