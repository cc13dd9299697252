"""The console as a reader of its pages has it: an address in, what is shown out."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
from bs4 import BeautifulSoup, Tag


@dataclass(frozen=True)
class Shown:
    """A page that was shown, after the redirects that lead to it."""

    response: httpx.Response

    @cached_property
    def soup(self) -> BeautifulSoup:
        """Its elements, parsed when they are first asked for."""
        return BeautifulSoup(self.response.text, "lxml")

    @property
    def url(self) -> httpx.URL:
        """Where it stands in the end: what a reader would pass on."""
        return self.response.url

    def one(self, selector: str) -> Tag:
        """The only element that the selector matches."""
        (found,) = self.soup.select(selector)
        return found

    def texts(self, selector: str) -> list[str]:
        """What stands in the elements that the selector matches, spaces drawn together."""
        return [" ".join(each.get_text(" ", strip=True).split()) for each in self.soup.select(selector)]

    def text(self, selector: str) -> str:
        """What stands in the only element that the selector matches."""
        return " ".join(self.one(selector).get_text(" ", strip=True).split())

    def link(self, text: str) -> str:
        """Where the first link with that text leads."""
        found = next(each for each in self.soup.select("a") if text in each.get_text())
        return str(found["href"])

    def action(self) -> str:
        """Where its form of a command is sent."""
        return str(self.one("#entry")["action"])

    def hidden(self) -> dict[str, str]:
        """What that form holds unseen."""
        return {str(each["name"]): str(each.get("value", "")) for each in self.soup.select("#entry input[type=hidden]")}


@dataclass(frozen=True)
class Console:
    """Opens pages of one ledger."""

    client: httpx.Client
    ledger_id: str

    def open(self, path: str, **parameters: Any) -> Shown:
        """The page at a path below the ledger."""
        return self.follow(f"/console/ledgers/{self.ledger_id}/{path}", **parameters)

    def follow(self, address: str, **parameters: Any) -> Shown:
        """The page at any address of the server."""
        response = self.client.get(address, params=parameters or None, follow_redirects=True)
        return Shown(response)

    def send(self, address: str, fields: dict[str, Any], **options: Any) -> Shown:
        """The page that a form of this console leads to."""
        base = self.client.base_url
        headers = {"Origin": f"{base.scheme}://{base.netloc.decode()}"}
        response = self.client.post(address, data=fields, headers=headers, follow_redirects=True, **options)
        return Shown(response)

    def fill(self, command: str, fields: dict[str, Any], act: str = "record", **query: str) -> Shown:
        """What a new form of the command leads to."""
        form = self.open(f"record/{command}", **query)
        return self.send(form.action(), {**form.hidden(), **fields, "act": act})
