"""Random histories: commands that the real rules accept or refuse, on few things and few days, so that they meet."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import Final

from domain.appropriation import AppropriationReceived
from domain.budget_line import LineOpened
from domain.command import Basis, Command
from domain.evaluation import EvaluationKind, EvaluationOpened
from domain.flow import FundsDisbursed
from domain.project import Attribute, ProjectRegistered, ProjectStatus
from domain.unit import UnitRegistered
from tests.support.builders import (
    HALVES,
    adjustment,
    allocation,
    amendment,
    appropriation,
    disbursement,
    evaluation,
    finalisation,
    granted,
    line,
    opening_balance,
    project,
    recovery,
    reduction,
    result,
    return_to,
    reversal_of,
    score,
    status,
    unit,
)
from tests.support.memory_feed import MemoryLog

FIRST_DAY = date(2023, 12, 1)
"""Together with the day a log is opened, 10 January 2024, it makes some entries late by just a little."""


CLEARED: Final[dict[str, Attribute]] = {"location": None}


KNOWN: Final = (
    unit(at=FIRST_DAY),
    unit("U2", at=FIRST_DAY),
    appropriation("A1", "3000.00", at=FIRST_DAY),
    project("P1", at=FIRST_DAY),
    line("L1", at=FIRST_DAY),
    allocation("200.00", at=FIRST_DAY),
    evaluation("E1", at=FIRST_DAY),
)
"""What every history begins with, so that most of what follows has something to be about."""

REGISTRATIONS: Final = (UnitRegistered, AppropriationReceived, ProjectRegistered, LineOpened, EvaluationOpened)


class History:
    """Draws one command after another from a source of chance and has the log decide it."""

    def __init__(self, chance: random.Random, log: MemoryLog) -> None:
        self._chance = chance
        self._log = log
        self._vouchers = count(1)

    def live(self, step_count: int) -> None:
        """Registers a few things, then tries that many commands; about half of them are refused."""
        for known in KNOWN:
            self._log.record(known)
        for _ in range(step_count):
            self._log.now += timedelta(hours=self._chance.choice((0, 0, 1, 30)))
            command = self.draw()
            if command is not None:
                self._log.try_record(command)
            if self._chance.random() < 0.03:
                self._log.record_foreign()

    def draw(self) -> Command | None:
        """One command, made from what the log holds; None where the draw finds nothing to be about."""
        command = self._chance.choice(self._draws())()
        if command is None:
            return None
        return replace(command, basis=self._chance.choice((Basis.RECORDED, Basis.RECORDED, Basis.ASSUMED)))

    def _draws(self) -> tuple[Callable[[], Command | None], ...]:
        money = (self._allocate, self._allocate, self._disburse, self._disburse, self._disburse, self._take_away)
        rest = (self._register, self._open_line, self._open_balance, self._project, self._project, self._return)
        return (*money, *rest, self._evaluate, self._evaluate, self._evaluate, self._reverse, self._reverse)

    def _day(self, earliest: date = FIRST_DAY) -> date:
        """Often the same few days; rarely before the earliest that can be accepted."""
        day = FIRST_DAY + timedelta(days=self._chance.choice((0, 1, 2, 8, 9, 10, 20, 40)))
        return day if self._chance.random() < 0.1 else max(day, earliest)

    def _amount(self) -> str:
        return self._chance.choice(("0.01", "1.00", "10.00", "40.00", "99.99"))

    def _line_id(self) -> str:
        return self._chance.choice(("L1", "L1", "L2", "L3"))

    def _project_id(self) -> str:
        return self._chance.choice(("P1", "P1", "P2"))

    def _evaluation_id(self) -> str:
        return self._chance.choice(("E1", "E1", "E2", "E3"))

    def _register(self) -> Command:
        parent = self._chance.choice((None, "P1"))
        return self._chance.choice(
            (
                project("P1", at=self._day()),
                project("P2", parent=parent, at=self._day()),
                appropriation("A2", "50.00", at=self._day()),
                unit("U3", parent="U1", at=self._day()),
                self._open_evaluation(),
            )
        )

    def _open_line(self) -> Command:
        appropriation_id = self._chance.choice(("A1", "A2"))
        return line(self._line_id(), appropriation_id=appropriation_id, project_id=self._project_id(), at=self._day())

    def _open_evaluation(self) -> Command:
        evaluation_id = self._chance.choice(("E2", "E3"))
        subject = self._chance.choice(("project:P1", "project:P1", "project:P2", "unit:U1"))
        indicators = HALVES if evaluation_id == "E2" else ()
        command = evaluation(evaluation_id, subject=subject, indicators=indicators, at=self._day())
        assert isinstance(command.body, EvaluationOpened)
        return replace(command, body=replace(command.body, kind=self._chance.choice(list(EvaluationKind))))

    def _open_balance(self) -> Command:
        initial = self._chance.choice((None, "0.00", "5.00"))
        return opening_balance(
            initial=initial, adjusted="10.00", disbursed=self._amount(), line_id=self._line_id(), at=self._day()
        )

    def _allocate(self) -> Command:
        stage = self._chance.choice(("initial", "additional"))
        return allocation(self._amount(), line_id=self._line_id(), stage=stage, at=self._day())

    def _disburse(self) -> Command:
        return disbursement(
            self._amount(),
            voucher=f"V{next(self._vouchers)}",
            kind=self._chance.choice(("payment", "transfer")),
            overrun=self._chance.random() < 0.3,
            line_id=self._line_id(),
            at=self._day(),
        )

    def _take_away(self) -> Command:
        to = self._chance.choice(("treasury", "appropriation"))
        return self._chance.choice(
            (
                recovery(self._amount(), to=to, line_id=self._line_id(), at=self._day()),
                reduction(self._amount(), line_id=self._line_id(), at=self._day()),
            )
        )

    def _project(self) -> Command:
        changes = self._chance.choice(
            ({"name": "一期"}, {"location": "柳林镇", "lead_unit_id": "U2"}, {"location": None})
        )
        names = ("started", "approved", "suspended", "suspended", "resumed", "resumed", "in_use", "finally_accepted")
        return self._chance.choice(
            (
                amendment(dict(changes), project_id=self._project_id(), at=self._day()),
                status(self._chance.choice(names), project_id=self._project_id(), at=self._day()),
                status(self._chance.choice(list(ProjectStatus)), project_id=self._project_id(), at=self._day()),
            )
        )

    def _evaluate(self) -> Command:
        evaluation_id, day = self._evaluation_id(), self._day()
        code, points = self._chance.choice("ab"), self._chance.choice(("0", "29.5", "45", "50"))
        return self._chance.choice(
            (
                score(code, points, evaluation_id=evaluation_id, at=day),
                score(code, points, evaluation_id=evaluation_id, at=day),
                adjustment(code, points, evaluation_id=evaluation_id, at=day),
                granted(self._chance.choice(("2", "-0.5")), evaluation_id=evaluation_id, at=day),
                result("88.88", evaluation_id="E3", at=day),
                finalisation(evaluation_id=evaluation_id, at=day),
            )
        )

    def _return(self) -> Command | None:
        paid = [event for event in self._log.events if isinstance(event.data, FundsDisbursed)]
        if not paid:
            return None
        payment = self._chance.choice(paid)
        return return_to(payment.id, self._chance.choice(("0.01", "1.00")), at=self._day(payment.effective_date))

    def _reverse(self) -> Command:
        # Registrations are mostly in use, and when they are not, little can happen any more.
        facts = [event for event in self._log.events if not isinstance(event.data, REGISTRATIONS)]
        event = self._chance.choice(facts if self._chance.random() < 0.95 else self._log.events)
        return reversal_of(event.id, at=self._day(event.effective_date))
