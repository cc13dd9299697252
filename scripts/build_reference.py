"""Writes docs/reference from the code, so that it cannot say anything else than the code does.

python -m scripts.build_reference            write the pages
python -m scripts.build_reference --check    exit 1 when a page on disk is not what would be written

A page is made of docstrings, types and tables of the code, and of samples that a real log recorded.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from scripts import reference_access, reference_events, reference_limits, reference_refusals, reference_settings

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "docs" / "reference"
PAGES: Final[dict[str, Callable[[], str]]] = {
    "access.md": reference_access.page,
    "events.md": reference_events.page,
    "limits.md": reference_limits.page,
    "refusals.md": reference_refusals.page,
    "settings.md": reference_settings.page,
}


def outdated() -> list[Path]:
    """The pages that do not hold what they are to hold, or do not exist."""
    return [
        FOLDER / name
        for name, page in PAGES.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != page()
    ]


def main(arguments: list[str] | None = None) -> int:
    """Writes or checks; the exit code."""
    parser = argparse.ArgumentParser(description="Write docs/reference from the code.")
    parser.add_argument("--check", action="store_true", help="only compare with the pages on disk")
    if parser.parse_args(arguments).check:
        different = outdated()
        for path in different:
            print(f"{path.relative_to(ROOT)} differs: run python -m scripts.build_reference", file=sys.stderr)
        return 1 if different else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
        print((FOLDER / name).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
