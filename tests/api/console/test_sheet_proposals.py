"""What is offered for the columns of another system's export: each heading for one field, a doubtful one for none."""

import pytest

from api.console.sheets.forms import form_of
from api.console.sheets.proposals import proposed

PAYMENT = "日期,指标编号,单位编号,项目编号,支付方式,金额（元）,凭证编号"
OFFERED = [
    (
        "record-disbursement",
        PAYMENT,
        {"effective_date": "日期", "line_id": "指标编号", "method": "支付方式", "amount": "金额（元）"}
        | {"voucher_no": "凭证编号"},
    ),
    ("register-project", PAYMENT, {"effective_date": "日期", "project_id": "项目编号"}),
    ("register-unit", PAYMENT, {"effective_date": "日期", "unit_id": "单位编号"}),
    (
        "open-line",
        PAYMENT,
        {"effective_date": "日期", "line_id": "指标编号", "unit_id": "单位编号", "project_id": "项目编号"},
    ),
    (
        "receive-appropriation",
        "日期,指标编号,指标名称,资金级次,预算口径,预算年度,金额（元）,文号",
        {"effective_date": "日期", "appropriation_id": "指标编号", "name": "指标名称", "source_level": "资金级次"}
        | {"budget_book": "预算口径", "fiscal_year": "预算年度", "amount": "金额（元）", "document_no": "文号"},
    ),
    ("receive-appropriation", "文件日期,日期精度", {"document_date": "文件日期", "date_precision": "日期精度"}),
    ("register-project", "上级项目编号", {"parent_project_id": "上级项目编号"}),
    ("record-disbursement", "项目编号,来源指标编号", {}),
]


@pytest.mark.parametrize(("command", "headings", "fields"), OFFERED)
def test_each_heading_is_proposed_for_the_one_field_that_it_fits_best(
    command: str, headings: str, fields: dict[str, str]
) -> None:
    assert proposed(form_of(command), headings.split(",")) == fields
