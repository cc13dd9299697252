"""The pages about the log itself: events, search, comparison, verification, refusals."""

from typing import Final

from api.console.page import Page
from api.console.pages.diff import DIFF
from api.console.pages.event import EVENT
from api.console.pages.events import EVENTS
from api.console.pages.refusals import ACCESS_LOG, REFUSALS
from api.console.pages.search import SEARCH
from api.console.pages.verify import VERIFY

EVENT_PAGES: Final[tuple[Page, ...]] = (EVENTS, EVENT, SEARCH, DIFF, VERIFY, REFUSALS, ACCESS_LOG)
