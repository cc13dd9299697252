"""Given these facts, when this command, then these facts or that refusal: the rules alone, on a ledger in memory.

A decision sees only the states of the boundaries it asked for, as in a real log, so a boundary that a rule forgets
shows as a wrong decision here too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from domain.appropriation import AppropriationState
from domain.boundary import Kind, event_key, kind_of
from domain.budget_line import LineState
from domain.command import UNLIMITED, Actor, Authority, Command, Context
from domain.errors import Figure, Refusal
from domain.evaluation import EvaluationState
from domain.event import EventState, ProposedEvent, RecordedEvent, effect_of, evolve_event_state
from domain.identifiers import command_id, event_id
from domain.ledger import OpenLedger, decide_ledger
from domain.project import ProjectState
from domain.registry import EventData, boundaries, corrected_events, decide, evolve, references, type_name

LEDGER_ID: Final = "qingshi"
TODAY: Final = date(2024, 6, 30)
CLERK: Final = Actor(subject="clerk-1", issuer=None, role="clerk")
MOST_ROUNDS: Final = 3
"""How often boundaries may bring new keys before they must stand still."""

CommandOrRecipe = Command | Callable[["Ledger"], Command]
"""A command, or how to make one from what the ledger holds (one that names an event by its id)."""


@dataclass
class Ledger:
    """The states of all boundaries and all events, from position 1 on."""

    today: date = TODAY
    states: dict[str, Any] = field(default_factory=dict)
    tag_counts: dict[str, int] = field(default_factory=dict)
    events: list[RecordedEvent] = field(default_factory=list)
    positions_before: int = 0
    """How many positions are taken by events that are not held here; none but in tests of large ledgers."""

    @classmethod
    def opened(cls, today: date = TODAY) -> "Ledger":
        """A ledger that holds nothing but its own opening."""
        ledger = cls(today=today)
        opening = decide_ledger(OpenLedger(ledger_id=LEDGER_ID, name="青石县财政局"), log_id="0" * 32, demo=True)
        ledger.record(opening, command=None)
        return ledger

    def copied(self) -> "Ledger":
        """A ledger that goes on from here by itself; states and events are immutable."""
        return Ledger(self.today, dict(self.states), dict(self.tag_counts), list(self.events), self.positions_before)

    def run(self, step: CommandOrRecipe, authority: Authority = UNLIMITED) -> RecordedEvent:
        """Decides a command on the states it asks for and records its event. Raises: Refusal."""
        command = step if isinstance(step, Command) else step(self)
        seen = self.states_for(command)
        context = Context(ledger_id=LEDGER_ID, today=self.today, actor=CLERK, authority=authority)
        (proposed,) = decide(command, seen, context)
        assert set(proposed.tags) <= seen.keys(), "a decision writes only to boundaries it has read"
        assert len(proposed.tags) == len(set(proposed.tags)), "an event bears a tag once"
        event = self.record(proposed, command)
        assert {event_key(each) for each in corrected_events(event)} <= seen.keys(), "it has read what it corrects"
        return event

    def states_for(self, command: Command) -> dict[str, Any]:
        """The states under the command's boundaries, asked for until no new key comes."""
        keys = {event_key(each) for each in references(command.body)}
        for _ in range(MOST_ROUNDS):
            seen = {key: self.states.get(key) for key in keys}
            more = set(boundaries(command, seen, LEDGER_ID))
            if more <= keys:
                return seen
            keys |= more
        message = f"boundaries of {command.body} never stand still"
        raise AssertionError(message)

    def record(self, proposed: ProposedEvent, command: Command | None) -> RecordedEvent:
        """Gives the event its position, id, tag numbers and instant, and moves on every state it bears."""
        position = self.positions_before + len(self.events) + 1
        command_hex = command_id(LEDGER_ID, CLERK.subject, f"key-{position}")
        envelope = command or Command(body=None, effective_date=self.today)  # type: ignore[arg-type]  # no body is read
        event = RecordedEvent(
            ledger=LEDGER_ID,
            position=position,
            id=event_id(command_hex, 0),
            type=type_name(proposed.data),
            tags={tag: self.tag_counts.get(tag, 0) + 1 for tag in proposed.tags},
            effective_date=envelope.effective_date,
            date_precision=envelope.date_precision,
            recorded_at=datetime.combine(self.today, datetime.min.time(), UTC) + timedelta(seconds=position),
            actor=CLERK,
            command_id=command_hex,
            command_hash="",
            correlation_id=envelope.correlation_id,
            causation_id=None,
            corrects=proposed.corrects,
            basis=envelope.basis,
            source=envelope.source,
            data=proposed.data,
            private=dict.fromkeys(envelope.private, "0" * 64),
            leaf_hash=b"",
        )
        self.tag_counts.update(event.tags)
        self.fold(event)
        self.events.append(event)
        return event

    def fold(self, event: RecordedEvent) -> None:
        """Moves on the state of every boundary the event bears, and of the events it corrects."""
        for tag in event.tags:
            state = evolve(tag, self.states.get(tag), effect_of(event))
            if kind_of(tag) not in (Kind.LEDGER, Kind.PROGRAMME):
                self.states[tag] = state
        for corrected in corrected_events(event):
            key = event_key(corrected)
            self.states[key] = evolve_event_state(self.states[key], event)
        self.states[event_key(event.id)] = EventState(event=event)

    def refolded(self) -> dict[str, Any]:
        """The states of a second ledger that folds the same events."""
        second = Ledger(today=self.today)
        for event in self.events:
            second.fold(event)
        return second.states

    def line(self, line_id: str = "L1") -> LineState:
        state: LineState = self.states[f"line:{line_id}"]
        return state

    def project(self, project_id: str = "P1") -> ProjectState:
        state: ProjectState = self.states[f"project:{project_id}"]
        return state

    def appropriation(self, appropriation_id: str = "A1") -> AppropriationState:
        state: AppropriationState = self.states[f"appropriation:{appropriation_id}"]
        return state

    def evaluation(self, evaluation_id: str = "E1") -> EvaluationState:
        state: EvaluationState = self.states[f"evaluation:{evaluation_id}"]
        return state

    def the_last(self, data_type: type[EventData], **attributes: object) -> RecordedEvent:
        """The youngest event of that type whose data has these attributes."""
        return next(
            event
            for event in reversed(self.events)
            if isinstance(event.data, data_type)
            and all(getattr(event.data, name) == value for name, value in attributes.items())
        )


@dataclass(frozen=True)
class Outcome:
    """What became of a command: its events, or why it was refused."""

    ledger: Ledger
    facts: tuple[EventData, ...]
    refusal: Refusal | None

    def then(self, *facts: EventData) -> Ledger:
        """Exactly these facts were recorded."""
        assert self.refusal is None, f"refused: {self.refusal!r} {self.refusal.figures}"
        assert self.facts == facts
        return self.ledger

    def then_accepted(self) -> Ledger:
        """Some fact was recorded; for tests that look at the states or dates and not at the fact."""
        assert self.refusal is None, f"refused: {self.refusal!r} {self.refusal.figures}"
        assert len(self.facts) == 1
        return self.ledger

    def then_refused(self, refusal: type[Refusal], at: str | None = None, **figures: Figure) -> None:
        """Refused for this reason and no other, with all of these figures, at that pointer (if one is given)."""
        assert self.refusal is not None, f"accepted: {self.facts}"
        assert type(self.refusal) is refusal
        assert self.refusal.figures == figures
        assert at is None or self.refusal.pointer == at


@dataclass(frozen=True)
class Given:
    """A ledger that holds some facts."""

    ledger: Ledger

    def when(self, step: CommandOrRecipe, authority: Authority = UNLIMITED) -> Outcome:
        """Tries a command on a copy of the ledger, so that the same facts may be given to several commands."""
        ledger = self.ledger.copied()
        try:
            event = ledger.run(step, authority)
        except Refusal as refusal:
            assert ledger == self.ledger, "a refused command changes nothing"
            return Outcome(ledger, (), refusal)
        return Outcome(ledger, (event.data,), None)


def given(*steps: CommandOrRecipe, today: date = TODAY) -> Given:
    """A ledger on which these commands were accepted, in this order."""
    ledger = Ledger.opened(today)
    for step in steps:
        ledger.run(step)
    return Given(ledger)
