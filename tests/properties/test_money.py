"""Money for all inputs: what is read is written back, and rates agree with exact fractions."""

import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.money import (
    AMOUNT_PATTERN,
    GRANTED_POINTS_PATTERN,
    MAX_MINOR,
    POINTS_PATTERN,
    NotAnAmountError,
    divide_half_away,
    format_hundredths,
    format_wan,
    parse_granted_points,
    parse_points,
    parse_wan,
    parse_yuan,
    percent,
)

AMOUNTS = st.integers(min_value=0, max_value=999_999_999_999_999)
SUMS = st.integers(min_value=-MAX_MINOR, max_value=MAX_MINOR)
ALMOST_AMOUNTS = st.text(alphabet="0123456789.,-+eE_ \n٣１一", max_size=16)


@given(AMOUNTS)
def test_an_amount_is_read_back_as_it_was_written(fen: int) -> None:
    assert parse_yuan(format_hundredths(fen)) == fen


@given(SUMS)
def test_the_text_of_a_sum_is_exactly_its_value(fen: int) -> None:
    text = format_hundredths(fen)
    assert Fraction(text) * 100 == fen
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)\.[0-9]{2}", text)


@given(ALMOST_AMOUNTS)
def test_a_text_is_an_amount_exactly_when_the_published_pattern_says_so(text: str) -> None:
    for parse, pattern in ((parse_yuan, AMOUNT_PATTERN), (parse_points, POINTS_PATTERN)):
        if re.fullmatch(pattern.strip("^$"), text, re.ASCII):
            assert parse(text) == Fraction(text) * 100
        else:
            with pytest.raises(NotAnAmountError):
                parse(text)


@given(st.from_regex(AMOUNT_PATTERN.replace("$", r"\Z"), fullmatch=True).filter(str.isascii))
def test_every_text_of_the_pattern_is_read_exactly(text: str) -> None:
    fen = parse_yuan(text)
    assert type(fen) is int
    assert fen == Fraction(text) * 100


@given(st.from_regex(GRANTED_POINTS_PATTERN.replace("$", r"\Z"), fullmatch=True).filter(str.isascii))
@example("-0.01")
def test_granted_points_are_read_exactly_unless_they_are_zero(text: str) -> None:
    if Fraction(text) == 0:
        with pytest.raises(NotAnAmountError):
            parse_granted_points(text)
    else:
        assert parse_granted_points(text) == Fraction(text) * 100


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_ten_thousands_of_yuan_hold_every_fen(fen: int) -> None:
    assert parse_wan(f"{fen // 1_000_000}.{fen % 1_000_000:06d}") == fen


@given(SUMS)
def test_ten_thousands_of_yuan_are_rounded_as_a_clerk_rounds(fen: int) -> None:
    rounded = (Decimal(fen) / 1_000_000).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    assert Decimal(format_wan(fen)) == rounded


@given(SUMS, st.integers(min_value=1, max_value=MAX_MINOR))
@example(1, 20_000)
@example(-1, 20_000)
@example(MAX_MINOR, 1)
def test_a_rate_is_the_nearest_hundredth_of_a_percent_and_halves_go_away_from_zero(part: int, base: int) -> None:
    text = percent(part, base)
    assert text is not None
    rate, exact = Fraction(text), Fraction(part * 100, base)
    error = abs(rate - exact)
    assert error <= Fraction(1, 200)
    if error == Fraction(1, 200):
        assert abs(rate) > abs(exact)


@given(SUMS, st.integers(min_value=-MAX_MINOR, max_value=0))
def test_no_rate_has_a_base_of_zero_or_less(part: int, base: int) -> None:
    assert percent(part, base) is None


@given(st.integers(), st.integers(min_value=1))
def test_a_quotient_rounds_alike_on_both_sides_of_zero(numerator: int, denominator: int) -> None:
    quotient = divide_half_away(numerator, denominator)
    assert type(quotient) is int
    assert divide_half_away(-numerator, denominator) == -quotient
    assert abs(Fraction(numerator, denominator) - quotient) <= Fraction(1, 2)


@pytest.mark.parametrize("not_text", [1, 1.5, Decimal("1.5"), True, None])
def test_an_amount_is_never_read_from_a_number(not_text: object) -> None:
    with pytest.raises(TypeError):
        parse_yuan(not_text)  # type: ignore[arg-type]  # the wrong type is the point
