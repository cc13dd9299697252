"""Figures that do not follow from the entries."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.auditor import failed_levels, first_place, judged, trusting
from tests.support.evidence import (
    Asked,
    bundle_of,
    zipped,
)
from tests.support.evidence_log import story_log
from tests.support.tampered_evidence import (
    CLOSED,
    LOG,
    OPEN,
    YEAR_END,
    changed,
    first_reason,
    put,
    report_of,
    rewrite,
    rewritten,
)
from verifier.fundtrail_verify import Expected, Level

FIGURES = (
    "initial_budget", "adjusted_budget", "disbursed", "transferred", "recovered", "carried_out", "available",
    "execution_rate", "execution_rate_initial",
)  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_is_compared_and_named(name: str) -> None:
    report = changed(CLOSED, "claim.json", put("figures", name, value="1.11"))
    assert failed_levels(report) == {"figures"}
    assert first_place(report) == "figures: claim.json"
    assert first_reason(report).startswith(f"{name}: claimed 1.11, derived ")


@pytest.mark.parametrize("name", ["received", "allocated", "unallocated", "disbursed", "recovered"])
def test_each_figure_of_an_appropriation_is_compared_and_named(name: str) -> None:
    asked = Asked(tag="appropriation:A1", as_of=YEAR_END)
    report = changed(asked, "claim.json", put("figures", name, value=None))
    assert failed_levels(report) == {"figures"}
    assert first_reason(report).startswith(f"{name}: claimed None, derived ")


def test_all_wrong_figures_are_named_at_once() -> None:
    report = changed(CLOSED, "claim.json", lambda claim: claim["figures"].update(disbursed="0.00", available=None))
    assert first_reason(report) == ("disbursed: claimed 0.00, derived 609.99; available: claimed None, derived -394.99")


@pytest.mark.parametrize(
    "change",
    [
        put("figures", "spent", value="0.00"),
        lambda claim: claim["figures"].pop("recovered"),
        put("figures", "disbursed", value=60999),
        put("coordinates", "known_at", value="2024-01-10T01:00:00.000000Z"),
        put("coordinates", "as_of", value="2023-06-30"),
    ],
)
def test_other_figures_and_other_coordinates_are_not_derived(change: Callable[[Any], None]) -> None:
    assert failed_levels(changed(CLOSED, "claim.json", change)) == {"figures"}


def test_a_wrong_count_of_entries_is_named() -> None:
    report = changed(CLOSED, "claim.json", put("tag_count", value=9))
    assert failed_levels(report) == {"figures", "completeness"}
    assert first_reason(report) == "tag_count: claimed 9, derived 10"


@pytest.mark.parametrize(
    ("change", "position"),
    [
        (put("data", "amount", value=0), 23),
        (put("data", "amount", value="7777"), 23),
        (put("data", "amount", value=True), 23),
        (put("data", "amount", value=-7777), 23),
        (put("data", "kind", value="gift"), 23),
        (put("data", "more", value=1), 23),
        (put("data", "stage", value="late"), 22),
        (put("type", value="funds-lent.v1"), 22),
        (put("type", value="x-funds"), 22),
    ],
)
def test_a_fact_whose_effect_is_not_known_fails_the_figures(
    change: Callable[[dict[str, Any]], None], position: int
) -> None:
    fault = rewritten(change, position).faults[Level.FIGURES]
    assert (fault.file, fault.position) == ("entries.jsonl", position)


def test_a_fact_is_taken_back_once() -> None:
    log = story_log()
    rewrite(log, lambda entry: entry.update(json.loads(log.entries[25]) | twice(entry)), 27)
    fault = report_of(bundle_of(log, OPEN)).faults[Level.FIGURES]
    assert fault.place == "entries.jsonl, position 27"
    assert "taken back before" in fault.reason


def twice(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in ("position", "recorded_at", "id", "command_id", "tags")}


@pytest.mark.parametrize(
    ("expected", "why"),
    [
        (Expected(subject="line:L1"), "subject: claimed line:L2, expected line:L1"),
        (Expected(as_of="2023-12-30"), "as_of: claimed 2023-12-31, expected 2023-12-30"),
        (Expected(position=26), "position: claimed 27, expected 26"),
        (Expected("project:P2", "2023-12-31", 1), "subject: claimed line:L2, expected project:P2; position: claimed"),
    ],
)
def test_another_claim_than_the_one_expected_fails_the_figures(expected: Expected, why: str) -> None:
    report = report_of(bundle_of(LOG, OPEN), trusting(LOG.signer, expected=expected))
    assert failed_levels(report) == {"figures"}
    assert why in first_reason(report)


def test_the_claim_that_was_expected_holds() -> None:
    for expected in (Expected("line:L2", "2023-12-31", LOG.head), Expected(subject="line:L2"), Expected(position=27)):
        assert judged(zipped(bundle_of(LOG, OPEN)), trusting(LOG.signer, expected=expected)).exit_code == 0
