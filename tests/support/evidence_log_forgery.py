"""Entries that no rule allows, put behind the last one of a log in memory by its owner, who signs what he likes."""

import json
from collections.abc import Callable
from typing import Any

from domain.dates import format_instant
from domain.identifiers import command_id, event_id, leaf_hash
from tests.support.bundle_forgery import refigured
from tests.support.evidence import Asked, Files, bundle_of, json_file, with_manifest
from tests.support.evidence_log import EvidenceLog
from tests.support.memory_feed import STEP


def append_forged(log: EvidenceLog, like: int, change: Callable[[dict[str, Any]], None]) -> int:
    """Appends the entry at `like` again, changed, with an id and tag numbers that fit; returns its position."""
    entry, position = json.loads(log.entries[like - 1]), log.head + 1
    identity = command_id(log.info.ledger_id, "forged", str(position))
    entry |= {
        "command_id": identity,
        "id": event_id(identity, 0),
        "position": position,
        "recorded_at": format_instant(log.now),
    }
    change(entry)
    for tag in entry["tags"]:
        log.tag_counts[tag] += 1
        entry["tags"][tag] = log.tag_counts[tag]
    stored = json_file(entry)[:-1]
    named = {name: entry[name] for name in ("position", "id", "tags", "type")}
    event = log.events[like - 1]._replace(**named, recorded_at=log.now, leaf_hash=leaf_hash(stored))
    log.events.append(event)
    log.entries.append(stored)
    log.now += STEP
    return position


def refigured_bundle(log: EvidenceLog, asked: Asked) -> Files:
    """The bundle, whose figures follow from its entries whatever they say."""
    files = bundle_of(log, asked)
    refigured(files)
    return with_manifest(files)
