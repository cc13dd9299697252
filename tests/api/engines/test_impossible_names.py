"""Names that no text of PostgreSQL can be: nothing is called so, and that is the answer."""

import pytest

from tests.support.caller import Caller, problem
from tests.support.effort import sampled


@pytest.mark.parametrize("name", sampled(["%00", "%F0%28", "P1%0a", "%E2%80%AE", "x" * 300], one_in=4))
@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/projects/{}", "unknown-project"),
        ("/lines/{}/history", "unknown-line"),
        ("/appropriations/{}", "unknown-appropriation"),
        ("/events/{}", "unknown-event"),
    ],
)
def test_nothing_has_such_a_name(founded: Caller, path: str, name: str, code: str) -> None:
    problem(founded.ask(path.format(name)), 404, code)


def test_no_ledger_has_such_a_name(founded: Caller) -> None:
    problem(founded.client.get("/v1/ledgers/%00/units"), 404, "unknown-ledger")
