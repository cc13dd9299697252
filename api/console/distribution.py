"""分解下达: for how many days money has been held without being allocated in full, against the legal term."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from api.console.asked import Asked
from api.console.figures import hundredths_of
from api.console.table import Column, Kind, Row
from api.console.texts import mark as _
from domain.dates import parse_day

TERM_DAYS: Final = 30
SOURCE: Final = _(
    "期限依据：《中华人民共和国预算法》（2018 年修正）第五十二条，省级政府接到中央转移支付后，"
    "应当在三十日内正式下达到本行政区域县级以上各级政府。本页以此三十日为尺度，自收到之日起按日历日计算；"
    "其他级次和专项资金的下达期限，以其管理办法为准。"
)
RECEIVED_ON: Final = "received_on"
"""What rows of appropriations are given beside their fields: the day of receipt."""

_RECEIVED: Final = "appropriation-received.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Where the clock of one appropriation stands at a business date. `is_open`: something is not allocated yet."""

    received_on: date
    as_of: date
    is_open: bool

    @property
    def ends_on(self) -> date:
        """The last day of the term."""
        return self.received_on + timedelta(days=TERM_DAYS)

    @property
    def days(self) -> int:
        """Days since the receipt."""
        return (self.as_of - self.received_on).days

    @property
    def is_over(self) -> bool:
        """Whether the term has ended, so that what was allocated by then is known."""
        return self.as_of >= self.ends_on

    @property
    def is_exceeded(self) -> bool:
        """Whether the clock still runs, and longer than it may."""
        return self.is_open and self.days > TERM_DAYS


async def receipts(asked: Asked) -> Mapping[str, str]:
    """The day on which each appropriation was received, by id."""
    found = await asked.get_all("events", type=_RECEIVED, as_of=None)
    return {event["data"]["appropriation_id"]: event["effective_date"] for event in found["items"]}


async def with_receipt(asked: Asked, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows of appropriations, each with the day of its receipt."""
    days = await receipts(asked) if rows else {}
    return [{**row, RECEIVED_ON: days[row["appropriation_id"]]} for row in rows]


def distribution_of(asked: Asked, row: Row, received_on: str) -> Distribution:
    """The clock of an appropriation at the date of the page."""
    as_of = asked.view.as_of
    assert as_of is not None
    is_open = hundredths_of(row["unallocated"]) > 0
    return Distribution(received_on=parse_day(received_on), as_of=as_of, is_open=is_open)


def state_of(asked: Asked, clock: Distribution) -> tuple[str, str]:
    """How the clock stands in words, after the class of its chip."""
    if not clock.is_open:
        return "accepted", asked.say("已全部下达")
    if clock.is_exceeded:
        return "over", asked.say("▲ 超期 {days} 天", days=clock.days - TERM_DAYS)
    return "lag", asked.say("期限内，余 {days} 天", days=TERM_DAYS - clock.days)


def distribution_columns(asked: Asked) -> dict[str, Column]:
    """The day of receipt, the days since without being allocated in full, and how that stands against the term."""

    def of_clock(read: Callable[[Distribution], Any]) -> Callable[[Row], Any]:
        # The row of totals has no receipt.
        return lambda row: read(distribution_of(asked, row, row[RECEIVED_ON])) if RECEIVED_ON in row else None

    def state(row: Row) -> Sequence[tuple[str, str]]:
        found = of_clock(lambda clock: state_of(asked, clock))(row)
        return () if found is None else (found,)

    return {
        RECEIVED_ON: Column(title=asked.say("收到日期"), value=lambda row: row.get(RECEIVED_ON), kind=Kind.DAY),
        "days_open": Column(
            title=asked.say("未下达完天数"),
            value=of_clock(lambda clock: clock.days if clock.is_open else None),
            kind=Kind.COUNT,
        ),
        "distribution": Column(
            title=asked.say("下达期限"), value=of_clock(lambda clock: state_of(asked, clock)[1]), chips=state
        ),
    }
