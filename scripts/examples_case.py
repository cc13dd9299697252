"""One published report: its figures by id, where each stands, and the evidence a recorded fact carries."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml

CASES: Final = Path(__file__).resolve().parents[1] / "examples" / "cases"
YUAN_PER_WAN: Final = 10_000
REF_LENGTH_MAX: Final = 128


@dataclass(frozen=True)
class Evidence:
    """What a fact rests on. `assumed` says that the fact holds something the report does not print."""

    basis: str
    ref: str


class Case:
    """The figures of examples/cases/<name>.yaml."""

    def __init__(self, name: str) -> None:
        text = (CASES / f"{name}.yaml").read_text(encoding="utf-8")
        self.content: dict[str, Any] = yaml.safe_load(text)
        self._figures: dict[str, dict[str, Any]] = {each["id"]: each for each in self.content["figures"]}
        self._titles = {each["id"]: each["title"].replace(" ", "") for each in self.content["documents"]}

    def figure(self, figure_id: str) -> dict[str, Any]:
        """A printed figure with its section, label, evidence and lines."""
        return self._figures[figure_id]

    def text(self, figure_id: str) -> str:
        """The value as printed."""
        return str(self.figure(figure_id)["value"])

    def count(self, figure_id: str) -> int:
        """The value of a figure that counts things."""
        return int(self.text(figure_id))

    def day(self, figure_id: str) -> str:
        """The printed date as YYYY-MM-DD."""
        return str(self.figure(figure_id)["iso"])

    def yuan(self, *figure_ids: str) -> Decimal:
        """The sum of printed amounts of money, in yuan, exact to the fen."""
        return sum((self._yuan(each) for each in figure_ids), Decimal(0))

    def project(self, name: str) -> dict[str, Any]:
        """What the report says about the project whose printed name begins so."""
        return next(each for each in self.content["projects"] if each["name"].startswith(name))

    def reported(self, *figure_ids: str, note: str = "") -> Evidence:
        """The report prints it; `note` says what is only marked as absent."""
        return Evidence("reported", self._ref(figure_ids, note))

    def assumed(self, what: str, *figure_ids: str) -> Evidence:
        """The report prints the figures but not `what`, which the record cannot do without."""
        return Evidence("assumed", self._ref(figure_ids, f"推定: {what}"))

    def _yuan(self, figure_id: str) -> Decimal:
        figure = self.figure(figure_id)
        # `wan` is given where the report prints another unit, or a word such as 无.
        wan = str(figure["wan"]) if "wan" in figure else self.text(figure_id).replace(",", "")
        yuan = Decimal(wan) * YUAN_PER_WAN
        if yuan != yuan.quantize(Decimal("0.01")):
            raise ValueError(figure_id)
        return yuan

    def _ref(self, figure_ids: tuple[str, ...], note: str) -> str:
        sections = dict.fromkeys(self.figure(each)["sec"] for each in figure_ids)
        lines = sorted({line for each in figure_ids for line in self.figure(each)["lines"]})
        parts = [
            f"《{self._title(next(iter(sections), ''))}》",
            " / ".join(self._section(each) for each in sections),
            f"第{'、'.join(str(line) for line in lines)}行" if lines else "",
            f"[{' '.join(figure_ids)}]" if figure_ids else "",
            note,
        ]
        ref = " ".join(part for part in parts if part)
        if len(ref) > REF_LENGTH_MAX:
            raise ValueError(ref)
        return ref

    def _title(self, section: str) -> str:
        # A seed of two reports starts the names of its sections with the id of the report.
        return str(self._titles.get(section[:1]) or next(iter(self._titles.values())))

    def _section(self, section: str) -> str:
        name = str(self.content["sections"][section])
        head, _, rest = name.partition(" ")
        return rest if head in self._titles else name
