"""Every text that the console shows is said in English too, once, and with the same figures in it."""

import re
from collections import Counter

import pytest

from api.console.words import EVENT_TYPES, LISTS, WORDS
from domain.registry import EVENT_TYPES as REGISTERED
from tests.support.console_texts import (
    HAN,
    Entry,
    Text,
    entries,
    texts_of_code,
    texts_of_templates,
    untranslatable_texts,
)
from tests.support.effort import full_only

ENTRIES = entries()
IN_EVERY_LANGUAGE = {"账", "中文"}
"""The seal, and what the language calls itself."""
TYPED_IN_EVERY_LANGUAGE = {"是", "否"}
"""What stands in the cells of a sheet."""
PERCENT_NAMES = re.compile(r"%\((\w+)\)s")
BRACE_NAMES = re.compile(r"\{(\w+)\}")


def test_every_text_has_an_english_one() -> None:
    translated = {entry.text for entry in ENTRIES if entry.english}
    missing = [f"{each.place}: {each.text}" for each in said() if HAN.search(each.text) and each.text not in translated]
    assert missing == []


def test_what_counts_has_a_form_for_one_and_nothing_else_has() -> None:
    assert {entry.text for entry in ENTRIES if entry.counts} == {
        each.text for each in texts_of_templates() if each.counts
    }


def test_no_text_has_two() -> None:
    counted = Counter(entry.text for entry in ENTRIES)
    twice = [f"{each.catalog}: {each.text}" for each in ENTRIES if counted[each.text] > 1]
    assert twice == []


def test_no_catalog_has_a_text_that_nobody_says() -> None:
    shown = {each.text for each in said()}
    unused = [f"{each.catalog}: {each.text}" for each in ENTRIES if each.text not in shown]
    assert unused == []


def test_what_is_filled_in_is_the_same_in_both_languages() -> None:
    differing = [
        f"{each.catalog}: {each.text} → {each.english}"
        for each in ENTRIES
        for names in (PERCENT_NAMES, BRACE_NAMES)
        if Counter(names.findall(each.text)).keys() != Counter(names.findall(each.english)).keys()
    ]
    assert differing == []


def test_an_english_text_of_a_template_can_be_filled_in() -> None:
    of_templates = {each.text for each in texts_of_templates()}
    wrong = [each.english for each in ENTRIES if each.text in of_templates and not can_be_filled_in(each)]
    assert wrong == []


def test_an_english_text_is_in_english() -> None:
    said = {each: set(HAN.findall(each.english)) - TYPED_IN_EVERY_LANGUAGE for each in ENTRIES}
    chinese = [f"{each.catalog}: {each.english}" for each, han in said.items() if han]
    assert chinese == []


def test_no_template_says_anything_past_the_catalogs() -> None:
    past = [f"{each.place}: {each.text}" for each in untranslatable_texts() if each.text not in IN_EVERY_LANGUAGE]
    assert past == []


@pytest.mark.parametrize("members", WORDS, ids=lambda members: members.__name__)
def test_a_closed_list_has_a_word_for_each_member(members: type) -> None:
    assert {member.value for member in LISTS[members.__name__]} == set(WORDS[members])


def test_every_type_of_event_has_a_name() -> None:
    assert set(EVENT_TYPES) == set(REGISTERED)


@full_only
def test_a_text_that_is_said_nowhere_would_be_found() -> None:
    shown = {each.text for each in said()}
    assert "资金总览" in shown
    assert "业务日期" in shown
    assert "县（区）级" in shown
    assert "没有人说过的话" not in shown


def said() -> list[Text]:
    return [*texts_of_templates(), *texts_of_code()]


def can_be_filled_in(entry: Entry) -> bool:
    """Whether nothing in it but names and %% begins with a percent sign."""
    rest = PERCENT_NAMES.sub("", entry.english).replace("%%", "")
    return "%" not in rest
