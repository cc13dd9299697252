"""What a caller gets back: one outcome for each command."""

from domain.errors import InsufficientFunds, UnknownUnit
from domain.submission import Accepted, Answer, Refused


def test_an_answer_names_the_first_refusal_and_its_index() -> None:
    first, second = InsufficientFunds(available=0, requested=1), UnknownUnit("/unit_id")
    outcomes = (Accepted(events=()), Refused(refusal=first), Refused(refusal=second))
    assert Answer(outcomes=outcomes, position=3).refusal == (1, first)


def test_an_answer_without_a_refusal_names_none() -> None:
    assert Answer(outcomes=(Accepted(events=()),), position=1).refusal is None
    assert Answer(outcomes=(), position=None).refusal is None
