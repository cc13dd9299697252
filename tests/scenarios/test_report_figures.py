"""Three published reports, loaded over HTTP: the service derives their money figures at the printed precision."""

import json
import sys
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Final, Protocol

import httpx
import pytest

from scripts import build_examples
from tests.scenarios.report_figures import (
    CASE_OF,
    ROWS,
    Row,
    derived_or_money,
    field,
    figures,
    item_of,
    not_yet_derivable,
    value_of,
)

EXAMPLES: Final = Path(__file__).resolve().parents[2] / "examples"
CHUNK: Final = 40

each_ledger = pytest.mark.parametrize("ledger", CASE_OF)
each_agreeing = pytest.mark.parametrize(
    "row", [row for row in ROWS if row.ledger_gives is None], ids=lambda row: f"{row.ledger}:{row.figure_id}"
)
each_contradicted = pytest.mark.parametrize(
    "row", [row for row in ROWS if row.ledger_gives is not None], ids=lambda row: f"{row.ledger}:{row.figure_id}"
)


class Server(Protocol):
    """A running service."""

    url: str


class Ledgers:
    """The loaded ledgers; each question is asked once."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._answers: dict[tuple[str, str], Mapping[str, Any]] = {}

    def ask(self, ledger: str, query: str) -> Mapping[str, Any]:
        if (ledger, query) not in self._answers:
            response = self._client.get(f"/v1/ledgers/{ledger}/{query}")
            assert response.status_code == 200, response.text
            self._answers[ledger, query] = response.json()
        return self._answers[ledger, query]

    def value(self, row: Row) -> Decimal | None:
        return value_of(row, self.ask(row.ledger, row.query))


@pytest.fixture(scope="module")
def ledgers(server: Server) -> Iterator[Ledgers]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        for ledger in CASE_OF:
            load(client, ledger)
        yield Ledgers(client)


def load(client: httpx.Client, ledger: str) -> None:
    """Opens the ledger and records its file, a part after the other. Doing it again changes nothing."""
    opening = {"ledger_id": ledger, "name": ledger}
    response = client.post("/v1/ledgers", json=opening, headers={"Idempotency-Key": f"open-{ledger}"})
    assert response.status_code == 201, response.text
    for number, commands in enumerate(parts(ledger)):
        response = client.post(
            f"/v1/ledgers/{ledger}/batch",
            json={"commands": commands},
            headers={"Idempotency-Key": f"{ledger}-part-{number}"},
        )
        assert response.status_code == 201, response.text


def parts(ledger: str) -> Iterator[list[dict[str, Any]]]:
    lines = (EXAMPLES / f"{ledger}.jsonl").read_text(encoding="utf-8").splitlines()
    for start in range(0, len(lines), CHUNK):
        yield [json.loads(line) for line in lines[start : start + CHUNK]]


def rounded(value: Decimal | None, like: str) -> Decimal | None:
    """The value at the precision of a printed figure, half away from zero."""
    return None if value is None else value.quantize(Decimal(like), ROUND_HALF_UP)


@each_agreeing
def test_the_ledger_derives_what_the_report_prints(ledgers: Ledgers, row: Row) -> None:
    assert rounded(ledgers.value(row), row.expected) == Decimal(row.expected), row


@each_contradicted
def test_where_a_report_contradicts_itself_the_ledger_gives_one_value(ledgers: Ledgers, row: Row) -> None:
    assert row.ledger_gives is not None
    assert rounded(ledgers.value(row), row.ledger_gives) == Decimal(row.ledger_gives), row
    assert rounded(ledgers.value(row), row.expected) != Decimal(row.expected), row


def test_the_printed_75_is_the_mean_of_two_rates_that_the_ledger_gives(ledgers: Ledgers) -> None:
    answer = ledgers.ask("jincheng-2023", "projects?as_of=2023-12-31")
    rates = [
        Decimal(str(field(answer, f"{work}.execution_rate"))) for work in ("j3-old-communities", "j3-kindergarten")
    ]
    assert rates == [Decimal("66.39"), Decimal("83.61")]
    assert sum(rates) / 2 == 75


def test_spending_of_the_rural_programme_stands_to_the_fen(ledgers: Ledgers) -> None:
    answer = ledgers.ask("jincheng-2023", "execution?group_by=programme&as_of=2023-12-31")
    programme = "财政衔接推进乡村振兴补助资金项目"
    assert field(answer, f"{programme}.disbursed") == "35975300.00"
    assert field(answer, f"{programme}.adjusted_budget") == "62231500.00"
    assert field(answer, f"{programme}.execution_rate") == "57.81"
    assert len(answer["items"]) == 9


def test_no_initial_budget_is_given_where_none_is_printed(ledgers: Ledgers) -> None:
    answer = ledgers.ask("jincheng-2023", "execution?group_by=programme&as_of=2023-12-31")
    initial = {item["key"]: item["initial_budget"] for item in answer["items"] if item["initial_budget"] is not None}
    assert initial == {"机关事务中心部门整体支出": "27374500.00"}


def test_what_was_paid_in_full_is_a_payment_and_a_transfer(ledgers: Ledgers) -> None:
    answer = ledgers.ask("tianjiaan-2023", "projects?as_of=2023-11-01")
    assert field(answer, "b-yaojiawan.disbursed") == "327000000.00"
    assert field(answer, "b-yaojiawan.transferred") == "177000000.00"
    assert field(answer, "b-yaojiawan.execution_rate") == "100.00"


def test_spending_above_the_budget_is_flagged(ledgers: Ledgers) -> None:
    answer = ledgers.ask("jiedao-2020", "projects?as_of=2020-12-31")
    assert field(answer, "public-services.execution_rate") == "124.06"
    assert "overrun" in item_of(answer, "public-services")["flags"]
    assert "overrun" not in item_of(answer, "city-management")["flags"]


def test_a_kindergarten_in_use_before_its_acceptance_is_flagged(ledgers: Ledgers) -> None:
    answer = ledgers.ask("jincheng-2023", "projects?as_of=2023-12-31")
    assert "used-before-acceptance" in item_of(answer, "j3-kindergarten")["flags"]


@each_ledger
def test_the_table_of_figures_is_complete_in_the_answers(ledgers: Ledgers, ledger: str) -> None:
    rows = [row for row in ROWS if row.ledger == ledger]
    sys.stdout.write(f"{ledger}: {len(rows)} figures; not derivable yet: {' '.join(not_yet_derivable(ledger))}\n")
    for row in rows:
        value = ledgers.value(row)
        assert value is not None, row
        cells = (row.figure_id, row.place, row.label, row.printed or "not printed", row.unit, f"{value:.2f}", row.note)
        sys.stdout.write(" | ".join(cells) + "\n")


@each_ledger
def test_every_figure_of_money_is_compared_or_named_as_not_derivable_yet(ledger: str) -> None:
    compared = [row.figure_id for row in ROWS if row.ledger == ledger]
    later = not_yet_derivable(ledger)
    assert len(set(compared)) == len(compared)
    assert len(set(later)) == len(later)
    assert not set(compared) & set(later)
    assert derived_or_money(ledger) <= set(compared) | set(later)
    assert set(compared) | set(later) <= figures(ledger).keys()


def test_the_example_files_are_what_the_script_writes() -> None:
    assert build_examples.main(["--check"]) == 0
