"""One batch on one ledger: commands decided in order on an overlay, their events numbered and encoded. No I/O.

What the decisions need beyond what was loaded is asked of a `Loader`.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Final, NamedTuple, Protocol

import msgspec

from adapters.event_log.encoding import MAX_DATA_BYTES, command_hash, encode_data, encode_entry
from adapters.event_log.overlay import Overlay, Receipt
from domain.command import Command, Context
from domain.custody import PersonalDataErased
from domain.dates import day_in_zone
from domain.errors import IdempotencyKeyReused, Refusal, TooLarge
from domain.event import EventReversed, ProposedEvent, RecordedEvent
from domain.identifiers import command_ids, commitment, event_id, leaf_hash
from domain.registry import boundaries, decide, type_name
from domain.submission import Accepted, Answer, KeyedCommand, Outcome, Refused, Submission

SALT_BYTES: Final = 32


class Loader(Protocol):
    """Brings committed rows of the ledger into a batch's base overlay; keys that do not exist become empty rows."""

    def load(self, base: Overlay, keys: set[str]) -> None:
        """Loads boundary rows and (for `event:` keys) event states."""

    def openings(self, event: RecordedEvent) -> dict[str, str]:
        """The private values of an event that are still stored, by field."""


class Opening(NamedTuple):
    """The salt and plain value behind one commitment of an event."""

    event_id: str
    field: str
    salt: bytes
    value: str


class Identity(msgspec.Struct, frozen=True, gc=False):
    """The ids that follow from a command's key: its own, and that of its first event."""

    command_id: str
    first_event_id: str


class Written(msgspec.Struct, frozen=True, gc=False):
    """What one accepted command adds to the log. `erased` are the events whose openings go with it."""

    events: tuple[RecordedEvent, ...]
    entries: tuple[bytes, ...]
    openings: tuple[Opening, ...]
    erased: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Batch:
    """The running batch: where the log stands, and what has been accepted so far.

    `erased` are the events whose openings go with it, whether the loader still finds them or not.
    """

    ledger_id: str
    time_zone: str
    position: int
    recorded_at: datetime
    base: Overlay
    loader: Loader
    written: list[Written] = field(default_factory=list)
    erased: set[str] = field(default_factory=set)

    def preload(self, submissions: Sequence[Submission]) -> None:
        """Loads what the commands need, as far as they show it, in as few queries as there are rounds.

        What only a decision shows (the line that an earlier command of the batch opened) is fetched when it is read.
        """
        waiting = [item.command for submission in submissions for item in submission.items]
        while waiting:
            wanted = [
                (command, keys)
                for command in waiting
                if (keys := self.base.missing(boundaries(command, self.base, self.ledger_id)))
            ]
            if not wanted:
                break
            self.loader.load(self.base, set(chain.from_iterable(keys for _, keys in wanted)))
            # Only what is there can name further boundaries.
            waiting = [command for command, keys in wanted if any(self.base.get(key) is not None for key in keys)]
        self.base.fetch = partial(self.loader.load, self.base)

    def identities_of(self, submission: Submission) -> list[Identity]:
        """The identity of each item."""
        keys = [item.key for item in submission.items]
        commands = command_ids(self.ledger_id, submission.actor.subject, keys)
        return [Identity(command, event_id(command, 0)) for command in commands]

    def answer(self, submission: Submission, identities: Sequence[Identity]) -> Answer:
        """Decides a submission; adopts what it changes unless it is refused as a whole or a dry run.

        `identities` are those of its items.
        """
        self.base.begin()
        try:
            answer = self._answer(submission, identities)
        except Exception:
            self.base.take_back()
            raise
        if answer.position is None:
            self.base.take_back()
        return answer

    def _answer(self, submission: Submission, identities: Sequence[Identity]) -> Answer:
        """The answer; its position is None where nothing of it may stay."""
        run = _Run(self, submission)
        outcomes: list[Outcome] = []
        for item, identity in zip(submission.items, identities, strict=True):
            try:
                outcomes.append(self._decide(item, identity, run))
            except Refusal as refusal:
                outcomes.append(Refused(refusal=refusal))
                if submission.atomic:
                    return self._without_effect(outcomes)
        if submission.dry_run:
            return self._without_effect(outcomes)
        self.written.extend(run.written)
        self.erased |= run.erased
        self.position = run.position
        positions = [each.events[-1].position for each in outcomes if isinstance(each, Accepted)]
        return Answer(outcomes=tuple(outcomes), position=max(positions, default=None))

    def _without_effect(self, outcomes: Sequence[Outcome]) -> Answer:
        """The answer of which nothing stays: what refers to an event of its own names the item that would make it."""
        own = [
            (each.refusal.figures, position)
            for each in outcomes
            if isinstance(each, Refused)
            and isinstance(position := each.refusal.figures.get("position"), int)
            and position > self.position
        ]
        if own:
            made = (each.events if isinstance(each, Accepted) else () for each in outcomes)
            makers = {event.position: index for index, events in enumerate(made) for event in events}
            for figures, position in own:
                del figures["position"]
                figures["other_index"] = makers[position]
        return Answer(outcomes=tuple(outcomes), position=None)

    def _decide(self, item: KeyedCommand, identity: Identity, run: "_Run") -> Accepted:
        digest = command_hash(item.command)
        receipt = self.base.receipts.get(identity.command_id)
        if receipt is not None:
            return self._replay(receipt, digest, item, run)
        written = run.record(decide(item.command, self.base, run.context), item.command, identity, digest)
        self.base.add_receipt(identity.command_id, Receipt(digest, written.events))
        return Accepted(events=written.events)

    def _replay(self, receipt: Receipt, digest: str, item: KeyedCommand, run: "_Run") -> Accepted:
        if receipt.command_hash != digest:
            raise IdempotencyKeyReused
        if not self._has_same_private_values(receipt.events[0], item, run):
            raise IdempotencyKeyReused
        return Accepted(events=receipt.events, replayed=True)

    def _has_same_private_values(self, event: RecordedEvent, item: KeyedCommand, run: "_Run") -> bool:
        """Whether the private values are those of the first success; an erased one cannot be compared any more."""
        private = item.command.private
        if private.keys() != event.private.keys():
            return False
        if not private or event.id in self.erased or event.id in run.erased:
            return True
        running = {
            opening.field: opening.value
            for each in self.written
            for opening in each.openings
            if opening.event_id == event.id
        }
        stored = running or self.loader.openings(event)
        return all(stored.get(name, value) == value for name, value in private.items())


class _Run:
    """One submission on its way through a batch: what it adds, and the position it has reached."""

    def __init__(self, batch: Batch, submission: Submission) -> None:
        self.batch = batch
        self.written: list[Written] = []
        self.position = batch.position
        self.erased: set[str] = set()
        self.context = Context(
            ledger_id=batch.ledger_id,
            today=day_in_zone(batch.recorded_at, batch.time_zone),
            actor=submission.actor,
            authority=submission.authority,
        )

    def record(self, proposed: tuple[ProposedEvent, ...], command: Command, identity: Identity, digest: str) -> Written:
        """Numbers, encodes and hashes the events of one decision, and moves their boundaries on.

        Raises:
            TooLarge: before anything of the command is recorded.
        """
        encoded = [(each, _encode_within_limit(each)) for each in proposed]
        openings = _openings(command, identity.first_event_id)
        events: list[RecordedEvent] = []
        entries: list[bytes] = []
        for index, (each, data) in enumerate(encoded):
            event = self._event(each, index, command, identity, digest, openings if index == 0 else ())
            entry = encode_entry(event, data)
            # The same event with its last field: `_replace` takes several times as long.
            event = RecordedEvent(*event[:-1], leaf_hash(entry))
            self.batch.base.record(event)
            self.position = event.position
            events.append(event)
            entries.append(entry)
        erased = command.body.event_ids if isinstance(command.body, PersonalDataErased) else ()
        written = Written(tuple(events), tuple(entries), openings, erased)
        self.written.append(written)
        self.erased.update(erased)
        return written

    def _event(
        self,
        proposed: ProposedEvent,
        index: int,
        command: Command,
        identity: Identity,
        digest: str,
        openings: tuple[Opening, ...],
    ) -> RecordedEvent:
        # By position: naming nineteen fields takes twice as long.
        return RecordedEvent(
            self.batch.ledger_id,
            self.position + 1,
            identity.first_event_id if index == 0 else event_id(identity.command_id, index),
            type_name(proposed.data),
            self.batch.base.numbers(sorted(proposed.tags)),
            command.effective_date,
            command.date_precision,
            self.batch.recorded_at,
            self.context.actor,
            identity.command_id,
            digest,
            command.correlation_id,
            None,
            proposed.corrects,
            command.basis,
            command.source,
            proposed.data,
            {each.field: commitment(each.salt, each.field, each.value) for each in openings},
            b"",
        )


def _encode_within_limit(proposed: ProposedEvent) -> bytes:
    data = encode_data(proposed.data)
    # A reversal repeats the data of what it reverses, which was within the limit: it must stay reversible.
    if len(data) > MAX_DATA_BYTES and not isinstance(proposed.data, EventReversed):
        raise TooLarge(size_bytes=len(data), limit_bytes=MAX_DATA_BYTES)
    return data


def _openings(command: Command, event: str) -> tuple[Opening, ...]:
    if not command.private:
        return ()
    return tuple(
        Opening(event, name, secrets.token_bytes(SALT_BYTES), value) for name, value in command.private.items()
    )
