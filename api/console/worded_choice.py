"""A parameter of a page that is one of some words, with what each is called there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from api.parameters import Parameter, choice

Words = Mapping[str, Mapping[str, str]]
"""What the words of parameters are called, by the name of the parameter, then by the word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordedChoice(Parameter):
    """The parameter; `words` is what each word that it takes is called, in Chinese as the catalogs know it."""

    words: Mapping[str, str]


def worded_choice(name: str, description: str, words: Mapping[str, str], default: str | None = None) -> Parameter:
    """One of the words, as the page calls them."""
    plain = choice(name, description, [str(each) for each in words], default)
    return WordedChoice(
        name=name, read=plain.read, schema=plain.schema, description=description, default=default, words=words
    )


def words_of(parameters: Iterable[Parameter]) -> Words:
    """What the words of those that have some are called."""
    return {each.name: each.words for each in parameters if isinstance(each, WordedChoice)}
