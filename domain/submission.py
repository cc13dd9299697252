"""What a caller hands to the log, and what comes back: commands with their keys, and one outcome each."""

from dataclasses import dataclass

from domain.command import UNLIMITED, Actor, Authority, Command
from domain.errors import Refusal
from domain.event import RecordedEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedCommand:
    """A command under its idempotency key (1 to 128 visible ASCII characters, or `<key>/<index>` of a batch)."""

    key: str
    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Commands of one caller to one ledger, decided in order.

    `atomic`: all are written or none, at the first refusal. Otherwise each stands alone. `dry_run`: decided as if
    written, in order, and nothing is.
    """

    ledger_id: str
    actor: Actor
    items: tuple[KeyedCommand, ...]
    atomic: bool = True
    dry_run: bool = False
    authority: Authority = UNLIMITED


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The events of a command, by position. `replayed`: it had been accepted before; these are its first events."""

    events: tuple[RecordedEvent, ...]
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a command was not accepted."""

    refusal: Refusal


Outcome = Accepted | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Outcomes of a submission, by item.

    Of a refused atomic submission the last outcome is the one refusal, at its index; the accepted ones before it were
    not written. `position` is the largest position of the events written (or replayed); None when there are none or
    on a dry run. Events of a dry run carry positions that were never taken.
    """

    outcomes: tuple[Outcome, ...]
    position: int | None

    @property
    def refusal(self) -> tuple[int, Refusal] | None:
        """Index and refusal of the first refused item, or None."""
        for index, outcome in enumerate(self.outcomes):
            if isinstance(outcome, Refused):
                return index, outcome.refusal
        return None
