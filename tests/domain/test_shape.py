"""The grammar of texts and ids."""

import pytest

from domain.note import Algorithm, VerifierKey, format_verifier_key
from domain.shape import RANGE, Shape, characters_problem, text_problem

TEXTS = (Shape.NAME, Shape.PROSE, Shape.REFERENCE)


@pytest.mark.parametrize("text", ["A", "9", "a.b_c-D", "0" * 64, "A1"])
def test_an_id_starts_with_a_letter_or_digit(text: str) -> None:
    assert text_problem(Shape.IDENTIFIER, text) is None


@pytest.mark.parametrize("text", ["", "-a", ".a", "_a", "a b", "a/b", "a:b", "项目", "0" * 65, "a\n", "ａ"])
def test_nothing_else_is_an_id(text: str) -> None:
    assert text_problem(Shape.IDENTIFIER, text) == "pattern"


@pytest.mark.parametrize(("text", "problem"), [("road", None), ("a", None), ("a_1-b", None), ("a" * 32, None)])
def test_a_code_is_a_lower_case_word(text: str, problem: str | None) -> None:
    assert text_problem(Shape.CODE, text) == problem


@pytest.mark.parametrize("text", ["", "Road", "1a", "_a", "a" * 33, "道路", "a\n"])
def test_nothing_else_is_a_code(text: str) -> None:
    assert text_problem(Shape.CODE, text) == "pattern"


@pytest.mark.parametrize(
    ("shape", "longest"),
    [(Shape.NAME, 200), (Shape.PROSE, 1000), (Shape.REFERENCE, 128), (Shape.INDICATOR_CODE, 32)],
)
def test_a_text_has_from_one_to_so_many_characters(shape: Shape, longest: int) -> None:
    assert text_problem(shape, "") == "length"
    assert text_problem(shape, "a" * longest) is None
    assert text_problem(shape, "a" * (longest + 1)) == "length"


@pytest.mark.parametrize("shape", TEXTS)
def test_the_length_of_a_text_counts_characters_and_not_bytes(shape: Shape) -> None:
    assert text_problem(shape, "绩" * 128) is None
    assert text_problem(shape, "𠮷" * 128) is None


def test_an_indicator_code_also_has_at_most_64_bytes() -> None:
    assert text_problem(Shape.INDICATOR_CODE, "绩" * 21 + "a") is None
    assert text_problem(Shape.INDICATOR_CODE, "绩" * 21 + "ab") == "length"
    assert text_problem(Shape.INDICATOR_CODE, "𠮷" * 16) is None
    assert text_problem(Shape.INDICATOR_CODE, "𠮷" * 16 + "a") == "length"


@pytest.mark.parametrize("text", ["完工率（%）", "全县 12 个村", "é", "𠮷", "a\u3000b", "“引号”", "①", "㎡", "—"])
def test_printed_text_is_taken_as_it_is(text: str) -> None:
    assert text_problem(Shape.NAME, text) is None


@pytest.mark.parametrize(
    "character",
    ["\x00", "\t", "\n", "\r", "\x1f", "\x7f", "\x85", "\u200e", "\u200f", "\u061c", "\u202a", "\u202e", "\u2066",
     "\u2069", "\u2028", "\u2029", "\ud800", "\uffff", "\u0378", "\u00ad", "\u200b", "\u2060", "\ufeff", "\ufffb",
     "\U0001d173", "\U000e0041", "\u034f", "\u115f", "\u2800", "\u3164", "\uffa0", "\U0001bca0",
     "\U00016fe4", "\U0001d159", "\U00013430", "\U0001107f"],
)  # fmt: skip
def test_a_character_that_hides_or_reorders_text_is_refused(character: str) -> None:
    assert characters_problem(f"a{character}b") == "characters"
    assert text_problem(Shape.NAME, f"绩{character}效") == "characters"


@pytest.mark.parametrize("character", ["\u200c", "\u200d", "\u180e", "\u3000", "\U00020bb7", "\ue000", "\ufe00"])
def test_a_character_that_scripts_need_is_taken(character: str) -> None:
    assert text_problem(Shape.NAME, f"绩{character}效") is None


@pytest.mark.parametrize(
    "number",
    [
        "支-77 ",
        " 支-77",
        "\u3000支-77",
        "支\u00a0-77",
        "支\u200d-77",
        "支-77\ufe0f",
        "支-77\U000e0100",
        "支-77\u180e",
        "支-77\ue000",
        "支-77\u0600",
        "支  77",
        "\u2fa6-7",
    ],
)
def test_a_number_of_a_document_does_not_look_like_another(number: str) -> None:
    assert text_problem(Shape.REFERENCE, number) == "characters"


@pytest.mark.parametrize("number", ["支-77", "青财预 〔2023〕　5号", "№ 7/é"])
def test_a_number_of_a_document_may_have_spaces_within(number: str) -> None:
    assert text_problem(Shape.REFERENCE, number) is None


@pytest.mark.parametrize("text", ["e\u0301", "\uac00\u11a8", "\u212b", "\uf900"])
def test_a_text_that_is_not_in_composed_form_is_refused(text: str) -> None:
    assert text_problem(Shape.NAME, text) == "not-nfc"


@pytest.mark.parametrize("text", [" ", "\u3000", "  \u00a0"])
def test_a_text_of_nothing_but_space_says_nothing(text: str) -> None:
    assert text_problem(Shape.NAME, text) == "characters"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("0b4f2c1e-1111-8222-8333-444455556666", None),
        ("0B4F2C1E-1111-8222-8333-444455556666", "pattern"),
        ("0b4f2c1e111182228333444455556666", "pattern"),
        ("", "pattern"),
    ],
)
def test_an_event_id_is_lower_case_with_hyphens(text: str, problem: str | None) -> None:
    assert text_problem(Shape.EVENT_ID, text) == problem


def test_a_digest_is_64_lower_case_hexadecimal_digits() -> None:
    assert text_problem(Shape.SHA256, "ab" * 32) is None
    assert [text_problem(Shape.SHA256, text) for text in ("AB" * 32, "ab" * 31, "ab" * 33, "")] == ["pattern"] * 4


def test_whole_numbers_have_bounds() -> None:
    assert RANGE == {
        Shape.YEAR: (1949, 2100),
        Shape.COUNT: (1, 1_000_000),
        Shape.TREE_SIZE: (0, 2**53 - 1),
        Shape.EPOCH: (1, 2**53 - 1),
    }


@pytest.mark.parametrize("name", ["finance.example/qingshi/" + "0" * 32, "a", "n" * 200])
def test_a_verifier_key_is_its_name_id_and_key(name: str) -> None:
    key = VerifierKey(name=name, algorithm=Algorithm.ED25519, public_key=bytes(range(32)))
    assert text_problem(Shape.VERIFIER_KEY, format_verifier_key(key)) is None


@pytest.mark.parametrize(
    "text",
    ["", "a+1a2b3c4d", "a+1A2B3C4D+" + "A" * 44, "a b+1a2b3c4d+" + "A" * 44, "账+1a2b3c4d+" + "A" * 44,
     "a+b+1a2b3c4d+" + "A" * 44, "a+1a2b3c4d+" + "A" * 43, "a+1a2b3c4d+" + "A" * 44 + "\n"],
)  # fmt: skip
def test_nothing_else_is_a_verifier_key(text: str) -> None:
    assert text_problem(Shape.VERIFIER_KEY, text) == "pattern"
