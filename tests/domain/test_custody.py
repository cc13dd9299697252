"""What a log says about itself, and erasing what is kept beside it."""

from typing import Final

from domain.custody import LogKeyAdded, LogKeyRetired, PersonalDataErased
from domain.errors import DateOutOfRange, NoPrivateValues, UnknownEvent
from domain.flow import FundsAllocated, FundsDisbursed
from tests.support.builders import (
    A_DIGEST,
    A_VERIFIER_KEY,
    AN_EPOCH,
    FUNDED,
    NO_SUCH_EVENT,
    disbursement,
    erasure,
    erasure_of,
    on,
    reversal,
    stated,
    to_a_person,
)
from tests.support.scenario import given

PAID: Final = (*FUNDED, to_a_person(disbursement("60.00")))


def test_the_private_values_of_an_event_are_erased_under_a_legal_basis() -> None:
    ledger = given(*PAID).ledger
    paid = ledger.the_last(FundsDisbursed).id
    fact = PersonalDataErased(event_ids=(paid,), legal_basis="retention_ended")
    after = given(*PAID).when(erasure(paid)).then(fact)
    assert (after.events[-1].type, after.events[-1].tags) == ("personal-data-erased.v1", {"ledger:qingshi": 2})
    assert after.events[-1].corrects is None


def test_an_erasure_moves_no_figure() -> None:
    before = given(*PAID)
    after = before.when(erasure_of(FundsDisbursed)).then_accepted()
    assert (after.line(), after.project(), after.appropriation()) == (
        before.ledger.line(),
        before.ledger.project(),
        before.ledger.appropriation(),
    )


def test_the_payee_of_a_reversed_payment_can_be_erased() -> None:
    given(*PAID, reversal(FundsDisbursed)).when(erasure_of(FundsDisbursed)).then_accepted()


def test_an_erased_payment_can_be_reversed() -> None:
    given(*PAID, erasure_of(FundsDisbursed)).when(reversal(FundsDisbursed)).then_accepted()


def test_what_is_erased_already_may_be_named_again() -> None:
    given(*PAID, erasure_of(FundsDisbursed)).when(erasure_of(FundsDisbursed)).then_accepted()


def test_an_event_that_is_not_there_cannot_be_erased() -> None:
    paid = given(*PAID).ledger.the_last(FundsDisbursed).id
    given(*PAID).when(erasure(paid, NO_SUCH_EVENT)).then_refused(UnknownEvent, at="/event_ids/1")


def test_an_event_without_private_fields_has_nothing_to_erase() -> None:
    ledger = given(*PAID).ledger
    paid, allocated = ledger.the_last(FundsDisbursed).id, ledger.the_last(FundsAllocated).id
    given(*PAID).when(erasure(paid, allocated)).then_refused(NoPrivateValues, at="/event_ids/1", position=6)


def test_the_reversal_of_a_payment_has_no_private_fields_of_its_own() -> None:
    reversed_payment = given(*PAID, reversal(FundsDisbursed))
    undone = reversed_payment.ledger.events[-1].id
    reversed_payment.when(erasure(undone)).then_refused(NoPrivateValues, at="/event_ids/0", position=8)


def test_an_erasure_is_dated_until_today() -> None:
    given(*PAID).when(erasure_of(FundsDisbursed, at=on("2024-07-01"))).then_refused(
        DateOutOfRange, earliest="1980-01-01", latest="2024-06-30"
    )


def test_facts_about_the_log_bear_the_tag_of_their_ledger_and_no_other() -> None:
    added, retired = LogKeyAdded(verifier_key=A_VERIFIER_KEY), LogKeyRetired(verifier_key=A_VERIFIER_KEY, reason="轮换")
    ledger = given(*PAID, *(stated(fact) for fact in (A_DIGEST, AN_EPOCH, added, retired))).ledger
    facts = ledger.events[-4:]
    assert [event.tags for event in facts] == [{"ledger:qingshi": number} for number in (2, 3, 4, 5)]
    assert [event.type for event in facts] == [
        "ledger-digest.v1",
        "epoch-raised.v1",
        "log-key-added.v1",
        "log-key-retired.v1",
    ]


def test_a_second_digest_of_nothing_new_is_still_a_fact() -> None:
    given(*PAID, stated(A_DIGEST)).when(stated(A_DIGEST)).then(A_DIGEST)
