"""What to look at in the example ledgers: addresses, and what each of them shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Stop:
    """One address and what there is to see."""

    path: str
    shows: str


STOPS: Final = (
    Stop("/v1/ledgers", "the example ledgers 示例账套"),
    Stop(
        "/v1/ledgers/jincheng-2023/execution?group_by=programme&as_of=2023-12-31",
        "a published report, by programme: budgets, payments and execution rates of the year 各专项执行率",
    ),
    Stop(
        "/v1/ledgers/jincheng-2023/projects?as_of=2023-12-31&sort=-adjusted_budget&limit=5",
        "the five largest projects, each with its flags: in use before acceptance, assumed dates 项目与标记",
    ),
    Stop(
        "/v1/ledgers/tianjiaan-2023/appropriations?as_of=2023-12-31",
        "where the money came from, and what is still unallocated 来源指标",
    ),
    Stop(
        "/v1/ledgers/jiedao-2020/projects?as_of=2020-12-31",
        "124.06 %: spending above the budget is recorded as it happened, and flagged 超预算如实记录",
    ),
    Stop(
        "/v1/ledgers/story/projects?as_of=2023-04-18&known_at=2023-04-18",
        "the road on 18 April as known that day: 300,000.00 paid, one zero too many 当日所知",
    ),
    Stop(
        "/v1/ledgers/story/projects?as_of=2023-04-18&known_at=2023-04-30",
        "the same day as known on 30 April: reversed, 30,000.00 paid instead 同一天，冲销录入之后",
    ),
    Stop(
        "/v1/ledgers/story/diff?from_as_of=2023-12-31&from_known_at=2023-12-31"
        "&to_as_of=2023-12-31&to_known_at=2024-01-31",
        "what became known of the year end only in January, and through which events 年末数的变化",
    ),
    Stop(
        "/v1/ledgers/story/projects/road/history?as_of=2023-12-31",
        "every fact that made the road's figures, with who, when and why 项目流水",
    ),
    Stop(
        "/v1/ledgers/story/events/26",
        "the reversal itself: it repeats the fact it takes back, which stays in the log 冲销",
    ),
    Stop("/v1/ledgers/story/evaluations/road-2023?as_of=2023-12-31", "scores, one adjusted with its reason 绩效评价"),
    Stop("/v1/ledgers/story/checkpoint", "the size and root of the log, signed: what an auditor keeps 检查点"),
    Stop("/docs", "every address, to try in a browser 接口文档"),
)

REFUSED_PAYMENT: Final = (
    "more than is available is refused, with the figures 余额不足，拒绝支付",
    '{"line_id": "road-county", "amount": "999999.00", "voucher_no": "demo-1", "effective_date": "2024-01-31"}',
)

EVIDENCE: Final = (
    "a line's figures with their proof, checked without the server 证据包及离线核验",
    "curl -s -X POST '{url}/v1/ledgers/story/digests' -H 'Content-Type: application/json'"
    " -H 'Idempotency-Key: demo-digest' -d '{{}}'",
    "curl -so evidence.zip '{url}/v1/ledgers/story/evidence?line_id=road-county&as_of=2023-12-31'",
    "python3 -I -S verifier/fundtrail_verify.py evidence.zip --log-key \"$(curl -s '{url}/v1/ledgers/story/log.pub')\"",
)


def guide(url: str) -> Iterator[str]:
    """The lines to print, with the address of the server."""
    for stop in STOPS:
        yield f"# {stop.shows}"
        yield f"{url}{stop.path}" if stop.path == "/docs" else f"curl -s '{url}{stop.path}'"
    shows, *commands = EVIDENCE
    yield f"# {shows}"
    yield from (command.format(url=url) for command in commands)
    shows, body = REFUSED_PAYMENT
    yield f"# {shows}"
    yield (
        f"curl -s '{url}/v1/ledgers/story/disbursements' -H 'Content-Type: application/json'"
        f" -H 'Idempotency-Key: demo-1' -d '{body}'"
    )
