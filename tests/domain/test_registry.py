"""The closed list: every command has a name, a path, its boundaries, a decision and one event."""

import re
from dataclasses import fields
from typing import Any, Final, get_args

import pytest

from domain.boundary import Kind, event_key
from domain.command import Command, Context
from domain.custody import CustodyFact, LogKeyAdded, LogKeyRetired, PersonalDataErased, ServiceFact
from domain.event import EventReversed, ForeignFact, LedgerOpened, effect_of
from domain.flow import DisbursementReturned, FundsDisbursed
from domain.registry import (
    COMMAND_NAMES,
    COMMANDS,
    CUSTODY_TYPES,
    EVENT_TYPES,
    FACT_TYPES,
    SERVICE_COMMANDS,
    STATE_TYPES,
    Body,
    EventData,
    Fact,
    boundaries,
    corrected_events,
    decide,
    evolve,
    references,
    type_name,
)
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
    erasure,
    evaluation,
    finalisation,
    granted,
    line,
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
from tests.support.scenario import CLERK, LEDGER_ID, TODAY, CommandOrRecipe, Ledger, given

SCORED: Final = (*EVALUATED, score("a", "1"), score("b", "1"))
MONEY: Final = {"line:L1", "project:P1", "appropriation:A1"}
SCORES: Final = {"evaluation:E1", "project:P1"}

# fmt: off
BOUNDARIES: Final[list[tuple[tuple[CommandOrRecipe, ...], CommandOrRecipe, set[str]]]] = [
    ((unit("U0"),), unit("U1", parent="U0"), {"unit:U0", "unit:U1"}),
    ((), appropriation(), {"appropriation:A1"}),
    ((unit(), unit("U2"), project("P0")), project(implementing=("U2",), parent="P0"),
     {"project:P1", "project:P0", "unit:U1", "unit:U2"}),
    ((unit(), unit("U2"), project()), amendment({"lead_unit_id": "U2"}), {"project:P1", "unit:U2"}),
    ((unit(), project()), status("started"), {"project:P1"}),
    ((unit(), appropriation(), project()), line(), MONEY | {"unit:U1"}),
    (STANDING, opening_balance(adjusted="1.00"), MONEY),
    (STANDING, allocation("1.00"), MONEY),
    (FUNDED, reduction("1.00"), MONEY),
    (FUNDED, disbursement("1.00"), MONEY | {"voucher:L1/2023/V1"}),
    (FUNDED, recovery("1.00"), MONEY),
    ((unit(), project()), evaluation(evaluator="U1"), SCORES | {"unit:U1"}),
    (EVALUATED, score("a", "1"), SCORES),
    (SCORED, adjustment("a", "1"), SCORES),
    (EVALUATED, granted("1"), SCORES),
    ((unit(), project(), evaluation(indicators=())), result("1"), SCORES),
    (SCORED, finalisation(), SCORES),
    (FUNDED, stated(A_DIGEST), {"ledger:qingshi"}),
    (FUNDED, stated(AN_EPOCH), {"ledger:qingshi"}),
    ((), stated(LogKeyAdded(verifier_key=A_VERIFIER_KEY)), {"ledger:qingshi"}),
    ((), stated(LogKeyRetired(verifier_key=A_VERIFIER_KEY)), {"ledger:qingshi"}),
]
# fmt: on
PAID: Final = (*FUNDED, disbursement("60.00"))


def keys_asked_for(step: CommandOrRecipe, ledger: Ledger) -> set[str]:
    command = step if isinstance(step, Command) else step(ledger)
    return set(ledger.states_for(command))


@pytest.mark.parametrize(("before", "command", "keys"), BOUNDARIES)
def test_a_command_asks_for_these_boundaries_and_writes_to_no_other(
    before: tuple[CommandOrRecipe, ...], command: CommandOrRecipe, keys: set[str]
) -> None:
    ledger = given(*before).ledger
    assert keys_asked_for(command, ledger) == keys
    assert set(ledger.run(command).tags) == keys


def test_a_return_asks_for_its_disbursement_and_all_its_boundaries() -> None:
    ledger = given(*PAID).ledger
    paid = ledger.the_last(FundsDisbursed)
    assert keys_asked_for(return_of("V1", "1.00"), ledger) == {event_key(paid.id)} | set(paid.tags)


def test_the_reversal_of_a_return_also_asks_for_the_disbursement_it_was_of() -> None:
    ledger = given(*PAID, return_of("V1", "1.00")).ledger
    paid, returned = ledger.events[-2], ledger.events[-1]
    keys = {event_key(paid.id), event_key(returned.id)} | set(returned.tags)
    assert keys_asked_for(reversal(DisbursementReturned), ledger) == keys


def test_an_erasure_asks_for_its_events_and_writes_to_its_ledger_alone() -> None:
    ledger = given(*FUNDED, to_a_person(disbursement("1.00")), to_a_person(disbursement("2.00", voucher="V2"))).ledger
    paid = [event.id for event in ledger.events[-2:]]
    assert keys_asked_for(erasure(*paid), ledger) == {"ledger:qingshi", *map(event_key, paid)}
    assert ledger.run(erasure(*paid)).tags == {"ledger:qingshi": 2}


def test_a_command_that_names_what_is_unknown_asks_for_that_and_no_more() -> None:
    states: dict[str, Any] = {}
    assert boundaries(allocation("1.00"), states, LEDGER_ID) == ("line:L1",)
    assert boundaries(score("a", "1"), states, LEDGER_ID) == ("evaluation:E1",)
    assert boundaries(reversal_of("no-such-event"), states, LEDGER_ID) == ("event:no-such-event",)
    assert boundaries(erasure("no-such-event"), states, LEDGER_ID) == ("ledger:qingshi", "event:no-such-event")


def test_only_returns_reversals_and_erasures_refer_to_events() -> None:
    ledger = given(*PAID).ledger
    event_id = ledger.the_last(FundsDisbursed).id
    assert references(return_of("V1", "1.00")(ledger).body) == (event_id,)
    assert references(reversal_of(event_id).body) == (event_id,)
    assert references(erasure(event_id, "another").body) == (event_id, "another")
    for _, command, _ in BOUNDARIES:
        assert isinstance(command, Command)
        assert references(command.body) == ()


def test_every_command_but_returns_reversals_and_erasures_is_tried_above() -> None:
    tried = {type(command.body) for _, command, _ in BOUNDARIES if isinstance(command, Command)}
    assert {each.__name__ for each in COMMAND_NAMES} - {each.__name__ for each in tried} == {
        "ReturnDisbursement",
        "ReverseEvent",
        "PersonalDataErased",
    }


def test_a_decision_gives_one_event_and_its_data_is_the_fact_that_was_stated() -> None:
    command = unit()
    (proposed,) = decide(command, {}, Context(ledger_id=LEDGER_ID, today=TODAY, actor=CLERK))
    assert proposed.data is command.body
    assert proposed.corrects is None


def test_the_event_types_are_the_published_ones() -> None:
    published = """
        ledger-opened.v1 unit-registered.v1 appropriation-received.v1 project-registered.v1 project-amended.v1
        line-opened.v1 opening-balance-recorded.v1 funds-allocated.v1 allocation-reduced.v1 funds-disbursed.v1
        disbursement-returned.v1 funds-recovered.v1 project-status-changed.v1 evaluation-opened.v1 score-recorded.v1
        score-adjusted.v1 points-granted.v1 result-recorded.v1 evaluation-finalised.v1 event-reversed.v1
        ledger-digest.v1 personal-data-erased.v1 epoch-raised.v1 log-key-added.v1 log-key-retired.v1
    """
    assert " ".join(sorted(EVENT_TYPES)) == " ".join(sorted(published.split()))


def test_every_fact_and_every_command_is_in_its_table() -> None:
    assert set(FACT_TYPES.values()) == set(get_args(Fact))
    assert set(CUSTODY_TYPES.values()) == set(get_args(CustodyFact))
    assert set(EVENT_TYPES.values()) == set(get_args(EventData)) - {ForeignFact}
    assert set(COMMAND_NAMES) == set(get_args(Body))
    assert {each.body for each in COMMANDS} == set(COMMAND_NAMES) - set(SERVICE_COMMANDS)


def test_only_the_service_states_digests_epochs_and_keys() -> None:
    assert set(SERVICE_COMMANDS) == set(get_args(ServiceFact)) == set(get_args(CustodyFact)) - {PersonalDataErased}


def test_an_import_file_takes_every_command_but_erasures() -> None:
    assert [each.name for each in COMMANDS if not each.in_files] == ["erase-private-values"]


def test_names_and_paths_are_used_once_and_written_alike() -> None:
    for names in (list(COMMAND_NAMES.values()), [each.path for each in COMMANDS]):
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"/?[a-z]+(-[a-z]+)*", name) for name in names)


def test_a_stored_name_is_found_for_every_type() -> None:
    ledger = given(*PAID, reversal(FundsDisbursed)).ledger
    assert all(type_name(event.data) == event.type for event in ledger.events)
    assert (type_name(ledger.events[0].data), type(ledger.events[0].data)) == ("ledger-opened.v1", LedgerOpened)
    assert (type_name(ledger.events[-1].data), type(ledger.events[-1].data)) == ("event-reversed.v1", EventReversed)


def test_private_fields_are_none_of_the_stored_ones() -> None:
    for command_type in COMMANDS:
        assert not set(command_type.private) & {each.name for each in fields(command_type.body)}
    assert {each.name: each.private for each in COMMANDS if each.private} == {"record-disbursement": ("payee",)}


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.EVENT])
def test_every_kind_that_is_a_tag_is_folded_into_the_state_of_its_type(kind: Kind) -> None:
    event = given(unit()).ledger.events[-1]
    state = evolve(f"{kind.value}:X", None, effect_of(event))
    expected = STATE_TYPES.get(kind)
    assert state is None if expected is None else isinstance(state, expected)


def test_the_kinds_that_keep_no_state_are_these() -> None:
    assert set(Kind) - set(STATE_TYPES) == {Kind.LEDGER, Kind.PROGRAMME, Kind.EVENT}


def test_an_event_changes_what_it_corrects_and_a_reversed_return_also_its_payment() -> None:
    ledger = given(*PAID, return_of("V1", "1.00"), reversal(DisbursementReturned)).ledger
    allocated, paid, returned, undone = ledger.events[-4:]
    assert corrected_events(allocated) == ()
    assert corrected_events(returned) == (paid.id,)
    assert set(corrected_events(undone)) == {returned.id, paid.id}


def test_corrects_is_empty_in_everything_but_returns_and_reversals() -> None:
    ledger = given(*PAID, return_of("V1", "1.00"), reversal(DisbursementReturned)).ledger
    assert [event.corrects is not None for event in ledger.events[-4:]] == [False, False, True, True]
