"""A clerk has the console look at files that are small as they come and large when they are read.

Others are answered meanwhile as if nothing was, the file of another clerk is looked at too, and the memory stays.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import httpx
import pytest

from domain.access import Role
from tests.api.console.test_import import GOOD, HEADINGS, csv_of
from tests.support.caller import new_caller
from tests.support.effort import full_only
from tests.support.hostile_books import (
    cell_without_end,
    formulas_among_spaces,
    headings_everywhere,
    one_text,
    sheets_of_one_part,
)
from tests.support.identified import bearing, key_by_command
from tests.support.processes import Server, serving
from tests.support.resident import resident_bytes

PAGES: Final = 48
TRIED_AGAIN_S: Final = 3.0
"""As a page that was told to come again does."""
LASTS_S: Final = 12.0
SLOWEST_S: Final = 1.0
SLOWEST_PAGE_S: Final = 20.0
"""The wait and the time limit of the process, where clients and server share two processors."""
GROWTH_BYTES: Final = 64_000_000
BUSY, REFUSED, READ = 503, 422, 200
COOKIE: Final = "fundtrail_credential"
DIFFERENT: Final = 4
"""Books of a kind: more than are remembered of the largest."""

BOOKS: Final[dict[str, Callable[[int], bytes]]] = {
    "a text again and again": lambda number: one_text("x" * (1_000 + number), 10_000, 30),
    "many sheets": lambda number: one_text("x" * (1 + number), 10_000, 14, sheets=40),
    "as much as is read": lambda number: one_text("x" * (12 + number), 9_990, 50),
    "headings": lambda number: headings_everywhere(36 + number, 60, 200),
    "small ones": lambda number: one_text("x" * (1 + number), 3_000, 14, sheets=2),
    "a cell without end": lambda number: cell_without_end(50_000_000 + 7 * number),
    "formulas among spaces": lambda number: formulas_among_spaces(10_000 + number),
    "a sheet again": lambda number: sheets_of_one_part(30_000_000 + 11 * number, 40),
}


@full_only
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize("kind", BOOKS)
def test_others_are_answered_while_hostile_books_are_looked_at(tmp_path: Path, sqlite_url: str, kind: str) -> None:
    roles = (Role.APPROVER, Role.CLERK, Role.CLERK)
    approver, clerk, hostile = (key_by_command(sqlite_url, tmp_path, role) for role in roles)
    with serving(tmp_path, sqlite_url, auth="on") as server:
        with httpx.Client(base_url=server.url, headers=bearing(approver), timeout=30) as client:
            caller = new_caller(client)
            caller.found()
        pages = [page_of(server, caller.ledger_id, hostile, BOOKS[kind](number)) for number in range(DIFFERENT)]
        own = page_of(server, caller.ledger_id, clerk, csv_of(HEADINGS, *GOOD))
        asks(server, clerk, own, 0)
        before, ends_s = resident_bytes(server.process.pid), time.monotonic() + LASTS_S
        with ThreadPoolExecutor(PAGES + 1) as clients:
            asked = [clients.submit(asks, server, hostile, pages[each % DIFFERENT], ends_s) for each in range(PAGES)]
            others = clients.submit(asks, server, clerk, own, ends_s)
            times_s = sorted(read_and_recorded(server, caller.ledger_id, clerk, ends_s))
        answers, honest = [answer for each in asked for answer in each.result()], others.result()
        grown = resident_bytes(server.process.pid) - before
    counts = Counter(status for status, _took_s in answers)
    slowest_s = max(took_s for _status, took_s in answers)
    p99_s = times_s[int(len(times_s) * 0.99)]
    print(  # noqa: T201 (the figures are what the test is for)
        f"{kind}: {len(answers)} answers to {PAGES} clients ({dict(counts)}), slowest {slowest_s:.1f} s; "
        f"{len(times_s)} honest requests meanwhile, p99 {p99_s * 1000:.0f} ms, slowest {times_s[-1] * 1000:.0f} ms; "
        f"another clerk's page {len(honest)} times, slowest {max(took_s for _status, took_s in honest):.1f} s; "
        f"{grown / 1e6:.1f} MB more memory"
    )
    assert set(counts) <= {BUSY, REFUSED, READ}
    assert counts[BUSY], "there were more than can wait"
    assert {status for status, _took_s in honest} == {READ}
    assert slowest_s < SLOWEST_PAGE_S
    assert p99_s < SLOWEST_S
    assert grown < GROWTH_BYTES


def page_of(server: Server, ledger_id: str, key: str, content: bytes) -> str:
    """The page of a file that is sent."""
    sent = httpx.post(
        f"{server.url}/v1/ledgers/{ledger_id}/uploads",
        params={"name": "表.xlsx"},
        content=content,
        headers={"Content-Type": "application/octet-stream", **bearing(key)},
        timeout=30,
    )
    assert sent.status_code == 201, sent.text
    return f"/console/ledgers/{ledger_id}/import/{sent.json()['upload_id']}"


def asks(server: Server, key: str, page: str, ends_s: float) -> list[tuple[int, float]]:
    """What was answered, and after how many seconds, to somebody who has it looked at again and again until then."""
    answers: list[tuple[int, float]] = []
    with httpx.Client(base_url=server.url, cookies={COOKIE: key}, timeout=60) as client:
        while not answers or time.monotonic() < ends_s:
            begin = time.monotonic()
            answer = client.get(page, follow_redirects=True)
            answers.append((answer.status_code, time.monotonic() - begin))
            page = str(answer.url)
            if answer.status_code == BUSY:
                assert int(answer.headers["Retry-After"]) > 0
                time.sleep(TRIED_AGAIN_S)
    return answers


def read_and_recorded(server: Server, ledger_id: str, key: str, ends_s: float) -> list[float]:
    """How long reads and payments took, one after the other."""
    times_s = []
    with httpx.Client(base_url=f"{server.url}/v1/ledgers/{ledger_id}", headers=bearing(key), timeout=60) as client:
        number = 0
        while time.monotonic() < ends_s:
            number += 1
            payment = {"line_id": "L1", "amount": "0.01", "voucher_no": f"N{number}", "effective_date": "2023-06-01"}
            for method, path, body in (("GET", "/lines", None), ("POST", "/disbursements", payment)):
                begin = time.monotonic()
                answer = client.request(method, path, json=body, headers={"Idempotency-Key": f"{method}{number}"})
                times_s.append(time.monotonic() - begin)
                assert answer.status_code in {200, 201}, answer.text
            time.sleep(0.05)
    return times_s
