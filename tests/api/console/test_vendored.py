"""Files of others are what their makers gave out, and stand beside their licences."""

import hashlib
import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[3]
STATIC: Final = ROOT / "api" / "console" / "static"
BROWSER: Final = ROOT / "tests" / "browser"
NAMED: Final = {
    STATIC: ("htmx.org 4.0.1", "Zero-Clause BSD", "echarts 6.1.0", "Apache License 2.0", "BSD 3-Clause"),
    BROWSER: ("axe-core 4.14.1", "Mozilla Public License 2.0"),
}


def files_of_others(folder: Path) -> set[str]:
    """The names that say so themselves: minified code and licences."""
    return {
        path.name
        for path in folder.iterdir()
        if ".min." in path.name or "LICENSE" in path.name or "NOTICE" in path.name
    }


@pytest.mark.parametrize("folder", NAMED, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_files_of_others_are_unchanged_and_named_with_version_and_licence(folder: Path) -> None:
    note = (folder / "VENDORED.md").read_text(encoding="utf-8")
    hashes = dict(re.findall(r"\| (\S+) \| ([0-9a-f]{64}) \|", note))
    assert set(hashes) == files_of_others(folder)
    for name, expected in hashes.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected, name
    missing = [each for each in NAMED[folder] if each not in note]
    assert not missing
