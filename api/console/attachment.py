"""The headers of an answer that is a file to keep."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from api.console.asked import Asked

_FORBIDDEN: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
"""What some system does not take in the name of a file."""


def attachment(name: str, plain_name: str) -> Mapping[str, str]:
    """The headers for a file of that name; `plain_name`, in ASCII, is for who cannot read the other (RFC 6266)."""
    encoded = quote(_FORBIDDEN.sub(" ", name), safe="")
    return {
        "Content-Disposition": f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{encoded}",
        "Cache-Control": "no-store",
    }


def attached_table(asked: Asked, name: str, title: str, ending: str) -> Mapping[str, str]:
    """The headers of a table of a page: its file is named after the ledger, the table and the place of the page.

    Where the caller sees some units alone, also after those: a CSV has no other place to say so.
    """
    ledger_id, place = asked.view.ledger_id, f"{asked.here['as_of']}-{asked.here['position']}.{ending}"
    if asked.scope is not None:
        place = f"{asked.scope.in_file_name}-{place}"
    return attachment(f"{ledger_id}-{title}-{place}", f"{ledger_id}-{name}-{place}")
