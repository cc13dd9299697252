"""The menu of a ledger, in the order in which it is shown."""

from dataclasses import dataclass
from typing import Final

from api.console.reach import may_open
from api.console.texts import mark as _
from domain.access import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: the page it leads to (below the ledger), what it is called, and the icon's path in a square of 24."""

    section: str
    path: str
    title: str
    icon: str


MENU: Final = (
    Entry(section="overview", path="overview", title=_("资金总览"), icon="M3 12h4v8H3zM10 4h4v16h-4zM17 9h4v11h-4z"),
    Entry(section="projects", path="projects", title=_("项目清单"), icon="M4 5h16v4H4zM4 11h16v3H4zM4 16h10v3H4z"),
    Entry(
        section="lines",
        path="lines",
        title=_("项目指标清单"),
        icon="M4 6h16M4 12h16M4 18h16M9 3v18",
    ),
    Entry(
        section="appropriations",
        path="appropriations",
        title=_("来源指标清单"),
        icon="M12 3v12m0 0-4-4m4 4 4-4M4 19h16",
    ),
    Entry(
        section="evaluations",
        path="evaluations",
        title=_("绩效评价"),
        icon="M12 4l2.5 5 5.5.8-4 3.9 1 5.5-5-2.7-5 2.7 1-5.5-4-3.9 5.5-.8z",
    ),
    Entry(section="events", path="events", title=_("流水"), icon="M5 4v16M9 6h11M9 12h11M9 18h11"),
    Entry(section="diff", path="diff", title=_("两期比对"), icon="M7 4v13l-3-3M17 20V7l3 3M7 4l3 3M17 20l-3-3"),
    Entry(section="reports", path="reports", title=_("报表"), icon="M6 3h9l4 4v14H6zM9 12h7M9 16h7M15 3v4h4"),
    Entry(section="search", path="search", title=_("查找"), icon="M10 4a6 6 0 1 1 0 12a6 6 0 0 1 0-12zM15 15l5 5"),
    Entry(section="record", path="record", title=_("录入"), icon="M12 5v14M5 12h14"),
    Entry(
        section="import",
        path="import",
        title=_("导入"),
        icon="M12 15V4m0 0-4 4m4-4 4 4M4 15v5h16v-5",
    ),
    Entry(
        section="verify",
        path="verify",
        title=_("校验"),
        icon="M12 3l7 3v6c0 4.5-3 7.5-7 9c-4-1.5-7-4.5-7-9V6zM9 12l2 2 4-4",
    ),
    Entry(
        section="refusals",
        path="refusals",
        title=_("拒绝记录"),
        icon="M12 4a8 8 0 1 1 0 16a8 8 0 0 1 0-16zM7 7l10 10",
    ),
)
"""Keys are not of one ledger: the page of ledgers leads to them."""


def menu_for(principal: Principal, ledger_id: str) -> tuple[Entry, ...]:
    """The entries that the caller may use in the ledger."""
    return tuple(entry for entry in MENU if may_open(principal, ledger_id, entry.path))
