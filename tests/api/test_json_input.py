"""Bodies: what is read, and what goes no further."""

import json
import math

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from api.json_input import (
    DuplicateField,
    NotAnObject,
    NotJson,
    NotUtf8,
    TooDeep,
    TooManyFields,
    UnreadableBody,
    is_too_deep,
    parse_object,
)


def nested(depth: int) -> bytes:
    """An object whose nesting is so deep."""
    return b'{"a":' * depth + b"1" + b"}" * depth


def depth_of(value: object) -> int:
    """Objects and lists around the innermost value."""
    if isinstance(value, dict | list):
        return 1 + max(map(depth_of, value.values() if isinstance(value, dict) else value), default=0)
    return 0


def test_an_object_is_read_as_it_is() -> None:
    body = {"text": "工程款 𠮷 \u2028", "list": [1, -2, True, None], "inner": {"a": "1.50"}}
    assert parse_object(json.dumps(body, ensure_ascii=False).encode()) == body
    assert parse_object(json.dumps(body).encode()) == body


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"[1]", NotAnObject),
        (b"{", NotJson),
        (b"NaN", NotAnObject),
        (b"[-Infinity]", NotAnObject),
        (b'{"a": 01}', NotJson),
        (b'{"a": 1}{"a": 1}', NotJson),
        (b"\xff", NotUtf8),
        (b'{"a": 1, "a": 1}', DuplicateField),
        (b'{"b": {"a": 1, "\\u0061": 2}}', DuplicateField),
        (json.dumps(dict.fromkeys(map(str, range(65)))).encode(), TooManyFields),
        (nested(33), TooDeep),
        (b'{"a":' + b"[" * 32 + b"]" * 32 + b"}", TooDeep),
    ],
)
def test_what_is_no_plain_object_is_refused(body: bytes, error: type[UnreadableBody]) -> None:
    with pytest.raises(error):
        parse_object(body)


@pytest.mark.parametrize(("name", "pointer"), [("amount", "/amount"), ("A name", ""), ("a" * 41, "")])
def test_a_field_that_is_there_twice_is_named_if_it_looks_like_one(name: str, pointer: str) -> None:
    with pytest.raises(DuplicateField) as refused:
        parse_object(f'{{"b": 1, "{name}": 1, "{name}": 2}}'.encode())
    assert refused.value.pointer == pointer


texts_of_marks = st.text(alphabet='[]{}"\\a,:', max_size=6)
values_of_marks = st.recursive(texts_of_marks, lambda inner: st.lists(inner, max_size=3) | st.tuples(inner).map(list))


@for_all(values_of_marks, texts_of_marks, st.integers(min_value=25, max_value=35))
def test_brackets_in_texts_are_no_levels(value: object, text: str, levels: int) -> None:
    for _ in range(levels):
        value = {text: value, "b": text}
    body = json.dumps(value, ensure_ascii=False).encode()
    assert is_too_deep(body) == (depth_of(value) > 32)


def test_32_levels_are_read() -> None:
    assert parse_object(nested(32))
    assert parse_object(b'{"a":' + b"[" * 31 + b"]" * 31 + b"}")


def test_brackets_in_texts_do_not_nest() -> None:
    text = "[{" * 100 + '\\"' + "[" * 100
    assert parse_object(json.dumps({"a": text, "b": ["]"] * 50}).encode())["a"] == text


def test_many_objects_beside_each_other_do_not_nest() -> None:
    assert len(parse_object(json.dumps({"a": [{"b": [{}]}] * 10_000}).encode())["a"]) == 10_000


@pytest.mark.parametrize(
    "number", ["12345678901234567", "-12345678901234567", "1e400", "9" * 100_000, "NaN", "Infinity", "-Infinity"]
)
def test_a_number_that_no_field_can_hold_is_read_as_infinite(number: str) -> None:
    assert math.isinf(parse_object(f'{{"a": {number}}}'.encode())["a"])


@pytest.mark.parametrize(
    "body",
    [b"[" * 4_000_000, b'{"a":' * 800_000, b'"\\' * 2_000_000, b'{"a":"' + b'\\"' * 2_000_000, b"[{" * 2_000_000],
    ids=["open", "open objects", "escapes", "a text without end", "both"],
)
def test_four_million_bytes_of_nonsense_are_refused_without_delay(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        parse_object(body)
