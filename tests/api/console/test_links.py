"""Every kind of caller follows the links of every page: none leads where it may not go, and what it may is offered.

What the interface denies is written into the access log in the name of who looks at the page, so a page that is shown
must have asked for nothing that its reader may not have.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html import unescape
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.routing import Match

from adapters.access.api_keys import MadeKey
from adapters.database import open_database
from adapters.migrations.schema import migrate
from api.console.site import console_routes
from api.demo import build_examples
from domain.access import Role
from domain.access_log import AccessEntry, AccessKind, AccessQuery
from tests.support.effort import full_but, full_only
from tests.support.identified import client_with, identifying_server, made_key
from tests.support.server import RunningServer

TABLE: Final = """
page                       viewer clerk approver auditor admin of-a-unit
console-ledgers               +     +      +        +      +       +
console-opening               -     -      +        -      -       -
console-keys                  -     -      -        -      +       -
console-overview              +     +      +        +      -       +
console-projects              +     +      +        +      -       -
console-project               +     +      +        +      -       -
console-project-evidence      +     +      +        +      -       -
console-lines                 +     +      +        +      -       +
console-line                  +     +      +        +      -       +
console-appropriations        +     +      +        +      -       -
console-appropriation         +     +      +        +      -       -
console-evaluations           +     +      +        +      -       -
console-evaluation            +     +      +        +      -       -
console-units                 +     +      +        +      -       +
console-events                +     +      +        +      -       -
console-event                 +     +      +        +      -       +
console-diff                  +     +      +        +      -       -
console-reports               +     +      +        +      -       +
console-report-progress       +     +      +        +      -       +
console-report-budget-lines   +     +      +        +      -       -
console-report-payments       +     +      +        +      -       -
console-report-self-evaluation +     +      +        +      -       -
console-search                +     +      +        +      -       -
console-verify                +     +      +        +      -       -
console-fiscal-data-package   +     +      +        +      -       -
console-record                -     +      +        -      -       +
console-record-command        -     +      +        -      -       +
console-import                -     +      +        -      -       +
console-import-template       -     +      +        -      -       +
console-refusals              -     -      -        +      -       -
console-access-log            -     -      -        +      -       -
"""
"""+ a link leads there, - none does. What is reached otherwise, with a form or a file, is not in it."""

LEDGER: Final = "story"
OF_A_UNIT: Final = "of-a-unit"
UNIT: Final = "transport-bureau"
DECIDING: Final = frozenset({"group_by", "mode"})
"""Parameters that change what a page asks for."""
LOOKED_AT: Final = {"console-event": 4}
"""Of how many pages of a kind the links are followed, where it is more than one: an event is not as the other."""
ROUTES: Final = console_routes()
LINK: Final = re.compile(r'<a\b[^>]*\bhref="(/console[^"]*)"')
Kind = tuple[str, ...]


def parsed(table: str) -> Mapping[str, frozenset[str]]:
    """The pages by caller."""
    head, *rows = (line.split() for line in table.strip().splitlines())
    return {
        caller: frozenset(row[0] for row in rows if row[place] == "+") for place, caller in enumerate(head[1:], start=1)
    }


EXPECTED: Final = parsed(TABLE)
EVERY_PAGE: Final = frozenset().union(*EXPECTED.values())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    url = f"sqlite:///{tmp_path_factory.mktemp('links')}/fundtrail.db"
    database = open_database(url)
    migrate(database)
    build_examples(database)
    database.dispose()
    with identifying_server(url) as running:
        yield running


@cache
def kind_of(address: str) -> Kind:
    """What is alike in the addresses of one kind of page; of forms each is of its own kind."""
    parts = urlsplit(address)
    route, found = next(
        (route, scope)
        for route in ROUTES
        for match, scope in [route.matches({"type": "http", "path": parts.path, "method": "GET"})]
        if match is Match.FULL
    )
    chosen = {name: value for name, value in parse_qs(parts.query).items() if name in DECIDING}
    return (route.name, found["path_params"].get("command", ""), str(sorted(chosen.items())))


@dataclass(frozen=True)
class Caller:
    """Somebody with a key; `followed` has an address of each kind of page that links led to."""

    made: MadeKey
    followed: Mapping[Kind, str]


@pytest.fixture(scope="module")
def caller_named(server: RunningServer) -> Callable[[str], Caller]:
    """The caller of that name, whose links are followed when he is asked for first."""

    @cache
    def caller(name: str) -> Caller:
        of_a_unit = name == OF_A_UNIT
        key = made_key(server, Role.CLERK, LEDGER, units=(UNIT,)) if of_a_unit else made_key(server, Role(name))
        return Caller(made=key, followed=followed(server, key.text))

    return caller


def followed(server: RunningServer, credential: str) -> dict[Kind, str]:
    """An address of each kind of page that links lead to, from the first page on. Each of them must be shown."""
    seen: Counter[Kind] = Counter()
    found: dict[Kind, str] = {}
    waiting = ["/console?lang=zh"]
    with client_with(server, credential) as client:
        while waiting:
            address = waiting.pop()
            kind = kind_of(address)
            if seen[kind] >= LOOKED_AT.get(kind[0], 1):
                continue
            seen[kind] += 1
            found[kind] = address
            answer = client.get(address, follow_redirects=True)
            assert answer.status_code == 200, (address, answer.status_code)
            if answer.headers["content-type"].startswith("text/html"):
                links = {unescape(link) for link in LINK.findall(answer.text)}
                waiting += sorted(link for link in links if "/ledgers/" not in link or f"/{LEDGER}/" in link)
    return found


def denials(server: RunningServer) -> list[AccessEntry]:
    """What was denied; of a flood the first are kept, and of the rest how many."""
    server.services.denials.write_counted()
    page = server.services.access_log.page(AccessQuery(kinds=(AccessKind.DENIED,), limit=1_000))
    assert not page.more
    return [record.entry for record in page.records]


@pytest.mark.parametrize("name", full_but(EXPECTED, {OF_A_UNIT}))
def test_no_link_leads_to_a_closed_door(
    server: RunningServer, caller_named: Callable[[str], Caller], name: str
) -> None:
    caller = caller_named(name)
    assert {page for page, *_ in caller.followed} & EVERY_PAGE == EXPECTED[name]
    subject = f"key:{caller.made.key.key_id}"
    assert [each.action for each in denials(server) if each.subject == subject] == []


@full_only
@pytest.mark.parametrize("name", EXPECTED)
def test_of_a_page_that_is_shown_nothing_was_denied(
    server: RunningServer, caller_named: Callable[[str], Caller], name: str
) -> None:
    every = {kind: address for each in EXPECTED for kind, address in caller_named(each).followed.items()}
    assert {page for page, *_ in every} >= EVERY_PAGE
    wrongly = set()
    with client_with(server, caller_named(name).made.text) as client:
        for address in every.values():
            before = sum(each.count for each in denials(server))
            status = client.get(address, follow_redirects=True).status_code
            assert status in {200, 403}, address
            if status == 200 and sum(each.count for each in denials(server)) > before:
                wrongly.add(address)
    assert wrongly == set()
