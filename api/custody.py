"""Recording facts that only the service states of a log: its digests, epochs and keys."""

from dataclasses import fields
from datetime import date
from typing import Any, Protocol

from pydantic import ValidationError

from api.invalid import InvalidBody
from api.schemas.fields import model_of
from api.schemas.problem import problems_of
from domain.command import Actor, Command
from domain.custody import ServiceFact
from domain.dates import day_in_zone
from domain.ports import Clock, CommandLog
from domain.submission import Answer, KeyedCommand, Submission


class Place(Protocol):
    """A ledger, and the IANA zone whose days are its days."""

    @property
    def ledger_id(self) -> str:
        """Its id."""

    @property
    def time_zone(self) -> str:
        """Its zone."""


def record_custody(
    log: CommandLog, ledger: Place, actor: Actor, key: str, body: ServiceFact, *, clock: Clock
) -> Answer:
    """Records the fact, dated today in the ledger's zone, and waits until it is durable.

    A key used before gives the first success again, also on a later day, and for a digest whatever it holds by now.

    Raises:
        InvalidBody: a field is not of its shape, such as a reason with control characters.
        UnknownLedger, QueueFull, ClockBehind, OutcomeUnknown: see CommandLog.submit.
    """
    command = custody_command(body, day_in_zone(clock.now(), ledger.time_zone))
    items = (KeyedCommand(key=key, command=command),)
    return log.submit(Submission(ledger_id=ledger.ledger_id, actor=actor, items=items)).result()


def custody_command(body: ServiceFact, today: date) -> Command:
    """The command that states the fact; today is the day in the ledger's zone.

    Raises:
        InvalidBody: a field is not of its shape.
    """
    fact_type: Any = type(body)
    values = {each.name: getattr(body, each.name) for each in fields(body)}
    try:
        model_of(fact_type, wan=False).__pydantic_validator__.validate_python(values)
    except ValidationError as error:
        raise InvalidBody(problems_of(error)) from None
    return Command(body=body, effective_date=today)
