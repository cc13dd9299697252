"""An import needs as much memory for a long file as for a short one."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import CommandLine
from tests.support.command_rows import GROUND, payment
from tests.support.effort import full_only
from tests.support.processes import started

SHORT_PAIRS = 12_000
LONG_PAIRS = SHORT_PAIRS * 4
MORE_BYTES_MAX = 15_000_000
"""Caches that have an end take 9 MB of it between 24,000 and 36,000 rows, and nothing after that (measured at 48,000
too). So 80 bytes that every row left behind are seen."""

IMPORT_AND_TELL_PEAK = """
import re
import sys
from pathlib import Path
from api.cli import main
try:
    main()
finally:
    status = Path("/proc/self/status").read_text("ascii")
    Path(f"{sys.argv[4]}.peak").write_text(re.search(r"VmHWM:\\s*(\\d+) kB", status)[1], "ascii")
"""


@full_only
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is read from /proc")
def test_several_times_as_many_rows_take_no_more_memory(tmp_path: Path) -> None:
    short = peak_bytes(tmp_path, "short", SHORT_PAIRS)
    long = peak_bytes(tmp_path, "long", LONG_PAIRS)
    print(f"{2 * SHORT_PAIRS} rows: {short / 1e6:.1f} MB, {2 * LONG_PAIRS} rows: {long / 1e6:.1f} MB")  # noqa: T201 (the figures are what the test shows)
    assert long - short < MORE_BYTES_MAX


def peak_bytes(folder: Path, ledger: str, pairs: int) -> int:
    """The largest resident size of the process that imported a file."""
    path = CommandLine("", folder).file(f"{ledger}.jsonl", rows(pairs))
    command = [sys.executable, "-c", IMPORT_AND_TELL_PEAK, "import", str(path), "--ledger", ledger, "--json"]
    with started(command, folder, f"sqlite:///{folder}/{ledger}.db") as child:
        assert child.process.wait(240) == 0, child.said()
    return int((folder / f"{ledger}.peak").read_text("ascii")) * 1024


def rows(pairs: int) -> Iterator[dict[str, Any]]:
    """Projects, each a boundary of its own, and payments; each row has a key."""
    yield from GROUND
    yield {**GROUND[-1], "amount": "900000.00", "stage": "additional"}
    for number in range(pairs):
        yield {**GROUND[2], "project_id": f"p{number}", "key": f"project-{number}"}
        yield payment(f"v{number}", key=f"payment-{number}")
