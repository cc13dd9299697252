"""查找: things by id and name, and events by document number, voucher number, name, position and id."""

from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from api.console.asked import Asked, Content
from api.console.event_rows import events_table, is_late
from api.console.field_names import FIELD_NAMES
from api.console.form_parameters import optional
from api.console.page import Page
from api.console.returns import returned_in_log
from api.console.telling import amount_of, paper_of, sentence
from api.console.texts import mark as _
from api.parameters import plain_text, position
from domain.spelling import plain_spelling

PAGES: Final = {"project": "projects", "line": "lines", "appropriation": "appropriations", "evaluation": "evaluations"}
KINDS: Final = {
    "project": _("项目"),
    "programme": FIELD_NAMES["programme"],
    "line": _("项目指标"),
    "appropriation": _("来源指标"),
    "unit": _("单位"),
    "evaluation": _("绩效评价"),
}
_FOUND_IN: Final = {
    "source.ref": FIELD_NAMES["source"],
    "overrun.authority": FIELD_NAMES["authority"],
    "disbursement.voucher_no": _("所退支出的凭证号"),
}
"""Fields that stand within another."""


async def make_search(asked: Asked) -> Content:
    """The page."""
    wanted = asked.values["q"]
    found: dict[str, Any] = {"things": [], "items": [], "searched_from": 1, "next": None}
    ledger = await asked.inside.get(asked.address(""))
    is_blank = wanted is not None and not plain_spelling(wanted).strip("()")
    if wanted is not None and not is_blank:
        found = await asked.get("search", q=wanted, before=asked.values["before"])
    following = found["next"] and parse_qs(urlsplit(found["next"]).query)["before"][0]
    events = [each["event"] for each in found["items"]]
    returned = await returned_in_log(asked, events)
    return Content(
        title=asked.say("查找"),
        values={
            "wanted": None if is_blank else wanted,
            "is_blank": is_blank,
            "things": [(each, _address(asked, each)) for each in found["things"]],
            "kinds": KINDS,
            "items": found["items"],
            "returned": returned,
            "searched_from": found["searched_from"],
            "following": following,
            "is_continued": asked.values["before"] is not None,
            "found_in": lambda name: _field_name(asked, name),
            "sentence": lambda event: sentence(asked, event),
            "paper_of": paper_of,
            "amount_of": amount_of,
            "is_late": is_late,
        },
        tables=(events_table(asked, events, returned, ledger["time_zone"]),) if events else (),
    )


def _field_name(asked: Asked, name: str) -> str:
    return asked.say(_FOUND_IN.get(name) or FIELD_NAMES.get(name, name))


def _address(asked: Asked, thing: dict[str, Any]) -> str:
    """The page of the thing; of a unit its events and of a programme its projects: they have none of their own."""
    if thing["kind"] == "unit":
        return asked.view.url("events", of_unit=thing["id"])
    if thing["kind"] == "programme":
        return asked.view.url("projects", programme=thing["id"])
    return asked.view.url(f"{PAGES[thing['kind']]}/{thing['id']}")


SEARCH: Final = Page(
    name="search",
    path="search",
    make=make_search,
    template="search.html",
    section="search",
    parameters=(
        optional(plain_text("q", "What to look for.", max_length=128)),
        optional(position("before", "Only events before that position.")),
    ),
)
