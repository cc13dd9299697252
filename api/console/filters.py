"""The filters of a list as a form has them: chosen from what there is, or typed where that is too much."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from api.console.asked import Asked
from api.console.fields import CHOSEN_BY_NAME, TITLES
from api.console.names import Names
from api.console.words import WORDS
from projections.listing import Collection, Column

MOST_CHOICES: Final = 200
"""So many can still be looked through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value, and what it is called."""

    value: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter as the form shows it: `value` is what rows are chosen by now, empty where they are not.

    Without choices it is typed; `is_number` then says what the keyboard should offer.
    """

    name: str
    title: str
    value: str
    choices: Sequence[Choice]
    is_number: bool = False

    @property
    def shown(self) -> str:
        """The value as people call it."""
        return next((choice.title for choice in self.choices if choice.value == self.value), self.value)


def filters_of(
    asked: Asked,
    collection: Collection[Any],
    names: Names,
    titles: Mapping[str, str],
    words: Mapping[str, Sequence[str]],
) -> Iterator[Filter]:
    """Every filter that the list has.

    `titles` are those of fields that have none of their own, `words` what a typed field is known to hold.
    """
    for name, field in collection.filters.items():
        title = CHOSEN_BY_NAME[name][1] if name in CHOSEN_BY_NAME and field is not collection.id else None
        yield Filter(
            name=name,
            title=asked.say(title or titles.get(name) or TITLES[name]),
            value=asked.view.own.get(name, ""),
            choices=_choices(asked, collection, field, names, words),
            is_number=field.type is int,
        )


def _choices(
    asked: Asked, collection: Collection[Any], field: Column, names: Names, words: Mapping[str, Sequence[str]]
) -> list[Choice]:
    if field.type is bool:
        return [Choice(value="true", title=asked.say("是")), Choice(value="false", title=asked.say("否"))]
    if issubclass(field.type, Enum):
        return [Choice(value=value, title=asked.say(title)) for value, title in WORDS[field.type].items()]
    if field.name in words:
        return _few([Choice(value=word, title=word) for word in words[field.name]])
    if field.name in CHOSEN_BY_NAME and field is not collection.id:
        known = names[CHOSEN_BY_NAME[field.name][0]]
        if asked.scope is not None and field.name == "unit_id":
            known = asked.scope.names
        return _few(
            [Choice(value=id_, title=asked.say("{name}（{id}）", name=name, id=id_)) for id_, name in known.items()]
        )
    return []


def _few(choices: list[Choice]) -> list[Choice]:
    return choices if len(choices) <= MOST_CHOICES else []
