"""Amounts in the characters that vouchers bear."""

import json
import re
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.capital import capital_of
from domain.money import parse_yuan

CASES: Final = json.loads(
    (Path(__file__).resolve().parents[2] / "vectors" / "capital-amounts.json").read_text(encoding="utf-8")
)
"""The examples of the regulation among them; the script of the pages is held to the same."""
LARGEST: Final = 10**15 - 1

AMOUNTS: Final = st.integers(0, LARGEST) | st.integers(0, 10**6).map(lambda fen: fen * 10**6)
DIGITS: Final = {character: value for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")}
UNITS: Final = {"拾": 10, "佰": 100, "仟": 1000}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["yuan"])
def test_an_amount_is_written_as_the_regulation_has_it(case: dict[str, str]) -> None:
    assert capital_of(parse_yuan(case["yuan"])) == case["capital"]


@given(AMOUNTS)
def test_what_is_written_reads_back_as_the_amount(fen: int) -> None:
    assert read(capital_of(fen)) == fen


@given(AMOUNTS)
def test_no_zero_stands_beside_another_nor_before_a_unit(fen: int) -> None:
    text = capital_of(fen)
    assert "零零" not in text
    assert not re.search("零[拾佰仟万亿角分]", text)
    assert text.endswith("整") == (fen % 100 == 0)


def read(text: str) -> int:
    """The fen of such a text: as a clerk would read it, each digit by the unit behind it."""
    found = re.fullmatch("人民币(?:(.+)元)?零?(?:(.)角)?(?:(.)分)?整?", text)
    assert found is not None, text
    jiao, fen = (DIGITS[each] if each else 0 for each in found.groups()[1:])
    return read_whole(found[1] or "") * 100 + jiao * 10 + fen


def read_whole(text: str) -> int:
    for name, unit in (("亿", 10**8), ("万", 10**4)):
        if name in text:
            above, _, below = text.rpartition(name)
            return read_whole(above) * unit + read_whole(below)
    value, digit = 0, 0
    for character in text:
        if character in UNITS:
            value, digit = value + digit * UNITS[character], 0
        else:
            digit = DIGITS[character]
    return value + digit
