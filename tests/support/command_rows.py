"""Rows of import files: a small ledger, and payments from its one line."""

from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]

DAY = "2023-03-01"
GROUND: tuple[Row, ...] = (
    {"command": "register-unit", "effective_date": DAY, "unit_id": "u", "name": "青石县财政局", "kind": "finance"},
    {
        "command": "receive-appropriation",
        "effective_date": DAY,
        "appropriation_id": "a",
        "name": "省级资金",
        "source_level": "provincial",
        "budget_book": "general_public",
        "fiscal_year": 2023,
        "amount": "1000000.00",
        "document_no": "1号",
    },
    {
        "command": "register-project",
        "effective_date": DAY,
        "project_id": "p",
        "name": "村村通公路",
        "category": "road",
        "lead_unit_id": "u",
        "start_year": 2023,
    },
    {
        "command": "open-line",
        "effective_date": DAY,
        "line_id": "l",
        "appropriation_id": "a",
        "project_id": "p",
        "unit_id": "u",
    },
    {
        "command": "allocate-funds",
        "effective_date": DAY,
        "line_id": "l",
        "amount": "5000.00",
        "stage": "initial",
        "document_no": "2号",
    },
)


def payment(voucher_no: str, amount: str = "1.00", **fields: Any) -> Row:
    return {
        "command": "record-disbursement",
        "effective_date": DAY,
        "line_id": "l",
        "amount": amount,
        "voucher_no": voucher_no,
        **fields,
    }


def payments(count: int) -> Iterator[Row]:
    return (payment(f"v{number}") for number in range(count))
