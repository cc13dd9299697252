"""What no rule forbids, and who reads it will doubt: said where it is tried, and on the page of the entry."""

from collections.abc import Mapping
from typing import Any, Final

from api.console.asked import Asked
from api.console.forms.choices import one_now
from api.console.texts import mark as _

_IN_ORDER: Final = (
    ("start_year", "end_year", _("终止年度早于起始年度")),
    ("document_date", "effective_date", _("成文日期晚于业务日期")),
)
"""Two fields of one kind, the one that comes first in front, and what is said where it does not."""


async def doubts_of(asked: Asked, said: Mapping[str, Any]) -> list[str]:
    """What to look at again in a fact with its business date, as the interface takes and answers it."""
    whole = await _amended(asked, said) if "changes" in said else said
    return [text for first, then, text in _IN_ORDER if _is_reversed(whole.get(first), whole.get(then))]


async def _amended(asked: Asked, said: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a project says after a change: it may be at odds with what was not changed."""
    return {**(await one_now(asked, "projects", said["project_id"]) or {}), **said["changes"]}


def _is_reversed(first: Any, then: Any) -> bool:
    return first is not None and then is not None and bool(then < first)
