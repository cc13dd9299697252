"""docs/reference/access.md: what each route asks for, and which roles have it."""

from collections.abc import Iterator
from typing import Final

from fastapi.routing import APIRoute

from api.app import every_route
from api.guard import OF_THE_CONSOLE, ROUTES, Anyone
from domain.access import OF_UNITS, RIGHTS, ROLES_OF_UNITS, Right, Role

HEAD: Final = """\
# Access

Each route asks for one right; a grant gives the rights of its role, in its ledgers. Who has no credential, or none that
is valid, is answered 401 `unauthenticated`; who has no grant that gives the right, 403 `forbidden`, whether or not
there is such a ledger. Keys, tokens and units: [identity.md](../identity.md).
Generated from the code by `python -m scripts.build_reference`.

## Rights of roles

"""

ROUTES_HEAD: Final = """\
## Rights of routes

`HEAD` asks for what `GET` does. Roles with * have the route also where their grant is limited to units: then for the
lines of those and their events (checkpoints and their consistency are of the whole log), and a write on anything else
is 403 `outside-units`. A payment with `overrun`, an opening balance that is overspent, and an erasure in a batch take
the right `approve` as well, else 403 `approver-needed`. `/openapi.json` is for anyone.

| method | path | right | roles |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    roles = list(Role)
    head = f"| right | {' | '.join(roles)} | meaning |\n|---|{'---|' * len(roles)}---|\n"
    return HEAD + head + "".join(map(_right, Right)) + "\n" + ROUTES_HEAD + "".join(_routes())


def _right(right: Right) -> str:
    cells = " | ".join("yes" if right in RIGHTS[role] else "" for role in Role)
    return f"| `{right.value}` | {cells} | {MEANINGS[right]} |\n"


MEANINGS: Final = {
    Right.READ_LINES: "lines, units, single events, days with events, checkpoints, proofs, and what a ledger is called",
    Right.READ: "everything else that is read in a ledger, but for the next four",
    Right.RECORD: "recording facts about funds",
    Right.APPROVE: "spending above what is available, erasing private values, opening ledgers",
    Right.READ_PRIVATE: "what opens the commitments of an event: persons in clear",
    Right.READ_ACCESS_LOG: "who was refused what",
    Right.RECORD_DIGEST: "having the log say what it holds",
    Right.MANAGE_KEYS: "making, listing and revoking keys",
}


def _routes() -> Iterator[str]:
    for route in every_route():
        # A page of the console asks routes of this table on the word of its own caller.
        if isinstance(route, APIRoute) and not route.name.startswith(OF_THE_CONSOLE):
            for method in sorted(route.methods or ()):
                yield f"| {method} | `{route.path_format}` | {_needed(route.name)} | {_roles(route.name)} |\n"


def _needed(name: str) -> str:
    needed = ROUTES[name]
    return "" if isinstance(needed, Anyone) else f"`{needed.value}`"


def _roles(name: str) -> str:
    needed = ROUTES[name]
    if isinstance(needed, Anyone):
        return needed.value
    return ", ".join(f"{role}{_star(role, needed)}" for role in Role if needed in RIGHTS[role])


def _star(role: Role, right: Right) -> str:
    return "*" if role in ROLES_OF_UNITS and right in OF_UNITS else ""
