"""The pages of one line, one appropriation and one evaluation."""

import csv
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest

from tests.support.caller import ALLOCATION, DISBURSEMENT, EVALUATION, LATER, SPRING, Caller
from tests.support.console import Console
from tests.support.effort import sampled


def reversal(event: dict[str, Any]) -> dict[str, Any]:
    return {"effective_date": LATER, "event_id": event["event_id"], "reason": "重复录入"}


@pytest.fixture
def scored(founded: Caller) -> Caller:
    """An evaluation with both scores, one of them adjusted."""
    founded.record("/evaluations", EVALUATION)
    for indicator, score in (("a", "60"), ("b", "38")):
        founded.record(
            "/scores",
            {
                "effective_date": SPRING,
                "evaluation_id": "E1",
                "indicator": indicator,
                "score": score,
                "actual": "12 公里",
                "deviation_reason": "雨季停工",
            },
        )
    founded.record(
        "/score-adjustments",
        {"effective_date": LATER, "evaluation_id": "E1", "indicator": "b", "score": "30", "reason": "抽查不符"},
    )
    return founded


def test_a_line_shows_that_its_figures_add_up(console: Console, founded: Caller) -> None:
    founded.record("/disbursements", DISBURSEMENT)
    recovery = {
        "effective_date": LATER,
        "line_id": "L1",
        "amount": "50.00",
        "destination": "treasury",
        "document_no": "收1",
    }
    founded.record("/recoveries", recovery)
    shown = console.open("lines/L1", unit="yuan")
    assert shown.text(".equation").startswith(
        "全年预算 600.00 = 累计支出 100.00 + 收回 50.00 + 结转 0.00 + 可用余额 450.00"
    )
    assert shown.text(".equation .ok") == "✓ 平衡"


@pytest.mark.usefixtures("founded")
def test_a_line_leads_to_its_project_and_its_appropriation(console: Console) -> None:
    shown = console.open("lines/L1")
    assert "/projects/P1?" in shown.link("村村通公路")
    assert "/appropriations/A1?" in shown.link("中央衔接资金")


def test_late_entries_and_reversals_are_marked_in_the_history(console: Console, founded: Caller) -> None:
    paid = founded.record("/disbursements", DISBURSEMENT)
    undone = founded.record("/reversals", reversal(paid))
    marks = console.open("lines/L1").texts("#table-history tbody tr")
    of_payment = next(row for row in marks if f"#{paid['position']}" in row.split()[-1])
    assert f"已被 #{undone['position']} 冲销" in of_payment
    assert f"补录 {paid['late_days']} 天" in of_payment
    of_reversal = next(row for row in marks if f"#{undone['position']}" in row.split()[-1])
    assert f"冲销 #{paid['position']}" in of_reversal
    assert "重复录入" in of_reversal


def test_a_reversal_that_is_not_known_yet_marks_nothing(console: Console, founded: Caller) -> None:
    paid = founded.record("/disbursements", DISBURSEMENT)
    founded.record("/reversals", reversal(paid))
    assert "冲销" not in console.open("lines/L1", at_position=paid["position"]).text("#table-history")


def test_before_the_date_of_the_reversal_the_history_says_that_it_is_yet_to_come(
    console: Console, founded: Caller
) -> None:
    paid = founded.record("/disbursements", DISBURSEMENT)
    undone = founded.record("/reversals", reversal(paid))
    before = (date.fromisoformat(LATER) - timedelta(days=1)).isoformat()
    for thing in ("lines/L1", "appropriations/A1"):
        shown = console.open(thing, as_of=before)
        assert f"此后被 #{undone['position']} 冲销" in shown.texts("#table-history tbody tr")[0]
        assert not shown.all("#table-history .chip.over")
        assert f"此后被 #{undone['position']} 冲销" in console.open(f"{thing}/history.csv", as_of=before).response.text


def test_the_history_adds_up_to_the_figures_on_the_page_and_in_the_file(console: Console, founded: Caller) -> None:
    more = founded.record("/allocations", ALLOCATION | {"amount": "7.77", "stage": "additional"})
    founded.record("/reversals", reversal(more))
    paid = founded.record("/disbursements", DISBURSEMENT)
    returned = {"effective_date": LATER, "event_id": paid["event_id"], "amount": "40.00", "reason": "多付"}
    founded.record("/disbursement-returns", returned)

    def changes(path: str, title: str) -> list[str]:
        text = console.open(f"{path}/history.csv", unit="yuan").response.content.decode("utf-8-sig")
        return [row[f"{title}（元）"] for row in csv.DictReader(StringIO(text))]

    content = console.open("lines/L1/history.csv").response.content.decode("utf-8-sig")
    assert "向项目指标 L1 下达追加指标" in content, "a file has no small print"
    assert changes("lines/L1", "可用余额变动") == ["40.00", "-7.77", "-100.00", "7.77", "600.00", ""]
    assert changes("appropriations/A1", "可用余额变动") == ["40.00", "-7.77", "-100.00", "7.77", "600.00", "", ""]
    assert changes("appropriations/A1", "未下达变动") == ["", "7.77", "", "-7.77", "-600.00", "", "1000.00"]
    rows = console.open("lines/L1", unit="yuan").texts("#table-history tbody tr")
    assert "退回 +40.00" in rows[0]
    assert "冲销 \N{MINUS SIGN}7.77" in rows[1]


@pytest.mark.parametrize(
    "path", sampled(["lines/none", "appropriations/none", "evaluations/none", "lines/%F0%9F%92%A9"], one_in=2)
)
@pytest.mark.usefixtures("founded")
def test_a_thing_that_is_not_there_is_said(console: Console, path: str) -> None:
    assert console.open(path).response.status_code == 404


@pytest.mark.usefixtures("founded")
def test_an_appropriation_shows_its_sums_its_lines_and_its_clock(console: Console) -> None:
    shown = console.open("appropriations/A1", unit="yuan", as_of="2023-06-30")
    assert [text.split()[0] for text in shown.texts(".fig")] == ["1,000.00", "600.00", "400.00", "0.00", "0.00"]
    assert shown.texts("#table-lines tbody th") == ["L1"]
    assert shown.text("h1") == "中央衔接资金 ▲ 超期 150 天"
    assert "期限届满 2023-01-31" in shown.text("#main")


def test_what_was_allocated_only_after_the_term_is_told_from_what_was_in_time(
    console: Console, founded: Caller
) -> None:
    founded.record("/allocations", ALLOCATION | {"amount": "400.00", "stage": "additional"})
    late = console.open("appropriations/A1", unit="yuan")
    assert "届满时未下达 1,000.00 元 ▲ 超期下达" in late.text("#main")
    assert late.text("h1") == "中央衔接资金 已全部下达"
    early = console.open("appropriations/A1", as_of="2023-01-15")
    assert "届满时未下达 尚未届满" in early.text("#main")
    assert "余 16 天" in early.text("h1")


def test_an_evaluation_shows_its_indicators_by_level_and_why_scores_changed(scored: Caller, console: Console) -> None:
    shown = console.open("evaluations/E1")
    assert shown.texts(".level") == ["产出 60.00 60.00", "效果 40.00 30.00"]
    assert [text.split()[0] for text in shown.texts(".fig")] == ["90.00", "0.00", "优"]
    step = shown.text(".step")
    assert step.startswith("38.00 → 30.00 抽查不符 #")
    recorded = shown.texts("#table-history tbody tr")
    assert "b 满意度 38.00 → 30.00 \N{MINUS SIGN}8.00" in recorded[-1]
    assert "a 里程 +60.00" in recorded[1]
    content = console.open("evaluations/E1/history.csv").response.content.decode("utf-8-sig")
    in_file = list(csv.DictReader(StringIO(content)))
    assert [in_file[-1][name] for name in ("内容", "调整前", "调整后", "得分变动")] == [
        *("b 满意度", "38.00", "30.00", "-8.00")
    ]
    assert in_file[1]["调整前"] == ""
    score = f"events/{in_file[-1]['流水号'].removeprefix('#')}"
    assert console.open(score).link("冲销这笔流水")
    final = scored.record("/evaluation-finalisations", {"effective_date": LATER, "evaluation_id": "E1"})
    assert not console.open(score).all("a[href*='/record/reverse-event']")
    assert console.open(f"events/{final['position']}").link("冲销这笔流水")
    assert "未定稿" in shown.text("h1")
    assert "雨季停工" in shown.text("#main")
    assert "/projects/P1?" in shown.link("村村通公路")


@pytest.mark.usefixtures("scored")
def test_the_adjustments_are_a_table_of_their_own_as_a_file(console: Console) -> None:
    given = console.open("evaluations/E1/adjustments.json").response.json()
    assert [(each["code"], each["previous"], each["score"]) for each in given["items"]] == [("b", "38.00", "30.00")]


def test_an_evaluation_that_is_only_a_total_says_so(console: Console, founded: Caller) -> None:
    founded.record("/evaluations", EVALUATION | {"indicators": []})
    founded.record("/results", {"effective_date": SPRING, "evaluation_id": "E1", "total": "89.93"})
    shown = console.open("evaluations/E1")
    assert shown.texts(".fig") == ["89.93", "0.00", "良"]
    assert "只录入了总分" in shown.text("#main")
