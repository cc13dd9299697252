"""Every page that the console has, read off its routes, and an address of each, found as a reader does: by links."""

import html
import re
from collections import deque
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit

import httpx
import xlsxwriter

from api.console.site import PageRoute, console_routes

LEDGER: Final = "{ledger}"
NO_PAGES: Final = ("{format}", "{asset}")
"""What stands in the addresses of files."""
ONLY_LEAD_ON: Final = frozenset({"console-root", "console-ledger", "console-sign-in"})
"""Addresses that show nothing themselves, or not to who is not asked who calls."""
SHEETS: Final = {
    "支出": (
        ("业务日期*", "项目指标编号*", "支出金额（元）*", "凭证号*"),
        ("2023-12-28", "road-county", "10000.00", "支-0401"),
        ("2023-12-29", "road-county", "99999999.00", "支-0402"),
    ),
    "国库导出": (("支付日", "指标", "金额", "单号"), ("20231228", "road-county", "5000", "0403")),
    "银行导出": (("记账日", "付款额", "回单号"), ("20231228", "6000", "0404")),
}
"""A workbook as a clerk would send it: rows that can be recorded, one that cannot, and two exports of other systems."""
MAPPING: Final = {
    "name": "银行回单",
    "command": "record-disbursement",
    "headings": ["记账日", "付款额", "回单号"],
    "columns": [
        {"field": "effective_date", "heading": "记账日"},
        {"field": "amount", "heading": "付款额", "unit": "yuan"},
        {"field": "voucher_no", "heading": "回单号"},
    ],
    "constants": [{"field": "line_id", "value": "road-county"}],
}
"""What is known of the second of them."""
CHOSEN: Final = {
    "import-columns": "{upload}/columns{query}&sheet=2&command=record-disbursement",
    "project": "{ledger}/projects/road{query}",
    "record-command": "{ledger}/record/record-disbursement{query}&line_id=road-county",
    "report-self-evaluation": "{ledger}/reports/self-evaluation{query}&project=road",
    "search": "{ledger}/search{query}&q=青财",
}
"""Pages of the invented county that show more once something is chosen or typed, by their names."""
TOO_MUCH: Final = {
    "line_id": "road-county",
    "amount": "999999.00",
    "voucher_no": "支-0403",
    "effective_date": "2023-12-29",
}
"""A payment of more than there is."""


class Place(NamedTuple):
    """An address, and whether it shows something to look at; else it gives a file."""

    address: str
    is_page: bool


@cache
def every_route() -> tuple[PageRoute, ...]:
    """The routes of the console that are asked with GET, in the order in which they are tried."""
    return tuple(each for each in console_routes() if "GET" in (each.methods or ()))


@cache
def page_routes() -> list[PageRoute]:
    """Those that show pages."""
    shown = [each for each in every_route() if each.name not in ONLY_LEAD_ON]
    return [each for each in shown if not any(part in each.path for part in NO_PAGES)]


def page_names() -> list[str]:
    """The names of those routes."""
    return [route.name for route in page_routes()]


def addresses(client: httpx.Client, ledger_id: str, query: str = "", *further: str) -> dict[str, Place]:
    """An address by the name of each page, as far as there are links; those without an id need none.

    `further` are addresses to begin from, beside those.
    """
    known: dict[str, Place] = {}
    waiting = deque([*_seeds(ledger_id, query), *further])
    seen = set(waiting)
    names = page_names()
    while waiting and len(known) < len(names):
        address = waiting.popleft()
        name = name_of(address)
        if name is None or name in known or name not in names:
            continue
        answer = client.get(address, follow_redirects=True)
        is_page = answer.headers["content-type"].startswith("text/html")
        known[name] = Place(answer.url.raw_path.decode(), is_page=is_page)
        if not is_page:
            continue
        for link in links(answer):
            if link not in seen:
                seen.add(link)
                waiting.append(link)
    return known


def name_of(address: str) -> str | None:
    """The name of the route at an address; None where there is none."""
    path = urlsplit(address).path
    return next((each.name for each in every_route() if each.path_regex.match(path)), None)


def upload(client: httpx.Client, ledger_id: str) -> str:
    """The address of what was found in a file that is sent now, of which one sheet is not understood."""
    client.post(f"/v1/ledgers/{ledger_id}/column-mappings", json=MAPPING).raise_for_status()
    address = str(client.get(f"/console/ledgers/{ledger_id}/import", follow_redirects=True).url)
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        for name, rows in SHEETS.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    origin = f"{client.base_url.scheme}://{client.base_url.netloc.decode()}"
    sent = {"file": ("2023年12月支付.xlsx", content.getvalue())}
    answer = client.post(address, files=sent, headers={"Origin": origin}, follow_redirects=True)
    return answer.url.raw_path.decode()


def refuse(client: httpx.Client, ledger_id: str) -> None:
    """Has the ledger refuse a payment, so that there is something to show of refusals."""
    headers = {"Idempotency-Key": "too-much"}
    answer = client.post(f"/v1/ledgers/{ledger_id}/disbursements", json=TOO_MUCH, headers=headers)
    if answer.status_code != httpx.codes.CONFLICT:
        raise ValueError(answer.text)


def chosen(ledger_id: str, query: str, uploaded: str) -> dict[str, str]:
    """The addresses of `CHOSEN`; `uploaded` is what `upload` gave."""
    values = {"ledger": f"/console/ledgers/{ledger_id}", "upload": urlsplit(uploaded).path, "query": query}
    return {name: address.format_map(values) for name, address in CHOSEN.items()}


def links(answer: httpx.Response) -> Iterator[str]:
    """Where the links of a page lead on this server."""
    for each in re.findall(r'<a\b[^>]*?\shref="([^"]*)"', answer.text):
        target = urlsplit(urljoin(str(answer.url), html.unescape(each)))
        if target.netloc == answer.url.netloc.decode():
            yield target._replace(scheme="", netloc="", fragment="").geturl()


def _seeds(ledger_id: str, query: str) -> list[str]:
    """Addresses without an id; of the query, those of no ledger have the language alone."""
    languages = [each for each in query.removeprefix("?").split("&") if each.startswith("lang=")]
    without_ledger = f"?{languages[0]}" if languages else ""
    queries = {
        route.path.replace(LEDGER, ledger_id): query if LEDGER in route.path else without_ledger
        for route in page_routes()
    }
    return [f"{path}{own}" for path, own in queries.items() if "{" not in path]
