"""Events as rows of a table."""

from collections.abc import Mapping, Sequence

from api.console.asked import Asked
from api.console.figures import local_time
from api.console.returns import Returned, return_said
from api.console.table import Column, Kind, Row, Table
from api.console.telling import amount_of, paper_of, sentence
from domain.dates import LATE_AFTER_DAYS


def is_late(event: Row) -> bool:
    """Whether it was recorded so long after its business date that it is marked."""
    return int(event["late_days"]) > LATE_AFTER_DAYS


def events_table(asked: Asked, events: Sequence[Row], returned: Mapping[int, Returned], time_zone: str) -> Table:
    """The table of events, for files; `returned` says by position what came back of those that are disbursements."""

    def column(title: str, value: object, kind: Kind = Kind.TEXT) -> Column:
        return Column(title=title, value=value, kind=kind)  # type: ignore[arg-type] # lambdas below have the type

    columns = (
        column(asked.say("流水号"), lambda row: row["position"], Kind.COUNT),
        column(asked.say("业务日期"), lambda row: row["effective_date"], Kind.DAY),
        column(asked.say("录入时间"), lambda row: local_time(row["recorded_at"], time_zone), Kind.INSTANT),
        column(asked.say("类型"), lambda row: asked.event_type(row["type"])),
        column(asked.say("内容"), lambda row: sentence(asked, row)),
        column(asked.say("金额"), amount_of, Kind.AMOUNT),
        column(asked.say("文号/凭证号"), paper_of),
        column(asked.say("操作人"), lambda row: row["actor"]["subject"]),
        column(asked.say("录入晚于业务日期（天）"), lambda row: row["late_days"], Kind.COUNT),
        column(asked.say("被流水号冲销"), lambda row: row["reversed_by"], Kind.COUNT),
        column(asked.say("退回情况"), lambda row: return_said(asked, row, returned)),
        column(asked.say("事件标识"), lambda row: row["event_id"]),
        column(asked.say("叶哈希"), lambda row: row["leaf_hash"]),
    )
    return Table(name="events", title=asked.say("流水"), columns=columns, rows=events)
