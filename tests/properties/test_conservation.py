"""Whatever is tried in whatever order: no money appears or disappears, and nothing is refused by half."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.budget_line import voucher_after
from domain.command import Command
from domain.errors import Refusal
from domain.event import EventReversed, RecordedEvent
from domain.flow import FundsDisbursed, OpeningBalanceRecorded
from domain.money import MAX_MINOR, format_hundredths
from tests.support.builders import (
    HALVES,
    NEW_YEAR,
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
from tests.support.effort import effort
from tests.support.scenario import CommandOrRecipe, Ledger, given

LINES: Final = {"L1": ("A1", "P1"), "L2": ("A1", "P2"), "L3": ("A2", "P1")}
FOUNDATION: Final = (
    unit(),
    appropriation("A1", "10.00"),
    appropriation("A2", "3.00"),
    project("P1"),
    project("P2", parent="P1"),
    *(line(name, appropriation_id=source, project_id=owner) for name, (source, owner) in LINES.items()),
    evaluation("E1", indicators=HALVES),
    evaluation("E2", subject="programme:衔接资金", indicators=()),
)
FOUNDED: Final = given(*FOUNDATION, allocation("6.00"), allocation("3.00", line_id="L2")).ledger
Recipe = Callable[[Ledger], Command]

# Small amounts and few names, so that commands meet one another.
fen = st.integers(min_value=1, max_value=150).map(format_hundredths)
fen_or_nothing = st.integers(min_value=0, max_value=150).map(format_hundredths)
points = st.integers(min_value=0, max_value=52).map(str)
line_ids = st.sampled_from(sorted(LINES))
days = st.none() | st.integers(min_value=-5, max_value=400).map(lambda number: NEW_YEAR + timedelta(days=number))
stages = st.sampled_from(["initial", "additional"])
vouchers = st.sampled_from(["V1", "V2", "V3", "V4"])
kinds = st.sampled_from(["payment", "transfer"])
destinations = st.sampled_from(["treasury", "higher_level", "appropriation", "not_stated"])
codes = st.sampled_from(["a", "a", "b", "b", "c"])
evaluation_ids = st.sampled_from(["E1", "E2"])
statuses = st.sampled_from(["started", "completed", "cancelled", "demolished"])
project_ids = st.sampled_from(["P1", "P2"])
places = st.integers(min_value=0, max_value=7) | st.integers(min_value=0, max_value=60)


def return_to_some_event(place: int, amount: str) -> Recipe:
    """To a disbursement if there is one, reversed or not; else to something that cannot be returned."""

    def recipe(ledger: Ledger) -> Command:
        disbursed = [event for event in ledger.events if isinstance(event.data, FundsDisbursed)] or ledger.events
        return return_to(disbursed[place % len(disbursed)].id, amount, at=ledger.today)

    return recipe


def reversal_of_some_event(place: int) -> Recipe:
    """Mostly of a recent event, so that what rests on older ones is taken back first now and then."""
    return lambda ledger: reversal_of(ledger.events[-1 - place % len(ledger.events)].id, at=ledger.today)


def dated(command: CommandOrRecipe, ledger: Ledger, day: date | None) -> Command:
    """The command on that day, or on its own."""
    made = command if isinstance(command, Command) else command(ledger)
    return made if day is None else replace(made, effective_date=day)


covered: list[st.SearchStrategy[CommandOrRecipe]] = [
    st.builds(lambda amount, where, stage: allocation(amount, line_id=where, stage=stage), fen, line_ids, stages),
    st.builds(lambda amount, where: reduction(amount, line_id=where), fen, line_ids),
    st.builds(
        lambda amount, where, voucher, kind: disbursement(amount, line_id=where, voucher=voucher, kind=kind),
        fen, line_ids, vouchers, kinds,
    ),
    st.builds(lambda amount, where, to: recovery(amount, line_id=where, to=to), fen, line_ids, destinations),
    st.builds(return_to_some_event, places, fen),
    st.builds(reversal_of_some_event, places),
    st.builds(reversal_of_some_event, places),
    st.builds(score, codes, points),
    st.builds(adjustment, codes, points),
    st.builds(lambda mark, which: granted(f"-{mark}.5", evaluation_id=which), points, evaluation_ids),
    st.builds(lambda mark, which: result(mark, evaluation_id=which), points, evaluation_ids),
    st.builds(lambda which: finalisation(evaluation_id=which), evaluation_ids),
    st.builds(lambda name, which: status(name, project_id=which), statuses, project_ids),
    st.builds(lambda number, which: amendment({"represents": number}, project_id=which), places, project_ids),
]  # fmt: skip
uncovered: list[st.SearchStrategy[CommandOrRecipe]] = [
    st.builds(
        lambda amount, where, voucher: disbursement(amount, line_id=where, voucher=voucher, overrun=True),
        fen, line_ids, vouchers,
    ),
    st.builds(
        lambda initial, adjusted, spent, back, where: opening_balance(
            initial=initial, adjusted=adjusted, disbursed=spent, recovered=back, line_id=where
        ),
        st.none() | fen_or_nothing, fen_or_nothing, fen_or_nothing, fen_or_nothing, line_ids,
    ),
]  # fmt: skip
covered_steps = st.lists(st.tuples(st.one_of(covered), days), min_size=10, max_size=40)
all_steps = st.lists(st.tuples(st.one_of(covered + uncovered), days), min_size=10, max_size=40)
Steps = list[tuple[CommandOrRecipe, date | None]]


def tried(ledger: Ledger, step: CommandOrRecipe, day: date | None) -> bool:
    """Whether the command was accepted; a refused one leaves the ledger as it was."""
    before = ledger.copied()
    try:
        ledger.run(dated(step, ledger, day))
    except Refusal:
        assert ledger == before
        return False
    return True


def standing(ledger: Ledger) -> list[RecordedEvent]:
    """The events that are neither reversals nor reversed."""
    gone = {event.data.reverses.id for event in ledger.events if isinstance(event.data, EventReversed)}
    return [event for event in ledger.events if event.id not in gone and not isinstance(event.data, EventReversed)]


def taken_back_once(ledger: Ledger) -> bool:
    """Whether any event could be reversed, trying the youngest first.

    Reverse order alone does not do: where an allocation was reversed after a later one had replaced it, a payment must
    go before the younger allocation that now covers it.
    """
    for event in reversed(standing(ledger)[1:]):
        if tried(ledger, reversal_of(event.id, at=ledger.today), None):
            if event.position > len(FOUNDATION) + 1:  # the lines are still there
                check_conservation(ledger)
            return True
    return False


def may_be_overdrawn(ledger: Ledger, line_id: str) -> bool:
    """Whether an overrun or an opening balance in excess stands on the line."""
    return any(
        event.data.line_id == line_id
        and (
            event.data.overrun is not None
            if isinstance(event.data, FundsDisbursed)
            else event.data.disbursed + event.data.recovered > event.data.adjusted
        )
        for event in standing(ledger)
        if isinstance(event.data, FundsDisbursed | OpeningBalanceRecorded)
    )


def check_conservation(ledger: Ledger) -> None:
    for line_id in LINES:
        flow = ledger.line(line_id).flow
        assert flow.adjusted == flow.disbursed + flow.recovered + flow.available
        assert min(flow.initial, flow.adjusted, flow.disbursed, flow.transferred, flow.recovered) >= 0
        assert flow.transferred <= flow.disbursed
        assert flow.recovered_to_appropriation <= flow.recovered
        assert max(flow) <= MAX_MINOR
        assert flow.available >= 0 or may_be_overdrawn(ledger, line_id)
    for appropriation_id in ("A1", "A2"):
        flow = ledger.appropriation(appropriation_id).flow
        assert flow.unallocated >= 0
        assert flow.received == flow.allocated + flow.unallocated


def check_roll_up(ledger: Ledger) -> None:
    """The sums of an appropriation and of a project are the sums of their lines."""
    for name in ("adjusted", "disbursed", "transferred", "recovered", "recovered_to_appropriation", "initial"):
        for index, thing in ((0, ledger.appropriation), (1, ledger.project)):
            for owner in {owners[index] for owners in LINES.values()}:
                of_lines = sum(
                    getattr(ledger.line(each).flow, name) for each, at in LINES.items() if at[index] == owner
                )
                assert getattr(thing(owner).flow, name) == of_lines


@settings(max_examples=effort(quick=40, full=400), deadline=None)
@for_all(all_steps)
def test_no_money_appears_or_disappears_and_a_refused_command_changes_nothing(steps: Steps) -> None:
    ledger = FOUNDED.copied()
    for step, day in steps:
        if tried(ledger, step, day):
            check_conservation(ledger)
            check_roll_up(ledger)


@settings(max_examples=effort(quick=20, full=200), deadline=None)
@for_all(all_steps)
def test_folding_the_events_a_second_time_gives_the_same_states(steps: Steps) -> None:
    ledger = FOUNDED.copied()
    for step, day in steps:
        tried(ledger, step, day)
    assert ledger.refolded() == ledger.states


@settings(max_examples=effort(quick=40, full=400), deadline=None)
@for_all(covered_steps)
def test_what_was_recorded_without_an_overrun_can_be_taken_back_until_nothing_is_left(steps: Steps) -> None:
    ledger = FOUNDED.copied()
    for step, day in steps:
        tried(ledger, step, day)
    while taken_back_once(ledger):
        pass
    assert len(standing(ledger)) == 1
    for key, state in ledger.states.items():
        if hasattr(state, "flow"):
            assert set(state.flow) == {0}, key
        if hasattr(state, "live_count"):
            assert (state.registered_on, state.live_count) == (None, 0), key


@settings(max_examples=effort(quick=20, full=200), deadline=None)
@for_all(all_steps)
def test_the_number_of_facts_that_rest_on_a_thing_is_counted_exactly(steps: Steps) -> None:
    ledger = FOUNDED.copied()
    for step, day in steps:
        tried(ledger, step, day)
    for key, state in ledger.states.items():
        if hasattr(state, "live_count"):
            assert state.live_count == sum(key in event.tags for event in standing(ledger)), key


@settings(max_examples=effort(quick=20, full=200), deadline=None)
@for_all(all_steps)
def test_what_became_of_a_voucher_follows_from_the_last_event_that_bears_it(steps: Steps) -> None:
    ledger = FOUNDED.copied()
    for step, day in steps:
        tried(ledger, step, day)
    for key, state in ledger.states.items():
        if key.startswith("voucher:"):
            last = next(event for event in reversed(ledger.events) if key in event.tags)
            assert state == voucher_after(last.tags[key], last.position), key
