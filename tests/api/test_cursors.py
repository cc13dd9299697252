"""Cursors: what comes back is what went out, for the same log and the same question only."""

import base64

import pytest

from api.cursors import Cursor, Pin, decode, digest_of, encode
from api.invalid import InvalidParameter

PIN = Pin(as_of="2023-06-30", known_at="2023-07-01T00:00:00.000000Z", position=12, closed=False)
QUESTION = digest_of("/v1/ledgers/l/projects", [("sort", "-name"), ("category", "road")])
CURSOR = Cursor(question=QUESTION, pin=PIN, last="P7")


def test_a_cursor_comes_back_as_it_was() -> None:
    assert decode(encode(CURSOR, "log"), "log", QUESTION) == CURSOR


def test_the_order_of_parameters_does_not_matter() -> None:
    assert digest_of("/v1/ledgers/l/projects", [("category", "road"), ("sort", "-name")]) == QUESTION
    assert digest_of("/v1/ledgers/l/projects", [("sort", "name")]) != QUESTION
    assert digest_of("/v1/ledgers/l/lines", [("sort", "-name"), ("category", "road")]) != QUESTION


def test_a_cursor_of_another_log_or_question_is_refused() -> None:
    text = encode(CURSOR, "log")
    for log_id, question in (("other", QUESTION), ("log", digest_of("/", []))):
        with pytest.raises(InvalidParameter):
            decode(text, log_id, question)


def test_every_changed_character_is_noticed() -> None:
    text = encode(CURSOR, "log")
    for place, character in enumerate(text):
        changed = text[:place] + ("A" if character != "A" else "B") + text[place + 1 :]
        if base64.urlsafe_b64decode(changed + "=" * (-len(changed) % 4)) == base64.urlsafe_b64decode(
            text + "=" * (-len(text) % 4)
        ):
            continue
        with pytest.raises(InvalidParameter):
            decode(changed, "log", QUESTION)


@pytest.mark.parametrize("text", ["x", "AAAA", "=", "é", "A" * 10_000, "AAAA AAAA", "e30"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter):
        decode(text, "log", QUESTION)
