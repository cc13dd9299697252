"""Every route with every kind of caller: the table of what each is answered, held against a running server."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

import httpx
import pytest

from api.guard import ROUTES
from domain.access import Role
from tests.support.caller import (
    ALLOCATION,
    APPROPRIATION,
    DISBURSEMENT,
    EVALUATION,
    LATER,
    LINE,
    PROJECT,
    SPRING,
    UNIT,
)
from tests.support.identified import client_with, identifying_server, made_key, open_founded

LEDGER: Final = "qingshi"
ELSEWHERE: Final = "liulin"

TABLE: Final = """
route                      viewer clerk approver auditor admin of-a-unit nobody elsewhere
register-unit                 -     +      +        -      -       u       ?        -
receive-appropriation         -     +      +        -      -       u       ?        -
register-project              -     +      +        -      -       u       ?        -
amend-project                 -     +      +        -      -       u       ?        -
open-line                     -     +      +        -      -       +       ?        -
open-line-of-another          -     +      +        -      -       u       ?        -
record-opening-balance        -     +      +        -      -       +       ?        -
allocate-funds                -     +      +        -      -       +       ?        -
allocate-funds-to-another     -     +      +        -      -       u       ?        -
allocate-funds-to-nothing     -     +      +        -      -       u       ?        -
reduce-allocation             -     +      +        -      -       +       ?        -
record-disbursement           -     +      +        -      -       +       ?        -
record-disbursement-overrun   -     a      +        -      -       a       ?        -
return-disbursement           -     +      +        -      -       +       ?        -
return-to-another             -     +      +        -      -       u       ?        -
recover-funds                 -     +      +        -      -       +       ?        -
change-project-status         -     +      +        -      -       u       ?        -
open-evaluation               -     +      +        -      -       u       ?        -
record-score                  -     +      +        -      -       u       ?        -
adjust-score                  -     +      +        -      -       u       ?        -
grant-points                  -     +      +        -      -       u       ?        -
record-result                 -     +      +        -      -       u       ?        -
finalise-evaluation           -     +      +        -      -       u       ?        -
reverse-event                 -     +      +        -      -       +       ?        -
reverse-event-of-another      -     +      +        -      -       u       ?        -
erase-private-values          -     -      +        -      -       -       ?        -
record-batch                  -     +      +        -      -       +       ?        -
record-batch-overrun          -     a      +        -      -       a       ?        -
record-batch-erasure          -     a      +        -      -       u       ?        -
open-ledger                   -     -      +        -      -       -       ?        -
record-digest                 -     -      +        +      -       -       ?        -
ledgers                       +     +      +        +      -       +       ?        +
ledger                        +     +      +        +      -       +       ?        -
ledger-that-is-not-there      -     -      -        -      -       -       ?        -
units                         +     +      +        +      -       +       ?        -
lines                         +     +      +        +      -       +       ?        -
one-of-lines                  +     +      +        +      -       +       ?        -
one-of-lines-of-another       +     +      +        +      -       u       ?        -
one-of-lines-of-nobody        +     +      +        +      -       u       ?        -
history-of-lines              +     +      +        +      -       +       ?        -
history-of-lines-of-another   +     +      +        +      -       u       ?        -
appropriations                +     +      +        +      -       -       ?        -
projects                      +     +      +        +      -       -       ?        -
evaluations                   +     +      +        +      -       -       ?        -
one-of-projects               +     +      +        +      -       -       ?        -
one-of-appropriations         +     +      +        +      -       -       ?        -
one-of-evaluations            +     +      +        +      -       -       ?        -
history-of-projects           +     +      +        +      -       -       ?        -
history-of-appropriations     +     +      +        +      -       -       ?        -
execution                     +     +      +        +      -       -       ?        -
diff                          +     +      +        +      -       -       ?        -
snapshot                      +     +      +        +      -       -       ?        -
calendar                      +     +      +        +      -       +       ?        -
search                        +     +      +        +      -       -       ?        -
events                        +     +      +        +      -       -       ?        -
event                         +     +      +        +      -       +       ?        -
event-of-another              +     +      +        +      -       u       ?        -
event-of-no-line              +     +      +        +      -       u       ?        -
event-of-nobody               +     +      +        +      -       u       ?        -
event-stream                  +     +      +        +      -       -       ?        -
event-opening                 -     -      +        +      -       -       ?        -
checkpoint                    +     +      +        +      -       +       ?        -
checkpoints                   +     +      +        +      -       +       ?        -
log-keys                      +     +      +        +      -       +       ?        -
witness-policy                +     +      +        +      -       +       ?        -
inclusion-proof               +     +      +        +      -       +       ?        -
inclusion-proof-of-another    +     +      +        +      -       u       ?        -
inclusion-proof-of-nothing    +     +      +        +      -       u       ?        -
consistency-proof             +     +      +        +      -       +       ?        -
tile                          +     +      +        +      -       -       ?        -
evidence                      +     +      +        +      -       -       ?        -
log-export                    +     +      +        +      -       -       ?        -
fiscal-data-package           +     +      +        +      -       -       ?        -
keep-upload                   -     +      +        -      -       +       ?        -
upload                        -     +      +        -      -       +       ?        -
column-mappings               -     +      +        -      -       +       ?        -
save-column-mapping           -     +      +        -      -       +       ?        -
delete-column-mapping         -     +      +        -      -       +       ?        -
refusals                      -     -      -        +      -       -       ?        -
ledger-access-log             -     -      -        +      -       -       ?        -
access-log                    -     -      -        -      -       -       ?        -
keys                          -     -      -        -      +       -       ?        -
create-key                    -     -      -        -      +       -       ?        -
revoke-key                    -     -      -        -      +       -       ?        -
me                            +     +      +        +      +       +       ?        +
setup-state                   +     +      +        +      +       +       +        +
setup                         +     +      +        +      +       +       +        +
health                        +     +      +        +      +       +       +        +
readiness                     +     +      +        +      +       +       +        +
metrics                       +     +      +        +      +       +       ?        +
docs-page                     +     +      +        +      +       +       +        +
docs-asset                    +     +      +        +      +       +       +        +
openapi                       +     +      +        +      +       +       +        +
"""
"""+ let in, - forbidden, ? unauthenticated, u outside-units, a approver-needed. Every caller's grant is for one ledger:
`qingshi`, in which unit U1 has line L1 and U2 has L2, but that of the last column, which is an approver's in another.
A row that is no route's name is the same route with something else in its path or body."""

CODES: Final = {"-": (403, "forbidden"), "?": (401, "unauthenticated"), "u": (403, "outside-units")}
LET_IN: Final = {404, 415, 422}
"""What a reader is told of a line, key or mapping that is not there, and everyone of an empty request at the first
start or of a body that is no file."""
CODES_OF_RULES: Final = {"u": "outside-units", "a": "approver-needed"}


class Ask(NamedTuple):
    """A request, as somebody who may would send it. Writes to the ledger are dry runs."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None


def parsed(table: str) -> dict[str, dict[str, str]]:
    head, *rows = (line.split() for line in table.strip().splitlines())
    return {name: dict(zip(head[1:], cells, strict=True)) for name, *cells in rows}


EXPECTED: Final = parsed(TABLE)
CALLERS: Final = tuple(next(iter(EXPECTED.values())))


class World(NamedTuple):
    """The clients by kind of caller, and what they send by row."""

    clients: Mapping[str, httpx.Client]
    asks: Mapping[str, Ask]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    url = f"sqlite:///{tmp_path_factory.mktemp('table')}/fundtrail.db"
    with ExitStack() as stack:
        server = stack.enter_context(identifying_server(url))
        keys = {
            **{role.value: made_key(server, role, LEDGER).text for role in Role if role is not Role.ADMIN},
            "admin": made_key(server, Role.ADMIN).text,
            "of-a-unit": made_key(server, Role.CLERK, LEDGER, units=("U1",)).text,
            "nobody": None,
            "elsewhere": made_key(server, Role.APPROVER, ELSEWHERE).text,
        }
        clients = {name: stack.enter_context(client_with(server, keys[name])) for name in CALLERS}
        open_founded(clients["elsewhere"], ELSEWHERE)
        yield World(clients, asks_of(clients["approver"]))


@pytest.mark.parametrize("row", EXPECTED)
def test_a_route_answers_each_caller_as_the_table_says(world: World, row: str) -> None:
    ask = world.asks[row]
    answered = {caller: cell_of(client, ask) for caller, client in world.clients.items()}
    assert answered == EXPECTED[row]


def test_every_route_has_a_row() -> None:
    print(f"{len(EXPECTED)} rows x {len(CALLERS)} callers = {len(EXPECTED) * len(CALLERS)} cells")  # noqa: T201 (the count is part of what the test shows)
    assert ROUTES.keys() - EXPECTED.keys() == set()


def test_a_head_request_is_guarded_as_its_get(world: World) -> None:
    path = f"/v1/ledgers/{LEDGER}/projects"
    statuses = {caller: client.head(path).status_code for caller, client in world.clients.items()}
    letters = {200: "+", 401: "?", 403: "-"}
    assert {caller: letters[status] for caller, status in statuses.items()} == EXPECTED["projects"]


def cell_of(client: httpx.Client, ask: Ask) -> str:
    """The letter of what was answered; what is none of them as it is."""
    headers = {"Idempotency-Key": "table"} if ask.method == "POST" else {}
    with client.stream(ask.method, ask.path, json=ask.body, headers=headers) as answer:
        if answer.headers["content-type"].startswith("text/event-stream"):
            return "+"
        answer.read()
    if answer.status_code >= 500:
        return answer.text
    if answer.headers["content-type"] == "application/problem+json":
        refused = (answer.status_code, answer.json()["code"])
        let_in = "+" if answer.status_code in LET_IN else answer.text
        return next((letter for letter, each in CODES.items() if each == refused), let_in)
    return "+" if "dry_run" not in ask.path else _decided(answer.json())


def _decided(document: Mapping[str, Any]) -> str:
    """The letter of a dry run: of its last result, which is the first refusal."""
    code = document["results"][-1].get("problem", {}).get("code")
    return next((letter for letter, each in CODES_OF_RULES.items() if each == code), "+")


def asks_of(client: httpx.Client) -> dict[str, Ask]:
    """What is sent in each row, once what the bodies speak of is recorded."""
    caller = open_founded(client, LEDGER)
    caller.record("/units", UNIT | {"unit_id": "U2"})
    caller.record("/lines", LINE | {"line_id": "L2", "unit_id": "U2"})
    caller.record("/allocations", ALLOCATION | {"line_id": "L2", "amount": "100.00"})
    caller.record("/evaluations", EVALUATION)
    paid = caller.record("/disbursements", DISBURSEMENT | {"payee": "某某公司"})["event_id"]
    paid_by_another = caller.record("/disbursements", DISBURSEMENT | {"line_id": "L2"})["event_id"]
    return _writes(paid, paid_by_another) | _reads() | _beside_ledgers()


def _writes(paid: str, paid_by_another: str) -> dict[str, Ask]:
    day = {"effective_date": SPRING}
    overrun = DISBURSEMENT | {
        "amount": "900.00",
        "voucher_no": "V9",
        "overrun": {"authority": "县长办公会", "reason": "汛期抢修"},
    }
    given_back = day | {"event_id": paid, "amount": "1.00", "reason": "退回"}
    undone = {"effective_date": LATER, "event_id": paid, "reason": "误录"}
    scored = day | {"evaluation_id": "E1", "indicator": "a", "score": "1"}
    reduced = day | {"line_id": "L1", "amount": "1.00", "document_no": "文1", "reason": "调整"}
    erased = day | {"event_ids": [paid], "legal_basis": "retention_ended"}
    bodies: dict[str, tuple[str, Mapping[str, Any]]] = {
        "register-unit": ("units", UNIT | {"unit_id": "U3"}),
        "receive-appropriation": ("appropriations", APPROPRIATION | {"appropriation_id": "A2"}),
        "register-project": ("projects", PROJECT | {"project_id": "P2"}),
        "amend-project": (
            "project-amendments",
            day | {"project_id": "P1", "changes": {"name": "路"}, "reason": "更名"},
        ),
        "open-line": ("lines", LINE | {"line_id": "L3"}),
        "open-line-of-another": ("lines", LINE | {"line_id": "L3", "unit_id": "U2"}),
        "record-opening-balance": (
            "opening-balances",
            day | {"line_id": "L1", "adjusted": "1.00", "disbursed": "0.00", "recovered": "0.00"},
        ),
        "allocate-funds": ("allocations", ALLOCATION | {"amount": "1.00"}),
        "allocate-funds-to-another": ("allocations", ALLOCATION | {"amount": "1.00", "line_id": "L2"}),
        "allocate-funds-to-nothing": ("allocations", ALLOCATION | {"amount": "1.00", "line_id": "L9"}),
        "reduce-allocation": ("allocation-reductions", reduced),
        "record-disbursement": ("disbursements", DISBURSEMENT | {"voucher_no": "V2"}),
        "record-disbursement-overrun": ("disbursements", overrun),
        "return-disbursement": ("disbursement-returns", given_back),
        "return-to-another": ("disbursement-returns", given_back | {"event_id": paid_by_another}),
        "recover-funds": (
            "recoveries",
            day | {"line_id": "L1", "amount": "1.00", "destination": "treasury", "document_no": "文2"},
        ),
        "change-project-status": ("project-status-changes", day | {"project_id": "P1", "status": "started"}),
        "open-evaluation": ("evaluations", EVALUATION | {"evaluation_id": "E2"}),
        "record-score": ("scores", scored),
        "adjust-score": ("score-adjustments", scored | {"reason": "复核"}),
        "grant-points": ("points", day | {"evaluation_id": "E1", "points": "1", "reason": "加分"}),
        "record-result": ("results", day | {"evaluation_id": "E1", "total": "90"}),
        "finalise-evaluation": ("evaluation-finalisations", day | {"evaluation_id": "E1"}),
        "reverse-event": ("reversals", undone),
        "reverse-event-of-another": ("reversals", undone | {"event_id": paid_by_another}),
        "erase-private-values": ("erasures", erased),
        "record-batch": ("batch", {"commands": [{"command": "allocate-funds", **ALLOCATION, "amount": "1.00"}]}),
        "record-batch-overrun": ("batch", {"commands": [{"command": "record-disbursement", **overrun}]}),
        "record-batch-erasure": ("batch", {"commands": [{"command": "erase-private-values", **erased}]}),
        "record-digest": ("digests", {}),
    }
    base = f"/v1/ledgers/{LEDGER}"
    asks = {name: Ask("POST", f"{base}/{path}?dry_run=true", body) for name, (path, body) in bodies.items()}
    opening = {"ledger_id": LEDGER, "name": "青石县财政局"}
    return asks | {"open-ledger": Ask("POST", "/v1/ledgers?dry_run=true", opening)}


def _reads() -> dict[str, Ask]:
    paths = {
        "ledger": "",
        "units": "/units",
        "lines": "/lines",
        "one-of-lines": "/lines/L1",
        "one-of-lines-of-another": "/lines/L2",
        "one-of-lines-of-nobody": "/lines/L9",
        "history-of-lines": "/lines/L1/history",
        "history-of-lines-of-another": "/lines/L2/history",
        "appropriations": "/appropriations",
        "projects": "/projects",
        "evaluations": "/evaluations",
        "one-of-projects": "/projects/P1",
        "one-of-appropriations": "/appropriations/A1",
        "one-of-evaluations": "/evaluations/E1",
        "history-of-projects": "/projects/P1/history",
        "history-of-appropriations": "/appropriations/A1/history",
        "execution": "/execution?group_by=unit",
        "diff": "/diff?from_position=1",
        "snapshot": "/snapshot",
        "calendar": "/calendar",
        "search": "/search?q=P1",
        "events": "/events",
        "event": "/events/11",
        "event-of-another": "/events/12",
        "event-of-no-line": "/events/1",
        "event-of-nobody": "/events/99",
        "event-stream": "/events/stream",
        "event-opening": "/events/10/opening",
        "checkpoint": "/checkpoint",
        "checkpoints": "/checkpoints",
        "log-keys": "/log.pub",
        "witness-policy": "/witness-policy",
        "inclusion-proof": "/proofs/inclusion?position=11",
        "inclusion-proof-of-another": "/proofs/inclusion?position=12",
        "inclusion-proof-of-nothing": "/proofs/inclusion",
        "consistency-proof": "/proofs/consistency?from=1",
        "tile": "/tile/0/000.p/1",
        "evidence": "/evidence?line_id=L1",
        "log-export": "/log-export",
        "fiscal-data-package": "/fiscal-data-package",
        "upload": f"/uploads/{'0' * 64}",
        "column-mappings": "/column-mappings",
        "refusals": "/refusals",
        "ledger-access-log": "/access-log",
    }
    asks = {name: Ask("GET", f"/v1/ledgers/{LEDGER}{path}") for name, path in paths.items()}
    return asks | {
        "ledgers": Ask("GET", "/v1/ledgers"),
        "ledger-that-is-not-there": Ask("GET", "/v1/ledgers/nowhere"),
    }


def _beside_ledgers() -> dict[str, Ask]:
    base = f"/v1/ledgers/{LEDGER}"
    return {
        # Neither has a dry run: whoever is let in is told that the body is no file, or no mapping.
        "keep-upload": Ask("POST", f"{base}/uploads?name=a.csv", {}),
        "save-column-mapping": Ask("POST", f"{base}/column-mappings", {}),
        "delete-column-mapping": Ask("DELETE", f"{base}/column-mappings/{'0' * 64}"),
        "access-log": Ask("GET", "/v1/access-log"),
        "keys": Ask("GET", "/v1/keys"),
        "me": Ask("GET", "/v1/me"),
        "create-key": Ask("POST", "/v1/keys", {"role": "viewer", "ledgers": [LEDGER]}),
        "revoke-key": Ask("POST", "/v1/keys/aaaaaaaaaaaa/revocation"),
        "setup-state": Ask("GET", "/v1/setup"),
        "setup": Ask("POST", "/v1/setup", {}),
        "health": Ask("GET", "/healthz"),
        "readiness": Ask("GET", "/readyz"),
        "metrics": Ask("GET", "/metrics"),
        "docs-page": Ask("GET", "/docs"),
        "docs-asset": Ask("GET", "/docs/start.js"),
        "openapi": Ask("GET", "/openapi.json"),
    }
