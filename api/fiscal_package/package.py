"""The package: the snapshot of the lines, the events that made it, and the descriptor, in one zip."""

import csv
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO, StringIO
from typing import Any, Final

import msgspec

from api.coordinates import Standpoint
from api.fiscal_package.columns import EVENT_COLUMNS, LINE_COLUMNS, PackageColumn
from api.fiscal_package.descriptor import EVENTS, LINES, descriptor_of
from api.rendering.values import render
from api.wiring import Services
from domain.dates import format_instant
from domain.event import RecordedEvent, effect_of
from domain.flow import MONEY_FACTS, Flow
from domain.money import format_hundredths
from domain.ports import EventQuery
from domain.registry import FACT_TYPES
from projections.rows import Snapshot

_PAGE: Final = 1_000
_TYPES: Final = (*(name for name, fact in FACT_TYPES.items() if issubclass(fact, MONEY_FACTS)), "event-reversed.v1")
_EPOCH_OF_ZIP: Final = (1980, 1, 1, 0, 0, 0)
_CHANGES: Final = ("initial", "adjusted", "disbursed", "transferred", "recovered")


def fiscal_package(services: Services, place: Standpoint) -> bytes:
    """The zip of a ledger at a place that the views have reached. The same place gives the same bytes."""
    ledger = services.feed.ledger(place.ledger.ledger_id)
    snapshot = services.views.snapshot(ledger.ledger_id, place.at)
    lines = _csv(LINE_COLUMNS, _lines(snapshot))
    events = _csv(EVENT_COLUMNS, map(_event, _money_events(services, place)))
    coordinates = place.document()
    # Whether a later event could change the answer is not a property of the package.
    del coordinates["closed"]
    tables = {LINES: (LINE_COLUMNS, lines), EVENTS: (EVENT_COLUMNS, events)}
    descriptor = msgspec.json.encode(descriptor_of(ledger, coordinates, tables))
    return _zipped(
        {
            "datapackage.json": msgspec.json.format(descriptor, indent=2),
            f"{LINES}.csv": lines,
            f"{EVENTS}.csv": events,
        }
    )


def _lines(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    units = {each.unit_id: each.name for each in snapshot.units}
    projects = {each.project_id: each for each in snapshot.projects}
    appropriations = {each.appropriation_id: each.name for each in snapshot.appropriations}
    for line in snapshot.lines:
        project = projects[line.project_id]
        row: dict[str, Any] = msgspec.to_builtins(render(line))
        yield row | {
            "unit_name": units[line.unit_id],
            "project_name": project.name,
            "programme": project.programme,
            "appropriation_name": appropriations[line.appropriation_id],
            "flags": " ".join(row["flags"]),
        }


def _money_events(services: Services, place: Standpoint) -> Iterator[RecordedEvent]:
    """Every event that moved money on a line and counts at the place, by position."""
    after = 0
    while True:
        query = EventQuery(
            types=_TYPES, until=place.at.position, effective_until=place.at.as_of, after=after, limit=_PAGE
        )
        found = services.feed.find(place.ledger.ledger_id, query)
        yield from (event for event in found if effect_of(event).change is not None)
        if len(found) < _PAGE:
            return
        after = found[-1].position


def _event(event: RecordedEvent) -> dict[str, Any]:
    effect = effect_of(event)
    assert effect.change is not None
    assert isinstance(effect.fact, MONEY_FACTS)
    return {
        "event_id": event.id,
        "position": event.position,
        "effective_date": event.effective_date.isoformat(),
        "recorded_at": format_instant(event.recorded_at),
        "type": event.type,
        "line_id": effect.fact.line_id,
        **_changes(effect.change),
        "corrects": event.corrects,
        "basis": event.basis.value,
        "leaf_hash": event.leaf_hash.hex(),
    }


def _changes(change: Flow) -> dict[str, str]:
    return {f"{name}_change": format_hundredths(getattr(change, name)) for name in _CHANGES}


def _csv(columns: Sequence[PackageColumn], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """RFC 4180. Texts stand as they are: it is for programs, and the descriptor says what each column holds."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    names = [column.name for column in columns]
    writer.writerow(names)
    writer.writerows([row[name] for name in names] for row in rows)
    return text.getvalue().encode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH_OF_ZIP), data, zipfile.ZIP_DEFLATED)
    return target.getvalue()
