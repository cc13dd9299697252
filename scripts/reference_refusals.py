"""docs/reference/refusals.md: every code, its status, its meaning and its figures."""

from typing import Final

from api.field_wording import FIELD_WORDINGS
from api.wording import WORDINGS
from api.wording_row import Wording
from domain.errors import FundtrailError

HEAD: Final = """\
# Refusals

A request that is not accepted is answered with `application/problem+json` (RFC 9457). `code` is stable and part of the
interface; `title` and `detail` are for people, in Chinese or English by `Accept-Language`. The figures that explain a
refusal stand beside `code`; amounts in them are text of yuan. Nothing that was sent is repeated.
Generated from the code by `python -m scripts.build_reference`.

Where a refusal concerns an event that the same request makes and that is not written (a dry run, or an atomic batch
that is refused), `other_index`, the item of the batch from 0, stands in place of `position`; `fundtrail import` says
`other_line`.

Where it was the service that failed (500, and most of 503), `instance` names that one failure: the line in the log of
the service has the same `instance`, and a page of the console shows it.

A refused command wrote nothing, and its idempotency key is free. `unknown-*` is 404 when the path names the thing.
After a 503 send the same request again with the same key.
"""

FIELDS_HEAD: Final = """\
## Fields and parameters

`invalid-body`, `invalid-form` and `invalid-parameter` list every problem in `errors`, with `pointer` (and `index`, the
item of a batch) and one of these codes.

| code | meaning | 中文 |
|---|---|---|
"""

_FIGURES: Final = " Figures: "


def page() -> str:
    """The whole page."""
    by_status: dict[int, list[tuple[type[FundtrailError], Wording]]] = {}
    for error, wording in WORDINGS.items():
        by_status.setdefault(wording.status, []).append((error, wording))
    sections = [_section(status, rows) for status, rows in sorted(by_status.items())]
    fields = "\n".join(
        f"| `{code}` | {english} | {chinese} |" for code, (chinese, english) in sorted(FIELD_WORDINGS.items())
    )
    return "\n".join([HEAD, *sections, FIELDS_HEAD + fields + "\n"])


def _section(status: int, rows: list[tuple[type[FundtrailError], Wording]]) -> str:
    lines = "\n".join(sorted(_row(error, wording) for error, wording in rows))
    return f"## {status}\n\n| code | 中文 | meaning | figures |\n|---|---|---|---|\n{lines}\n"


def _row(error: type[FundtrailError], wording: Wording) -> str:
    code: str = error.code  # type: ignore[attr-defined] # every class of the table has one
    meaning, _, figures = " ".join((error.__doc__ or "").split()).partition(_FIGURES)
    return f"| `{code}` | {wording.titles[0]} | {meaning} | {figures.rstrip('.')} |"
