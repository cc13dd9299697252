"""What every address of the console holds: the ledger, the two coordinates, the unit of amounts and the language."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Self
from urllib.parse import quote, urlencode

from api.console.forms.wording import TITLES
from api.console.recorded_time import RecordedTime, minute_text, typed_time
from api.console.texts import mark
from api.console.typed import typed_day
from api.console.worded_choice import worded_choice
from api.coordinates import AS_OF, AT_POSITION, KNOWN_AT
from api.languages import Language
from api.parameters import Parameter, flag, instant_or_day
from domain.dates import format_instant, parse_day

ROOT: Final = "/console"


class AmountUnit(StrEnum):
    """In what amounts are shown."""

    WAN = "wan"
    YUAN = "yuan"


UNIT_NAMES: Final[Mapping[str, str]] = {AmountUnit.WAN: mark("万元"), AmountUnit.YUAN: mark("元")}
LANGUAGES: Final = {"zh": Language.CHINESE, "en": Language.ENGLISH}
CODES: Final = {language: code for code, language in LANGUAGES.items()}

RECORDED: Final = "recorded"
REPLAYED: Final = "replayed"
"""What a page says that follows a command: which, and whether it had been recorded before. No page leads on with it."""

SHOWN_KNOWN_AT: Final = "shown_known_at"
"""What the field of the knowledge date held when the page was made: unchanged, the position of the page stands."""

KNOWN_AS: Final = "known_as"
"""The recorded time that the position was asked for by, where more may be recorded before it is over."""

VIEW_PARAMETERS: Final[tuple[Parameter, ...]] = (
    typed_day(AS_OF),
    typed_time(KNOWN_AT),
    AT_POSITION,
    typed_time(instant_or_day(KNOWN_AS, "The recorded time that the position was asked for by.")),
    typed_time(instant_or_day(SHOWN_KNOWN_AT, "What known_at was on the page that sends it.")),
    worded_choice("unit", "Unit of amounts.", UNIT_NAMES, AmountUnit.WAN.value),
    worded_choice("lang", "Language.", {"zh": "中文", "en": "English"}),
    worded_choice(RECORDED, "The command that led here.", TITLES),
    flag(REPLAYED, "Whether that had been recorded before."),
)
_RECORDED_TIME: Final = frozenset({KNOWN_AT.name, AT_POSITION.name})
_OF_VIEW: Final = frozenset(each.name for each in VIEW_PARAMETERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The reader's place. `own` are the parameters of the page itself, as texts; `path` is that below the ledger.

    A view that is resolved has `as_of`, and exactly one of `known_at` and `at_position`. `known_as` is the recorded
    time that stands for the position where people see it; None where none was named, or it means another by now.
    """

    ledger_id: str
    path: str
    as_of: date | None
    known_at: RecordedTime | None
    at_position: int | None
    unit: AmountUnit
    language: Language
    own: Mapping[str, str] = field(default_factory=dict)
    known_as: RecordedTime | None = None

    def resolved(self, here: Mapping[str, Any]) -> Self:
        """The view whose address shows the same figures to whoever opens it, whenever: this one, if it is such a one.

        `here` are its coordinates as the interface echoes them. A knowledge date stays where nothing recorded later can
        fall before it any more; else the position it means now takes its place.
        """
        stays = self.known_at is not None and here["closed"]
        position = None if stays else here["position"]
        return replace(
            self,
            as_of=parse_day(here["as_of"]),
            known_at=self.known_at if stays else None,
            at_position=position,
            known_as=None if stays else self.known_at or self.known_as,
        )

    def coordinates(self) -> dict[str, str | int | None]:
        """As parameters of the HTTP interface."""
        known_at, as_of = self.text_of(self.known_at), self.text_of(self.as_of)
        return {"as_of": as_of, "known_at": known_at, "at_position": self.at_position}

    def place(self) -> dict[str, str]:
        """Those of its parameters that say where it stands."""
        place = {**self.coordinates(), KNOWN_AS: self.text_of(self.known_as)}
        return {name: str(value) for name, value in place.items() if value is not None}

    def query(self) -> dict[str, str]:
        """The parameters that lead here again, without those of the page."""
        return {**self.place(), "unit": self.unit.value, "lang": CODES[self.language]}

    def here(self, **changes: str | int | None) -> str:
        """The address of this page with parameters changed; those changed to None are left out."""
        return self.url(self.path, **{**self.own, **changes})

    def url(self, path: str, **parameters: str | int | None) -> str:
        """The address of another page below the ledger, seen from the same place."""
        given = {name: value for name, value in parameters.items() if value is not None}
        dropped = {name for name, value in parameters.items() if value is None}
        if not _RECORDED_TIME.isdisjoint(parameters):
            dropped.add(KNOWN_AS)
        query = {name: value for name, value in self.query().items() if name not in dropped}
        return f"{ROOT}/ledgers/{self.ledger_id}/{quote(path)}?{urlencode({**query, **given})}"

    def latest(self) -> str:
        """The address of this page at today and the head, whatever they are when it is opened."""
        return self.here(as_of=None, known_at=None, at_position=None)

    def bare(self) -> str:
        """The same without the parameters of the page: one of them was wrong, and would be again."""
        return replace(self, own={}).latest()

    @classmethod
    def of(cls, ledger_id: str, path: str, values: Mapping[str, Any], language: Language) -> Self:
        """From the values of the parameters; `language` where the address names none."""
        known_at, at_position = values["known_at"], values["at_position"]
        if values[SHOWN_KNOWN_AT] is not None:
            # The form of the two clocks sends both: what the reader did not touch is the position.
            is_untouched = known_at == values[SHOWN_KNOWN_AT] and at_position is not None
            known_at, at_position = (None, at_position) if is_untouched else (known_at, None)
        return cls(
            ledger_id=ledger_id,
            path=path,
            as_of=values["as_of"],
            known_at=known_at,
            at_position=at_position,
            unit=AmountUnit(values["unit"]),
            language=LANGUAGES.get(values["lang"] or "", language),
            known_as=None if at_position is None else values[KNOWN_AS],
        )

    @staticmethod
    def text_of(value: RecordedTime | None) -> str | None:
        """A day, an instant or a minute as an address has it."""
        if not isinstance(value, datetime):
            return None if value is None else value.isoformat()
        return minute_text(value) if value.tzinfo is None else format_instant(value)


def own_parameters(query: Mapping[str, str]) -> dict[str, str]:
    """Those of a query that are the page's."""
    return {name: value for name, value in query.items() if name not in _OF_VIEW}
