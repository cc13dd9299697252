"""What may be reversed: every event type, in every circumstance that matters, as one table.

After an accepted reversal every state is what it would be if the event had never been recorded (positions included:
the ledger it is compared with holds an unrelated fact in its place); only the last day on which a tag was borne stays.
"""

from typing import Any, Final, NamedTuple

import pytest

from domain.boundary import event_key
from domain.custody import LogKeyAdded, LogKeyRetired
from domain.errors import (
    AlreadyReversed,
    BelowDisbursed,
    DateBeforeOriginal,
    Figure,
    Finalised,
    HasReturns,
    InsufficientFunds,
    InUse,
    NotReversible,
    OverAllocated,
    Refusal,
)
from domain.evaluation import ScoreAdjusted, ScoreRecorded
from domain.flow import DisbursementReturned, FundsAllocated, FundsDisbursed
from domain.project import ProjectAmended
from domain.registry import CUSTODY_TYPES, EVENT_TYPES
from domain.unit import UnitRegistered
from tests.support.builders import (
    A_DIGEST,
    A_VERIFIER_KEY,
    AN_EPOCH,
    EVALUATED,
    FUNDED,
    STANDING,
    adjustment,
    allocation,
    amendment,
    appropriation,
    disbursement,
    erasure_of,
    evaluation,
    finalisation,
    granted,
    line,
    on,
    opening_balance,
    project,
    recovery,
    reduction,
    result,
    return_of,
    reversal,
    reversal_of,
    score,
    stated,
    status,
    to_a_person,
    unit,
)
from tests.support.scenario import CommandOrRecipe, Given, Ledger, given

Steps = tuple[CommandOrRecipe, ...]


class Row(NamedTuple):
    """An event, what was recorded before and after it, and what its reversal is answered with.

    `undone`: what came after was itself taken back, and could not have happened without the event.
    """

    event_type: str
    circumstance: str
    before: Steps
    event: CommandOrRecipe | None
    after: Steps = ()
    refusal: type[Refusal] | None = None
    figures: dict[str, Figure] = {}  # noqa: RUF012  # a NamedTuple's default, never written to
    undone: bool = False


NAMED: Final = (unit(), appropriation(), project())
PAID: Final = (*FUNDED, disbursement("60.00"))
SCORED: Final = (*EVALUATED, score("a", "45"), score("b", "40"))
ONE_RESULT: Final = (unit(), project(), evaluation(indicators=()))
FINAL: Final = (finalisation(),)
SECOND_LINE: Final = line("L2")

# fmt: off
MATRIX: Final = (
    Row("ledger-opened.v1", "of an empty ledger", (), None, (), NotReversible),
    Row("ledger-opened.v1", "of a ledger in use", (), None, STANDING, NotReversible),
    Row("event-reversed.v1", "ever", (unit(),), reversal(UnitRegistered), (), NotReversible),
    Row("event-reversed.v1", "of money", FUNDED, reversal(FundsAllocated), (), NotReversible),
    Row("ledger-digest.v1", "ever", FUNDED, stated(A_DIGEST), (), NotReversible),
    Row("personal-data-erased.v1", "ever", (*FUNDED, to_a_person(disbursement("60.00"))), erasure_of(FundsDisbursed),
        (), NotReversible),
    Row("epoch-raised.v1", "ever", (), stated(AN_EPOCH), (), NotReversible),
    Row("log-key-added.v1", "ever", (), stated(LogKeyAdded(verifier_key=A_VERIFIER_KEY)), (), NotReversible),
    Row("log-key-retired.v1", "ever", (), stated(LogKeyRetired(verifier_key=A_VERIFIER_KEY)), (), NotReversible),

    Row("unit-registered.v1", "nothing names it", (), unit()),
    Row("unit-registered.v1", "it is a child", (unit("U0"),), unit("U1", parent="U0")),
    Row("unit-registered.v1", "it has a child", (), unit(), (unit("U2", parent="U1"),), InUse, {"count": 1}),
    Row("unit-registered.v1", "it leads projects", (), unit(), (project(), project("P2")), InUse, {"count": 2}),
    Row("unit-registered.v1", "it implements a project", (unit("U2"),), unit("U1"),
        (project(lead="U2", implementing=("U1",)),), InUse, {"count": 1}),
    Row("unit-registered.v1", "an amendment names it", (unit("U2"), project(lead="U2")), unit("U1"),
        (amendment({"lead_unit_id": "U1"}),), InUse, {"count": 1}),
    Row("unit-registered.v1", "it holds a line", (unit("U2"), appropriation(), project(lead="U2")), unit("U1"),
        (line(),), InUse, {"count": 1}),
    Row("unit-registered.v1", "it is evaluated", (), unit(), (evaluation(subject="unit:U1"),), InUse, {"count": 1}),
    Row("unit-registered.v1", "it evaluates", (), unit(), (evaluation(subject="programme:衔接资金", evaluator="U1"),),
        InUse, {"count": 1}),
    Row("unit-registered.v1", "its child was reversed", (), unit(),
        (unit("U2", parent="U1"), reversal(UnitRegistered, unit_id="U2")), undone=True),

    Row("appropriation-received.v1", "nothing draws on it", (), appropriation()),
    Row("appropriation-received.v1", "a line draws on it", (unit(), project()), appropriation(), (line(),),
        InUse, {"count": 1}),
    Row("appropriation-received.v1", "money was given out", (unit(), project()), appropriation(),
        (line(), allocation("1.00")), InUse, {"count": 2}),
    Row("appropriation-received.v1", "it is evaluated", (), appropriation(),
        (evaluation(subject="appropriation:A1"),), InUse, {"count": 1}),
    Row("appropriation-received.v1", "its line was reversed", (unit(), project()), appropriation(),
        (line(), reversal(EVENT_TYPES["line-opened.v1"])), undone=True),

    Row("project-registered.v1", "nothing names it", (unit(),), project()),
    Row("project-registered.v1", "it is a child", (unit(), project("P0")), project("P1", parent="P0")),
    Row("project-registered.v1", "it has a child", (unit(),), project(), (project("P2", parent="P1"),),
        InUse, {"count": 1}),
    Row("project-registered.v1", "it is another's parent by amendment", (unit(), project("P2")), project(),
        (amendment({"parent_project_id": "P1"}, project_id="P2"),), InUse, {"count": 1}),
    Row("project-registered.v1", "it has a line", (unit(), appropriation()), project(), (line(),), InUse, {"count": 1}),
    Row("project-registered.v1", "it has a status", (unit(),), project(), (status("started"),), InUse, {"count": 1}),
    Row("project-registered.v1", "it was amended", (unit(),), project(), (amendment({"name": "路"}),),
        InUse, {"count": 1}),
    Row("project-registered.v1", "it is evaluated", (unit(),), project(), (evaluation(),), InUse, {"count": 1}),
    Row("project-registered.v1", "its amendment was reversed", (unit(),), project(),
        (amendment({"name": "路"}), reversal(ProjectAmended)), undone=True),

    Row("project-amended.v1", "it is the latest", (unit(), project()), amendment({"name": "路"})),
    Row("project-amended.v1", "it is the latest of two", (unit(), project(), amendment({"name": "桥"})),
        amendment({"name": "路"})),
    Row("project-amended.v1", "it named a unit", (unit(), unit("U2"), project()), amendment({"lead_unit_id": "U2"})),
    Row("project-amended.v1", "a later one stands", (unit(), project()), amendment({"name": "路"}),
        (amendment({"location": "青石镇"}),), InUse, {"position": 5}),
    Row("project-amended.v1", "a later one with an earlier date stands", (unit(), project()),
        amendment({"name": "路"}), (amendment({"name": "桥"}, at=on("2023-01-02")),), InUse, {"position": 5}),
    Row("project-amended.v1", "the later one was reversed", (unit(), project()), amendment({"name": "路"}),
        (amendment({"name": "桥"}), reversal(ProjectAmended)), undone=True),
    Row("project-amended.v1", "a later one of another project stands", (unit(), project(), project("P2")),
        amendment({"name": "路"}), (amendment({"name": "桥"}, project_id="P2"),)),
    Row("project-amended.v1", "money moved since", STANDING, amendment({"name": "路"}), (allocation("1.00"),)),

    Row("project-status-changed.v1", "it is the latest", (unit(), project()), status("started")),
    Row("project-status-changed.v1", "others followed", (unit(), project()), status("started"), (status("completed"),)),
    Row("project-status-changed.v1", "it was the end", (unit(), project()), status("cancelled")),
    Row("project-status-changed.v1", "it was one of two ends", (unit(), project(), status("demolished")),
        status("cancelled", at=on("2023-02-01"))),

    Row("line-opened.v1", "no money moved", NAMED, line()),
    Row("line-opened.v1", "money moved", NAMED, line(), (allocation("1.00"), allocation("2.00")), InUse, {"count": 2}),
    Row("line-opened.v1", "the money was reversed", NAMED, line(), (allocation("1.00"), reversal(FundsAllocated)),
        undone=True),

    Row("opening-balance-recorded.v1", "no money moved since", STANDING,
        opening_balance(initial="50.00", adjusted="40.00", disbursed="60.00", recovered="5.00")),
    Row("opening-balance-recorded.v1", "its initial was zero", STANDING,
        opening_balance(initial="0.00", adjusted="0.00")),
    Row("opening-balance-recorded.v1", "money moved since", STANDING, opening_balance(adjusted="40.00"),
        (allocation("1.00"), disbursement("1.00")), InUse, {"count": 2}),
    Row("opening-balance-recorded.v1", "that money was reversed", STANDING, opening_balance(adjusted="40.00"),
        (allocation("1.00"), reversal(FundsAllocated)), undone=True),
    Row("opening-balance-recorded.v1", "money moved on another line", (*STANDING, SECOND_LINE),
        opening_balance(adjusted="40.00"), (allocation("1.00", line_id="L2"),)),

    Row("funds-allocated.v1", "all of it is left", STANDING, allocation("100.00")),
    Row("funds-allocated.v1", "it was an addition", FUNDED, allocation("30.00", stage="additional")),
    Row("funds-allocated.v1", "it was zero", STANDING, allocation("0.00")),
    Row("funds-allocated.v1", "as much is left from others", FUNDED, allocation("30.00"), (disbursement("100.00"),)),
    Row("funds-allocated.v1", "a part was disbursed", STANDING, allocation("100.00"), (disbursement("60.00"),),
        BelowDisbursed, {"available": "40.00", "requested": "100.00"}),
    Row("funds-allocated.v1", "a part was recovered", STANDING, allocation("100.00"), (recovery("0.01"),),
        BelowDisbursed, {"available": "99.99", "requested": "100.00"}),
    Row("funds-allocated.v1", "a part was reduced", STANDING, allocation("100.00"), (reduction("0.01"),),
        BelowDisbursed, {"available": "99.99", "requested": "100.00"}),
    Row("funds-allocated.v1", "the payment came back", STANDING, allocation("100.00"),
        (disbursement("60.00"), return_of("V1", "59.99")), BelowDisbursed,
        {"available": "99.99", "requested": "100.00"}),
    Row("funds-allocated.v1", "zero on an overdrawn line", (*STANDING, disbursement("1.00", overrun=True)),
        allocation("0.00"), (), BelowDisbursed, {"available": "-1.00", "requested": "0.00"}),

    Row("allocation-reduced.v1", "the money is unallocated", FUNDED, reduction("30.00")),
    Row("allocation-reduced.v1", "just as much is unallocated", (*FUNDED, SECOND_LINE), reduction("30.00"),
        (allocation("900.00", line_id="L2"),)),
    Row("allocation-reduced.v1", "the money was given to another line", (*FUNDED, SECOND_LINE), reduction("30.00"),
        (allocation("900.01", line_id="L2"),), OverAllocated, {"unallocated": "29.99", "requested": "30.00"}),

    Row("funds-disbursed.v1", "nothing came back", FUNDED, disbursement("60.00")),
    Row("funds-disbursed.v1", "it was a transfer", FUNDED, disbursement("60.00", kind="transfer")),
    Row("funds-disbursed.v1", "it was an overrun", FUNDED, disbursement("160.00", overrun=True)),
    Row("funds-disbursed.v1", "others followed", FUNDED, disbursement("60.00"), (disbursement("4.00", voucher="V2"),)),
    Row("funds-disbursed.v1", "its payee was erased", FUNDED, to_a_person(disbursement("60.00")),
        (erasure_of(FundsDisbursed),), undone=True),
    Row("funds-disbursed.v1", "a part came back", FUNDED, disbursement("60.00"), (return_of("V1", "10.00"),),
        HasReturns, {"returned": "10.00"}),
    Row("funds-disbursed.v1", "all came back in parts", FUNDED, disbursement("60.00"),
        (return_of("V1", "10.00"), return_of("V1", "50.00")), HasReturns, {"returned": "60.00"}),
    Row("funds-disbursed.v1", "the return was reversed", FUNDED, disbursement("60.00"),
        (return_of("V1", "10.00"), reversal(DisbursementReturned)), undone=True),
    Row("funds-disbursed.v1", "one of two returns was reversed", FUNDED, disbursement("60.00"),
        (return_of("V1", "10.00"), return_of("V1", "20.00"), reversal(DisbursementReturned)), HasReturns,
        {"returned": "10.00"}),

    Row("disbursement-returned.v1", "the money is available", PAID, return_of("V1", "60.00")),
    Row("disbursement-returned.v1", "of a transfer", (*FUNDED, disbursement("60.00", kind="transfer")),
        return_of("V1", "10.00")),
    Row("disbursement-returned.v1", "one of two", (*PAID, return_of("V1", "20.00")), return_of("V1", "10.00")),
    Row("disbursement-returned.v1", "just as much is available", PAID, return_of("V1", "60.00"), (recovery("40.00"),)),
    Row("disbursement-returned.v1", "the money was spent again", PAID, return_of("V1", "60.00"),
        (disbursement("40.01", voucher="V2"),), InsufficientFunds, {"available": "59.99", "requested": "60.00"}),
    Row("disbursement-returned.v1", "the money was recovered", PAID, return_of("V1", "60.00"), (recovery("100.00"),),
        InsufficientFunds, {"available": "0.00", "requested": "60.00"}),

    Row("funds-recovered.v1", "to the appropriation, still there", FUNDED, recovery("30.00", to="appropriation")),
    Row("funds-recovered.v1", "to the appropriation, given out again", (*FUNDED, SECOND_LINE),
        recovery("30.00", to="appropriation"), (allocation("900.01", line_id="L2"),), OverAllocated,
        {"unallocated": "29.99", "requested": "30.00"}),
    *(Row("funds-recovered.v1", f"to {to}, with nothing unallocated", (*FUNDED, SECOND_LINE), recovery("30.00", to=to),
          (allocation("900.00", line_id="L2"),)) for to in ("treasury", "higher_level", "not_stated")),

    Row("evaluation-opened.v1", "nothing is recorded of it", (unit(), project()), evaluation()),
    Row("evaluation-opened.v1", "of a programme", (), evaluation(subject="programme:衔接资金")),
    Row("evaluation-opened.v1", "it has a score", (unit(), project()), evaluation(), (score("a", "1"),),
        InUse, {"count": 1}),
    Row("evaluation-opened.v1", "points were granted", (unit(), project()), evaluation(), (granted("1"),),
        InUse, {"count": 1}),
    Row("evaluation-opened.v1", "it has a result", (unit(), project()), evaluation(indicators=()), (result("1"),),
        InUse, {"count": 1}),
    Row("evaluation-opened.v1", "its score was reversed", (unit(), project()), evaluation(),
        (score("a", "1"), reversal(ScoreRecorded)), undone=True),
    Row("evaluation-opened.v1", "it is final", (unit(), project()), evaluation(indicators=()),
        (result("1"), finalisation()), Finalised),

    Row("score-recorded.v1", "it was not adjusted", EVALUATED, score("a", "45")),
    Row("score-recorded.v1", "another was adjusted", (*EVALUATED, score("b", "1")), score("a", "45"),
        (adjustment("b", "2"),)),
    Row("score-recorded.v1", "it was adjusted", EVALUATED, score("a", "45"), (adjustment("a", "44"),), InUse,
        {"position": 6}),
    Row("score-recorded.v1", "one of two adjustments was reversed", EVALUATED, score("a", "45"),
        (adjustment("a", "44"), adjustment("a", "43"), reversal(ScoreAdjusted)), InUse, {"position": 6}),
    Row("score-recorded.v1", "its adjustment was reversed", EVALUATED, score("a", "45"),
        (adjustment("a", "44"), reversal(ScoreAdjusted)), undone=True),
    Row("score-recorded.v1", "the evaluation is final", (*EVALUATED, score("b", "1")), score("a", "1"), FINAL,
        Finalised),

    Row("score-adjusted.v1", "it is the only one", SCORED, adjustment("a", "44")),
    Row("score-adjusted.v1", "it is the latest of two", (*SCORED, adjustment("a", "44")), adjustment("a", "43")),
    Row("score-adjusted.v1", "another indicator was adjusted", SCORED, adjustment("a", "44"), (adjustment("b", "4"),)),
    Row("score-adjusted.v1", "a later one stands", SCORED, adjustment("a", "44"), (adjustment("a", "43"),), InUse,
        {"position": 8}),
    Row("score-adjusted.v1", "the later one was reversed", SCORED, adjustment("a", "44"),
        (adjustment("a", "43"), reversal(ScoreAdjusted)), undone=True),
    Row("score-adjusted.v1", "the evaluation is final", SCORED, adjustment("a", "44"), FINAL, Finalised),

    Row("points-granted.v1", "the evaluation is open", SCORED, granted("5")),
    Row("points-granted.v1", "points were deducted", (*SCORED, granted("5")), granted("-3")),
    Row("points-granted.v1", "the evaluation is final", SCORED, granted("5"), FINAL, Finalised),

    Row("result-recorded.v1", "the evaluation is open", ONE_RESULT, result("90")),
    Row("result-recorded.v1", "points were granted since", ONE_RESULT, result("90"), (granted("1"),)),
    Row("result-recorded.v1", "the evaluation is final", ONE_RESULT, result("90"), FINAL, Finalised),

    Row("evaluation-finalised.v1", "it stands", SCORED, finalisation()),
    Row("evaluation-finalised.v1", "without indicators", (*ONE_RESULT, result("90")), finalisation()),
)
# fmt: on

BY_NAME: Final = [f"{row.event_type} {row.circumstance}" for row in MATRIX]
REVERSIBLE: Final = {row.event_type: row for row in reversed(MATRIX) if row.refusal is None and not row.after}
"""The first row of each type in which nothing came after the event."""


def recorded(row: Row) -> tuple[Ledger, str]:
    """The ledger before the reversal, and the id of the event that is to be reversed."""
    ledger = given(*row.before).ledger
    event = ledger.events[0] if row.event is None else ledger.run(row.event)
    assert event.type == row.event_type
    for step in row.after:
        ledger.run(step)
    return ledger, event.id


def states_without_the_event(row: Row) -> dict[str, Any]:
    """The states if an unrelated unit had been registered instead."""
    ledger = given(*row.before, unit("unrelated")).ledger
    for step in () if row.undone else row.after:
        ledger.run(step)
    return ledger.states


def differences(actual: dict[str, Any], expected: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Boundaries whose states differ; one that only holds what was taken back counts as one that holds nothing."""
    keys = {key for key in actual | expected if not key.startswith(event_key("")) and key != "unit:unrelated"}
    pairs = {key: (without_last_day(actual.get(key)), without_last_day(expected.get(key))) for key in keys}
    return {key: (one, other) for key, (one, other) in pairs.items() if one != other and not is_spent(key, one, other)}


def without_last_day(state: Any) -> Any:
    """The state but for the last day on which its tag was borne: an event that was taken back bore it too."""
    return state._replace(last_on=None) if hasattr(state, "last_on") else state


def is_spent(key: str, actual: Any, expected: Any) -> bool:
    """Whether nothing is expected and the state says that nothing stands."""
    if expected is not None:
        return False
    if key.startswith("voucher:"):
        return bool(actual.position is None)
    return actual.registered_on is None and actual.live_count == 0


@pytest.mark.parametrize("row", MATRIX, ids=BY_NAME)
def test_a_reversal_is_refused_for_its_reason_or_leaves_the_ledger_as_without_the_event(row: Row) -> None:
    ledger, event = recorded(row)
    outcome = Given(ledger).when(reversal_of(event))
    if row.refusal is not None:
        outcome.then_refused(row.refusal, at="/event_id", **row.figures)
    else:
        assert differences(outcome.then_accepted().states, states_without_the_event(row)) == {}


def test_every_event_type_has_rows() -> None:
    assert {row.event_type for row in MATRIX} == set(EVENT_TYPES)


def test_every_type_but_those_that_are_not_reversible_has_a_row_in_which_it_is_reversed() -> None:
    assert set(REVERSIBLE) == set(EVENT_TYPES) - {"ledger-opened.v1", "event-reversed.v1"} - set(CUSTODY_TYPES)


@pytest.mark.parametrize("row", REVERSIBLE.values(), ids=REVERSIBLE.keys())
def test_an_event_is_reversed_once(row: Row) -> None:
    ledger, event = recorded(row)
    reversed_once = Given(ledger).when(reversal_of(event)).then_accepted()
    position = reversed_once.events[-1].position
    Given(reversed_once).when(reversal_of(event)).then_refused(AlreadyReversed, at="/event_id", position=position)


@pytest.mark.parametrize("row", REVERSIBLE.values(), ids=REVERSIBLE.keys())
def test_a_reversal_is_not_dated_before_its_original_but_may_be_dated_on_its_day(row: Row) -> None:
    ledger, event = recorded(row)
    original = ledger.events[-1].effective_date
    Given(ledger).when(reversal_of(event, at=original)).then_accepted()
    day_before = original.fromordinal(original.toordinal() - 1)
    Given(ledger).when(reversal_of(event, at=day_before)).then_refused(
        DateBeforeOriginal, at="/effective_date", original_date=original.isoformat()
    )


@pytest.mark.parametrize("row", REVERSIBLE.values(), ids=REVERSIBLE.keys())
def test_a_reversal_bears_the_tags_of_its_original_a_copy_of_its_data_and_its_id(row: Row) -> None:
    ledger, event_id = recorded(row)
    original = ledger.events[-1]
    reversed_ledger = Given(ledger).when(reversal_of(event_id)).then_accepted()
    event = reversed_ledger.events[-1]
    data: Any = event.data
    assert event.type == "event-reversed.v1"
    assert event.corrects == original.id
    assert list(event.tags) == list(original.tags)
    assert data.fact == original.data
    assert (data.reverses.id, data.reverses.type) == (original.id, original.type)
    assert (data.reverses.position, data.reverses.effective_date) == (original.position, original.effective_date)
