"""What callers tried without wanting it written, and might not do: looked at again it is the same try."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from adapters.event_log.encoding import command_hash
from domain.access_log import AccessEntry
from domain.errors import Denied
from domain.submission import KeyedCommand, Submission

REMEMBERED: Final = 100_000
"""So many tries, those of ten of the longest files; what was forgotten is recorded once more."""


class Tries:
    """The tries whose records are kept, as far as this process remembers. For any thread."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def new(
        self, submission: Submission, denied: Sequence[tuple[KeyedCommand, Denied]]
    ) -> list[tuple[bytes, KeyedCommand, Denied]]:
        """Those that were not recorded yet, each with the name under which `remember` takes it.

        The same try is the same command under the same key, of the same caller, denied for the same reason.
        """
        named = [(_name_of(submission, item, denial), item, denial) for item, denial in denied]
        with self._lock:
            for name, _item, _denial in named:
                if name in self._known:
                    self._known.move_to_end(name)
            return [each for each in named if each[0] not in self._known]

    def remember(self, names: Iterable[bytes]) -> None:
        """Takes them for recorded, once their records are durable."""
        with self._lock:
            self._known.update(dict.fromkeys(names))
            while len(self._known) > self._most:
                self._known.popitem(last=False)


def together(entries: Iterable[AccessEntry]) -> list[AccessEntry]:
    """One entry for all with command and code in common, with their count; what else differs is left out."""
    found: dict[tuple[str, str], AccessEntry] = {}
    for entry in entries:
        alike = (entry.action, entry.code)
        before = found.get(alike)
        found[alike] = entry if before is None else _both(before, entry)
    return list(found.values())


def _both(one: AccessEntry, other: AccessEntry) -> AccessEntry:
    return replace(
        one,
        concerns=tuple(each for each in one.concerns if each in other.concerns),
        figures={name: each for name, each in one.figures.items() if other.figures.get(name) == each},
        count=one.count + other.count,
    )


def _name_of(submission: Submission, item: KeyedCommand, denial: Denied) -> bytes:
    actor = submission.actor
    parts = (submission.ledger_id, actor.issuer or "", actor.subject, item.key, command_hash(item.command), denial.code)
    return hashlib.sha256("\0".join(parts).encode()).digest()
