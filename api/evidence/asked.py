"""Evidence as it is asked for, over HTTP and on the command line: the parameters, and the bundle that answers them."""

from typing import Any, Final

from api.coordinates import BOTH_TIMES, standpoint_of
from api.evidence.bundle import EvidenceRequest, evidence_zip
from api.evidence.covering import covering_checkpoint
from api.evidence.figures import UNKNOWN
from api.evidence.sources import Claimed
from api.invalid import InvalidParameter
from api.ledgers import LedgerIdentity
from api.parameters import MAX_POSITION, ParameterSet, number, plain_text
from api.readers import wait_for
from api.wiring import Services
from domain.boundary import Kind, key_of
from domain.shape import Shape, text_problem

KINDS: Final = {f"{kind.value}_id": kind for kind in UNKNOWN}
PARAMETERS: Final = ParameterSet(
    [
        *(
            plain_text(name, f"Evidence of this {kind.value}; exactly one of the three.")
            for name, kind in KINDS.items()
        ),
        *BOTH_TIMES,
        number("since", "Size of the last checkpoint the auditor has seen.", lowest=1, highest=MAX_POSITION),
    ]
)


def evidence_of(
    services: Services, ledger: LedgerIdentity, parameters: dict[str, Any], *, with_openings: bool = False
) -> tuple[str, bytes]:
    """The name of the file, and the bundle.

    Raises:
        InvalidParameter: not exactly one thing is named, a position is beyond the head, or `since` beyond it.
        CheckpointBehind, ProjectionBehind: the position is not covered in time.
        Unknown, EvidenceTooLarge: see `evidence_zip`.
    """
    kind, identifier = _subject(parameters)
    place = standpoint_of(services, ledger, parameters)
    wait_for(services, place)
    if place.at.position == 0 or not services.views.exists(ledger.ledger_id, place.at, key_of(kind, identifier)):
        raise UNKNOWN[kind]
    timeout_s = services.settings.projection_wait_ms / 1000
    checkpoint = covering_checkpoint(services.transparency, ledger.ledger_id, place.at.position, timeout_s)
    since: int | None = parameters["since"]
    if since is not None and since > checkpoint.size:
        raise InvalidParameter.of("since", "beyond-head", head=checkpoint.size)
    claimed = Claimed(place=place, kind=kind, identifier=identifier)
    wanted = EvidenceRequest(claimed=claimed, since=since, with_openings=with_openings)
    name = f"evidence-{ledger.ledger_id}-{kind.value}-{identifier}-{place.at.as_of}-{place.at.position}.zip"
    return name, evidence_zip(services, wanted, checkpoint)


def _subject(parameters: dict[str, Any]) -> tuple[Kind, str]:
    given = [(kind, parameters[name]) for name, kind in KINDS.items() if parameters[name] is not None]
    if len(given) != 1:
        raise InvalidParameter.of(next(iter(KINDS)), "one-of", choices=", ".join(KINDS))
    kind, identifier = given[0]
    if text_problem(Shape.IDENTIFIER, identifier):
        raise UNKNOWN[kind]
    return kind, identifier
