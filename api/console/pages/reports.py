"""报表: the reports that are filed every month, and where each begins."""

from typing import Final

from starlette.responses import Response

from api.console.asked import Asked, Content
from api.console.page import Page
from api.console.pages.report_budget_lines import BUDGET_LINE_LEDGER
from api.console.pages.report_payments import PAYMENT_LEDGER
from api.console.pages.report_progress import PROGRESS, groupings_of
from api.console.pages.report_self_evaluation import SELF_EVALUATION


async def make_reports(asked: Asked) -> Content | Response:
    """The page; it asks for nothing, so that who sees only some lines can choose as well."""
    return Content(title=asked.say("报表"), values={"groupings": groupings_of(asked)})


REPORTS: Final = Page(name="reports", path="reports", make=make_reports, template="reports.html", section="reports")
REPORT_PAGES: Final = (PROGRESS, BUDGET_LINE_LEDGER, PAYMENT_LEDGER, SELF_EVALUATION, REPORTS)
"""The list comes last: its address begins those of the others."""
