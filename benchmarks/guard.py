"""What the guard adds to a request: finding the caller, asking for the right, and what a write asks of them.

python -m benchmarks.guard    processor time of a request, with a key that was used just now and without authentication
"""

import asyncio
import time
from typing import Any, Final

from starlette.requests import Request

from adapters.access.api_keys import NewKey
from api.app import create_app
from api.bootstrap import running_services
from api.guard import admit, authority_of, caller_of
from api.settings import Settings
from benchmarks.machine import load_average, say, summary, write_result
from benchmarks.servers import folder, sqlite_url
from domain.access import LOCAL_ACTOR, Grant, Role
from domain.access_log import Act

ROUNDS: Final = 9
REQUESTS: Final = 3_000
LEDGER: Final = "qingshi"


def measure(auth: str) -> dict[str, Any]:
    """Microseconds of processor time of one request, by round."""
    with folder() as place:
        quiet = {"checkpoints": False, "daily_digest": False, "self_check_interval_s": 0, "projector": False}
        settings = Settings.model_validate({"database_url": sqlite_url(place, auth), "auth": auth} | quiet)
        with running_services(settings) as services:
            grant = Grant(role=Role.CLERK, ledgers=frozenset({LEDGER}), units=frozenset({"U1"}))
            made = services.callers.keys.create(NewKey(grant=grant), Act(actor=LOCAL_ACTOR, action="create-key"))
            headers = [
                (b"host", b"127.0.0.1:8000"),
                *((name, b"x") for name in (b"user-agent", b"accept", b"content-type", b"idempotency-key")),
                (b"authorization", f"Bearer {made.text}".encode()),
            ]
            scope = {
                "type": "http", "headers": headers, "path": "/", "query_string": b"", "client": ("127.0.0.1", 1),
                "path_params": {"ledger": LEDGER}, "app": create_app(services),
            }  # fmt: skip
            return summary(asyncio.run(_rounds(scope)), digits=1)


async def _rounds(scope: dict[str, Any]) -> list[float]:
    rounds = []
    for _ in range(ROUNDS):
        # The first finds the key in the database.
        await _ask(dict(scope))
        begin = time.thread_time()
        for _ in range(REQUESTS):
            await _ask(dict(scope))
        rounds.append((time.thread_time() - begin) / REQUESTS * 1e6)
    return rounds


async def _ask(scope: dict[str, Any]) -> None:
    request = Request(scope)
    await admit(request, "record-disbursement")
    caller_of(request)
    authority_of(request)


def main() -> None:
    """Measures both and writes what came out."""
    load = load_average()
    measured = {f"auth_{auth}_us": measure(auth) for auth in ("on", "off")}
    for name, figures in measured.items():
        say(f"{name}: {figures['median']}")
    write_result("guard", {"goals": {"at_most_us": 20.0}, "load_before": load, "requests": REQUESTS, **measured})


if __name__ == "__main__":
    main()
