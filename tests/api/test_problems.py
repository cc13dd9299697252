"""Every way to say no has its status and its words, in both languages."""

import string
from collections.abc import Iterator

import pytest

from api.field_wording import field_detail
from api.languages import Language, preferred
from api.problems import problem_of
from api.schemas.problem import FieldProblem
from api.wording import WORDINGS, wording_of
from domain import errors
from domain.errors import Denied, FundtrailError, InsufficientFunds, InUse, Refusal, UnknownProject, ValueRefusal


def every(of: type[FundtrailError]) -> Iterator[type[FundtrailError]]:
    """The classes below that have a code of their own."""
    for each in of.__subclasses__():
        if "code" in vars(each):
            yield each
        yield from every(each)


ERRORS = sorted(set(every(FundtrailError)), key=lambda each: each.__name__)


@pytest.mark.parametrize("error", ERRORS, ids=[each.__name__ for each in ERRORS])
def test_every_error_has_its_words(error: type[FundtrailError]) -> None:
    assert error in WORDINGS or any(base in WORDINGS for base in error.__mro__)
    wording = wording_of(error.__new__(error))
    assert all([*wording.titles, *wording.details])
    named = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in wording.details]
    assert named[0] == named[1], "both languages name the same figures"


ONLY_IN_PATHS = {errors.UnknownLedger, errors.UnknownCheckpoint, errors.UnknownTile}
"""No body names one of these."""


@pytest.mark.parametrize("error", [each for each in ERRORS if issubclass(each, Refusal)])
def test_a_refusal_is_a_conflict_unless_its_value_can_never_be_right(error: type[Refusal]) -> None:
    expected = 422 if issubclass(error, ValueRefusal) else 403 if issubclass(error, Denied) else 409
    assert WORDINGS[error].status == (404 if error in ONLY_IN_PATHS else expected)


def test_no_two_errors_have_one_code() -> None:
    codes = [vars(error)["code"] for error in ERRORS]
    assert len(set(codes)) == len(codes)


def test_a_problem_carries_its_figures_and_points_at_its_field() -> None:
    error = InsufficientFunds(available=60_000, requested=60_001)
    problem = problem_of(error, Language.ENGLISH, index=3)
    assert problem == {
        "type": "urn:fundtrail:problem:insufficient-funds",
        "title": "Insufficient funds",
        "status": 409,
        "code": "insufficient-funds",
        "detail": "CNY 600.00 is available; 600.01 was requested.",
        "errors": [
            {
                "pointer": "/amount",
                "code": "insufficient-funds",
                "detail": "CNY 600.00 is available; 600.01 was requested.",
                "index": 3,
            }
        ],
        "available": "600.00",
        "requested": "600.01",
    }


def test_a_detail_is_for_people_and_its_figures_for_programs() -> None:
    problem = problem_of(InsufficientFunds(available=-10_232_500, requested=50), Language.ENGLISH)
    assert problem["detail"] == "CNY \N{MINUS SIGN}102,325.00 is available; 0.50 was requested."
    assert problem["available"] == "-102325.00"


def test_a_detail_whose_figure_is_not_known_is_its_title() -> None:
    assert problem_of(errors.DuplicateVoucher(), Language.CHINESE)["detail"] == "凭证号重复"
    assert problem_of(InUse("/event_id", count=2), Language.CHINESE)["count"] == 2


def test_what_is_unknown_is_a_conflict_in_a_body_and_not_found_in_a_path() -> None:
    assert problem_of(UnknownProject("/project_id"), Language.CHINESE)["status"] == 409
    assert problem_of(UnknownProject(), Language.CHINESE, in_path=True)["status"] == 404


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, Language.CHINESE),
        ("", Language.CHINESE),
        ("*", Language.CHINESE),
        ("fr", Language.CHINESE),
        ("zh-CN,zh;q=0.9,en;q=0.8", Language.CHINESE),
        ("en", Language.ENGLISH),
        ("EN-us", Language.ENGLISH),
        ("de, en;q=0.7, zh;q=0.5", Language.ENGLISH),
        ("en;q=0.5, zh;q=0.5", Language.CHINESE),
        ("en;q=x", Language.CHINESE),
        ("en;q=nan", Language.CHINESE),
        ("," * 10_000, Language.CHINESE),
    ],
)
def test_the_language_is_chinese_unless_english_is_preferred(header: str | None, language: Language) -> None:
    assert preferred(header) is language


def test_a_field_problem_says_what_would_be_right() -> None:
    problem = FieldProblem(pointer="/limit", code="number", limits={"minimum": 1, "maximum": 1000})
    assert field_detail(problem, Language.CHINESE) == "须为 1 至 1000 的整数"
    assert field_detail(problem, Language.ENGLISH) == "a whole number from 1 to 1000"
