"""Amounts and points in their one accepted spelling, and rates from exact integers."""

from collections.abc import Callable

import pytest

from domain.money import (
    MAX_MINOR,
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


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0", 0),
        ("0.0", 0),
        ("0.00", 0),
        ("0.01", 1),
        ("0.1", 10),
        ("1", 100),
        ("10.50", 1050),
        ("1234567.89", 123456789),
        ("9999999999999.99", 999_999_999_999_999),
    ],
)
def test_an_amount_is_yuan_with_at_most_two_decimals(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


NO_AMOUNTS = (
    "", " ", "1 ", " 1", "1\n", "+1", "-1", "-0", "01", "00", ".5", "1.", "1,000", "1_000", "1e3", "1E3",
    "１２", "1．5", "٣", "一", "0x10", "nan", "inf", "NaN", "Infinity", "10000000000000", "1.5.5", "¥1", "1 000",
)  # fmt: skip


@pytest.mark.parametrize("text", NO_AMOUNTS)
@pytest.mark.parametrize("parse", [parse_yuan, parse_points, parse_wan])
def test_no_other_spelling_is_an_amount(parse: Callable[[str], int], text: str) -> None:
    with pytest.raises(NotAnAmountError):
        parse(text)


def test_yuan_have_no_third_decimal() -> None:
    with pytest.raises(NotAnAmountError):
        parse_yuan("1.234")


@pytest.mark.parametrize(("text", "hundredths"), [("0", 0), ("100", 10_000), ("89.93", 8993), ("999.99", 99_999)])
def test_points_reach_from_zero_to_just_below_a_thousand(text: str, hundredths: int) -> None:
    assert parse_points(text) == hundredths


@pytest.mark.parametrize("text", ["1000", "-1", "1.005"])
def test_points_beyond_are_refused(text: str) -> None:
    with pytest.raises(NotAnAmountError):
        parse_points(text)


@pytest.mark.parametrize(("text", "hundredths"), [("2.5", 250), ("-3", -300), ("-0.01", -1), ("-999.99", -99_999)])
def test_granted_points_may_have_a_minus(text: str, hundredths: int) -> None:
    assert parse_granted_points(text) == hundredths


@pytest.mark.parametrize("text", ["0", "0.00", "-0", "-0.00", "--1", "+1", "- 1", "-", "", "1000", "-1000", "−3"])
def test_granted_points_are_not_zero_and_have_one_spelling(text: str) -> None:
    with pytest.raises(NotAnAmountError):
        parse_granted_points(text)


@pytest.mark.parametrize(
    ("text", "fen"), [("0", 0), ("1", 1_000_000), ("0.000001", 1), ("1.5", 1_500_000), ("999999999.999999", 10**15 - 1)]
)
def test_ten_thousands_of_yuan_are_read_to_the_fen(text: str, fen: int) -> None:
    assert parse_wan(text) == fen


def test_a_part_of_a_fen_is_refused() -> None:
    with pytest.raises(NotAnAmountError):
        parse_wan("1.0000001")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (-100, "-1.00"), (-2406, "-24.06"), (MAX_MINOR, "90071992547409.91")],
)
def test_an_amount_is_written_with_two_decimals_and_a_minus_where_it_is_negative(value: int, text: str) -> None:
    assert format_hundredths(value) == text


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "0.00"),
        (1_000_000, "1.00"),
        (4_999, "0.00"),
        (5_000, "0.01"),
        (-4_999, "0.00"),
        (-5_000, "-0.01"),
        (12_345_000, "12.35"),
        (-12_345_000, "-12.35"),
        (12_344_999, "12.34"),
    ],
)
def test_ten_thousands_of_yuan_are_rounded_half_away_from_zero(fen: int, text: str) -> None:
    assert format_wan(fen) == text


@pytest.mark.parametrize(
    ("part", "base", "rate"),
    [
        (0, 100, "0.00"),
        (100, 100, "100.00"),
        (1, 3, "33.33"),
        (2, 3, "66.67"),
        (12_406, 10_000, "124.06"),
        (1, 20_000, "0.01"),  # 0.005 exactly
        (-1, 20_000, "-0.01"),
        (1, 20_001, "0.00"),
        (-1, 20_001, "0.00"),
        (-50, 100, "-50.00"),
        (MAX_MINOR, 1, "900719925474099100.00"),
        (1, MAX_MINOR, "0.00"),
        (MAX_MINOR - 1, MAX_MINOR, "100.00"),
    ],
)
def test_a_rate_is_percent_with_two_decimals_half_away_from_zero(part: int, base: int, rate: str) -> None:
    assert percent(part, base) == rate


@pytest.mark.parametrize("base", [None, 0, -1, -100])
def test_there_is_no_rate_without_a_base_above_zero(base: int | None) -> None:
    assert percent(100, base) is None


@pytest.mark.parametrize(
    ("numerator", "denominator", "quotient"),
    [(5, 10, 1), (-5, 10, -1), (4, 10, 0), (-4, 10, 0), (15, 10, 2), (-15, 10, -2), (25, 10, 3), (0, 7, 0), (7, 1, 7)],
)
def test_a_half_is_rounded_away_from_zero(numerator: int, denominator: int, quotient: int) -> None:
    assert divide_half_away(numerator, denominator) == quotient


def test_the_largest_sum_is_the_largest_integer_that_every_reader_of_json_holds_exactly() -> None:
    assert MAX_MINOR == 2**53 - 1
    assert float(MAX_MINOR) + 1 == 2.0**53
