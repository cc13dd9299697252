"""The console as a reader of its pages has it: an address in, what is shown out."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
from selectolax.lexbor import LexborHTMLParser, LexborNode


@dataclass(frozen=True)
class Element:
    """One element of a page."""

    node: LexborNode

    def __getitem__(self, attribute: str) -> str:
        """What the attribute says; one without a value says nothing."""
        return self.node.attributes[attribute] or ""

    def get(self, attribute: str) -> str | None:
        """The same, or None where it does not have the attribute."""
        return self[attribute] if attribute in self.node.attributes else None

    def all(self, selector: str) -> list["Element"]:
        """Those in it that the selector matches, itself among them."""
        return [Element(each) for each in self.node.css(selector)]

    def pieces(self) -> list[str]:
        """Its texts as the elements in it divide them."""
        return [each.text() for each in self.node.traverse(include_text=True) if each.is_text_node]

    @property
    def exact(self) -> str:
        """All of what stands in it, to the letter."""
        return self.node.text()

    @property
    def text(self) -> str:
        """What stands in it with its pieces apart, spaces drawn together."""
        return " ".join(self.node.text(separator=" ", strip=True).split())


@dataclass(frozen=True)
class Shown:
    """A page that was shown, after the redirects that lead to it."""

    response: httpx.Response

    @cached_property
    def _parsed(self) -> LexborHTMLParser:
        return LexborHTMLParser(self.response.text)

    @property
    def url(self) -> httpx.URL:
        """Where it stands in the end: what a reader would pass on."""
        return self.response.url

    def all(self, selector: str) -> list[Element]:
        """The elements that the selector matches, in the page's order."""
        return [Element(each) for each in self._parsed.css(selector)]

    def one(self, selector: str) -> Element:
        """The only element that the selector matches."""
        (found,) = self.all(selector)
        return found

    def texts(self, selector: str) -> list[str]:
        """What stands in the elements that the selector matches, spaces drawn together."""
        return [each.text for each in self.all(selector)]

    def text(self, selector: str) -> str:
        """What stands in the only element that the selector matches."""
        return self.one(selector).text

    def link(self, text: str) -> str:
        """Where the first link with that text leads."""
        return next(each["href"] for each in self.all("a") if text in each.exact)

    def action(self) -> str:
        """Where its form of a command is sent."""
        return self.one("#entry")["action"]

    def hidden(self) -> dict[str, str]:
        """What that form holds unseen."""
        return {each["name"]: each.get("value") or "" for each in self.all("#entry input[type=hidden]")}


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
