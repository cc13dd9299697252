"""A row of the tamper matrix: an attack, and what each check must say of it; and how the checks are run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.event_log.encoding import UnreadableEntryError
from api.verifying import Verdict
from domain.errors import LogDamaged, ProjectionBehind
from domain.merkle import ImpossibleProofError
from tests.support.auditor import failed_levels, judged
from tests.support.ledger import LEDGER
from tests.support.watched_log import NOW, POLICY, Story, WatchedLog
from verifier.fundtrail_verify import Level, Report, Trust, parse_policy, parse_verifier_key

PASSES: Final = "passes"
UNCOVERED: Final = "passes, not covered"
UNASKED: Final = "-"
NOT_MADE: Final = "not made"
"""The service cannot answer at all: what it reads contradicts itself."""

_MAKING_FAILS: Final = (ImpossibleProofError, KeyError, LogDamaged, UnreadableEntryError, ProjectionBehind)


@dataclass(frozen=True, kw_only=True)
class Bringing:
    """What the auditor has beside the key of the log."""

    policy: bool = True
    kept: bool = True

    def trust(self, story: Story) -> Trust:
        policy = parse_policy(POLICY) if self.policy else None
        return Trust((parse_verifier_key(story.log_key),), policy, story.kept if self.kept else None)


ALL: Final = Bringing()
NO_KEPT: Final = Bringing(kept=False)
ONLY_KEY: Final = Bringing(policy=False, kept=False)


@dataclass(frozen=True, kw_only=True)
class Attack:
    """What is done, and what is said of it: `LEVELS: PLACE`, or one of the words above.

    `stage` is what is attacked, `at` the position of the claim (None: the head), `brings` what the auditor has.
    `remark` begins a remark of the verifier; `documented` stands in docs/proofs.md where nothing is to catch it.
    """

    name: str
    on_log: Callable[[WatchedLog], None] | None = None
    on_bundle: Callable[[bytes], bytes] | None = None
    on_export: Callable[[bytes], bytes] | None = None
    stage: str = NOW
    ledger_id: str = LEDGER
    at: int | None = None
    brings: Bringing = ALL
    signer: str = PASSES
    witness: str = PASSES
    export: str = UNASKED
    bundle: str = UNASKED
    verify: str = UNASKED
    remark: str = ""
    documented: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What each check said, in the words of a row, and the remarks of the verifier."""

    signer: str
    witness: str
    export: str
    bundle: str
    verify: str
    remarks: tuple[str, ...]


def outcome_of(attack: Attack, story: Story, folder: Path) -> Outcome:
    """Attacks a copy, lets the service over it answer, and runs the checks that the row asks."""
    with story.copied(folder, attack.stage) as log:
        if attack.on_log is not None:
            attack.on_log(log)
        trust = attack.brings.trust(story)
        remarks: list[str] = []
        return Outcome(
            signer=log.signer_refused or PASSES,
            witness=log.witness_refused or PASSES,
            export=_said(attack.export, lambda: _export(attack, log), trust, remarks),
            bundle=_said(attack.bundle, lambda: _bundle(attack, log, story), trust, remarks),
            verify=UNASKED if attack.verify == UNASKED else in_words(log.verdict()),
            remarks=tuple(remarks),
        )


def _export(attack: Attack, log: WatchedLog) -> bytes:
    export = log.export(attack.ledger_id)
    return attack.on_export(export) if attack.on_export else export


def _bundle(attack: Attack, log: WatchedLog, story: Story) -> bytes:
    # A service refuses to prove anything from a size that its log has not.
    asked = story.seen_size if attack.brings.kept and log.latest(attack.ledger_id).size >= story.seen_size else None
    bundle = log.bundle(position=attack.at, since=asked, ledger_id=attack.ledger_id)
    return attack.on_bundle(bundle) if attack.on_bundle else bundle


def _said(expected: str, make: Callable[[], bytes], trust: Trust, remarks: list[str]) -> str:
    if expected == UNASKED:
        return UNASKED
    try:
        evidence = make()
    except _MAKING_FAILS:
        return NOT_MADE
    report = judged(evidence, trust)
    remarks += report.remarks
    return _of_report(report)


def _of_report(report: Report) -> str:
    first = report.first_fault
    if first is None:
        return PASSES if report.covered else UNCOVERED
    failed = failed_levels(report)
    return f"{'+'.join(level for level in Level if level in failed)}: {first[1].place or 'the whole file'}"


def in_words(verdict: Verdict) -> str:
    """The parts that differ, in the order in which they are found, and the first position."""
    if not verdict.count:
        return PASSES
    parts = dict.fromkeys("views" if each.part.startswith("view ") else each.part for each in verdict.differences)
    first = verdict.differences[0].position
    return f"{'+'.join(parts)}: {'the ledger' if first is None else f'position {first}'}"
