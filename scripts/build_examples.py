"""Writes the example ledgers that hold real figures: examples/<ledger>.jsonl from examples/cases/<case>.yaml.

    python -m scripts.build_examples            write the files
    python -m scripts.build_examples --check    exit 1 when a file on disk is not what would be written

The cases keep every figure of three published reports with the lines where it stands. Rules of the translation:

- Every amount is taken from a figure by its id, or is a sum or difference of such amounts; 万元 become yuan exactly.
- `basis` is `reported` where the report prints the fact, `assumed` where the fact holds something it does not print.
  `source.ref` names report, section, lines and figures, and after 推定 what was assumed. A printed amount in an assumed
  fact is still the printed one. A voucher number is a mark of absence (未印 and the figure), which assumes nothing.
- The document behind an appropriation is printed nowhere; behind an allocation only in 田家庵's first report.
- A fund of which the report prints parts but one sum spent is one `mixed` (or `not_stated`) appropriation with one
  line: to split what was spent over the parts would be an invention.
- Allocation stage: `initial` only where the report says 年初预算; every other budget (预算, 安排, 债券资金, 总投资) is
  `additional`, so that `initial_budget` stays null where no initial budget is printed.
- Dates: registrations, receipts and initial budgets on the first day of the fiscal year, printed sums on the reference
  date of the report, both with precision `year`; a printed day with precision `day`.
- Where a project's first year is not printed it is the fiscal year of the report. Categories are our own words.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from scripts import examples_jiedao, examples_jincheng, examples_tianjiaan
from scripts.examples_book import Book

EXAMPLES: Final = Path(__file__).resolve().parents[1] / "examples"
LEDGERS: Final[dict[str, Callable[[], Book]]] = {
    examples_jincheng.LEDGER: examples_jincheng.commands,
    examples_tianjiaan.LEDGER: examples_tianjiaan.commands,
    examples_jiedao.LEDGER: examples_jiedao.commands,
}


def files() -> dict[Path, str]:
    """What each file is to hold."""
    return {
        EXAMPLES / f"{ledger}.jsonl": "".join(f"{line}\n" for line in commands().lines())
        for ledger, commands in LEDGERS.items()
    }


def outdated() -> list[Path]:
    """The files that do not hold what they are to hold, or do not exist."""
    return [path for path, text in files().items() if not path.exists() or path.read_bytes() != text.encode("utf-8")]


def main(arguments: list[str] | None = None) -> int:
    """Writes or checks; the exit code."""
    parser = argparse.ArgumentParser(description="Write the example ledgers with real figures.")
    parser.add_argument("--check", action="store_true", help="only compare with the files on disk")
    if parser.parse_args(arguments).check:
        different = outdated()
        for path in different:
            print(f"{path.relative_to(EXAMPLES.parent)} differs: run python -m scripts.build_examples", file=sys.stderr)
        return 1 if different else 0
    for path, text in files().items():
        path.write_bytes(text.encode("utf-8"))
        print(f"{path.relative_to(EXAMPLES.parent)}: {text.count(chr(10))} commands")
    return 0


if __name__ == "__main__":
    sys.exit(main())
