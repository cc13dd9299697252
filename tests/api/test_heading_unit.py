"""In whatever spelling a heading names a unit of money, its amounts are not taken for those of another."""

import pytest

from api.schemas.heading_unit import unit_of_heading


@pytest.mark.parametrize(
    ("heading", "named"),
    [
        ("金额（千元）", "千元"),
        ("金额(单位:万元)*", "万元"),
        ("金额（含税，元）", "元"),
        ("金额【亿】", "亿元"),
        ("金额（美元）", "美元"),
        ("金额千元", "千元"),
        ("金额（含税）", None),
        ("次元", None),
        ("Disbursed (CNY 10k)", "万元"),
        ("付款额(CNY 10k)", "万元"),
        ("Disbursed (10,000 CNY)", "万元"),
        ("Paid (in ten thousand yuan, incl. tax)", "万元"),
        ("付款额（RMB万）", "万元"),
        ("付款额（ 万 元 ）", "万元"),
        ("付款额（万　元）", "万元"),
        ("付款额﹙万元﹚", "万元"),
        ("付款额（万元 含税）", "万元"),
        ("本年支出万元数", "万元"),
        ("付款额 单位：万元", "万元"),
        ("Amount (CNY)", "元"),
        ("Paid from CNY", "元"),
        ("Amount 10k CNY", "万元"),
        ("付款额（RMB: 10K）", "万元"),
        ("付款额“万元”", "万元"),
        ("付款额（不含税）元", "元"),
        ("付款额_元", "元"),
        ("Amount, CNY million", "百万元"),
        ("付款额（人民币）", "元"),
        ("付款额（分）", "分"),
        ("付款额(角)", "角"),
        ("付款额（USD）", "USD"),
        ("付款额（元/万元）", "元/万元"),
        ("付款单位", None),
        ("Amount (net of tax)", None),
        ("10万元以上项目（个）", None),
    ],
)
def test_a_heading_may_name_a_unit(heading: str, named: str | None) -> None:
    assert unit_of_heading(heading) == named
