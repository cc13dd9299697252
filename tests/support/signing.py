"""Waiting for the log to sign what was recorded."""

from tests.support.caller import Caller
from tests.support.waiting import eventually


def wait_until_signed(caller: Caller) -> int:
    """The size of the latest checkpoint, once it covers the whole log."""
    head = caller.head()

    def signed() -> int | None:
        sizes = [each["size"] for each in caller.read("/checkpoints", limit=1000)["items"]]
        return head if head in sizes else None

    return eventually("the log is signed up to its head", signed)
