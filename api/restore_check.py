"""Whether a restored database counts: it is sound, and continues what was seen of it outside.

A backup that restores without an error may hold less than was acknowledged, or other entries than those that were
signed. Only what was kept outside of it can tell.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

from adapters.database import Database
from adapters.event_log.audit import Difference
from adapters.event_log.feed import SqlFeed
from adapters.event_log.tree import SqlTree
from adapters.transparency.checkpoints import SqlCheckpoints
from adapters.transparency.log_keys import LogKeys
from adapters.transparency.log_signer import LogSigner, SigningRefusedError
from adapters.transparency.signed_logs import MissingLog, signed_logs
from api import verifying
from api.outside_checkpoints import OutsideCheckpoint
from domain.merkle import ImpossibleProofError
from domain.note import VerifierKey

MAX_SHOWN: Final = 20
"""Differences of one ledger that are shown to people."""

Advance = Callable[[str, int, int], None]


class Claim(NamedTuple):
    """That the log once had so many entries, under this root; `is_outside` unless this machine's own signer says so."""

    source: str
    size: int
    root: bytes
    epoch: int
    is_outside: bool


@dataclass(slots=True, kw_only=True)
class Finding:
    """What was found of one ledger.

    `proven_position`: an outside checkpoint shows that nothing up to here was changed; 0 without one. `seen_position`:
    the largest position that was ever signed, as far as is known here. `beyond`: the smallest size of an outside
    checkpoint of more entries than there are, which cannot show that these are its first; 0 without one. `problems`
    contradict what was seen. `has_vanished`: the signer of this machine knows a log that is not there.
    """

    ledger_id: str
    position: int = 0
    root: bytes = b""
    proven_position: int = 0
    proven_by: str | None = None
    seen_position: int = 0
    has_vanished: bool = False
    beyond: int = 0
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    @property
    def missing(self) -> tuple[int, int] | None:
        """First and last position that were acknowledged and are not there."""
        return (self.position + 1, self.seen_position) if self.seen_position > self.position else None

    @property
    def unproven(self) -> tuple[int, int] | None:
        """First and last position that no outside checkpoint covers."""
        return (self.proven_position + 1, self.position) if self.position > self.proven_position else None

    @property
    def why_unproven(self) -> str | None:
        """Why nothing outside shows whose log it is, and what would; None when something does."""
        if self.proven_position or self.has_vanished:
            return None
        if not self.beyond:
            return "no outside checkpoint shows that it is the log that was signed"
        return (
            f"the outside checkpoint of {self.beyond} entries cannot show what the first {self.position} were: an "
            f"earlier one can, of {self.position} entries at most; without any, --unproven accepts them unseen"
        )


class RestoreCheck:
    """Looks at the ledgers of one database; `place` says which of those that the folder of keys serves."""

    def __init__(
        self,
        database: Database,
        keys: LogKeys,
        outside: Sequence[OutsideCheckpoint],
        known: Sequence[VerifierKey],
        place: str | None,
    ) -> None:
        self._database = database
        self._keys = keys
        self._outside = outside
        self._known = known
        self._place = place
        self._feed, self._tree = SqlFeed(database.log_reader), SqlTree(database.log_reader)
        self._checkpoints = SqlCheckpoints(
            database.log_reader, database.log_writer, partial(verifying.own_keys, database, keys)
        )

    def findings(self, advance: Callable[[str], Advance]) -> list[Finding]:
        """One for each ledger that is there, and one for each that only a checkpoint or the keys here speak of."""
        signed = signed_logs(self._keys)
        present = verifying.ledger_ids(self._database)
        found = [self._finding(ledger_id, advance(ledger_id)) for ledger_id in present]
        lost = {each.ledger_id: each for each in self._outside if each.ledger_id not in present}
        missing = verifying.missing_from(self._database, self._keys, signed, self._place)
        return [*found, *(_lost(each) for each in lost.values()), *map(_vanished, missing)]

    def _finding(self, ledger_id: str, advance: Advance) -> Finding:
        finding = Finding(ledger_id=ledger_id)
        verdict = verifying.verify(self._database, ledger_id, advance, self._keys)
        # What this machine's signer remembers is compared below, where it says which entries are missing.
        finding.differences = [each for each in verdict.differences if each.part != verifying.MEMORY]
        try:
            info = self._feed.ledger(ledger_id)
            finding.position, finding.root = info.position, self._tree.root(ledger_id, info.position)
            self._compare(finding, info.log_id)
        except (ImpossibleProofError, *verifying.UNREADABLE) as error:
            finding.problems.append(f"the log cannot be read: {type(error).__name__}")
        return finding

    def _compare(self, finding: Finding, log_id: str) -> None:
        outside = list(self._outside_claims(finding, log_id))
        self._compare_with_stored(finding, outside)
        claims = [*outside, *self._memory(finding, log_id)]
        latest = max((each.epoch for each in claims), default=0)
        for claim in claims:
            if claim.epoch < latest:
                finding.remarks.append(f"{claim.source}: of an earlier epoch ({claim.epoch}); not compared")
            else:
                self._hold_against(finding, claim)

    def _hold_against(self, finding: Finding, claim: Claim) -> None:
        finding.seen_position = max(finding.seen_position, claim.size)
        if claim.size > finding.position:
            if claim.is_outside:
                finding.beyond = min(claim.size, finding.beyond or claim.size)
            return
        if self._tree.root(finding.ledger_id, claim.size) != claim.root:
            finding.problems.append(f"{claim.source}: the first {claim.size} entries are not those that were signed")
        elif claim.is_outside and claim.size > finding.proven_position:
            finding.proven_position, finding.proven_by = claim.size, claim.source

    def _compare_with_stored(self, finding: Finding, outside: Sequence[Claim]) -> None:
        """Remarks where the database itself holds a later checkpoint than anybody brought: one may be at hand."""
        stored = self._checkpoints.latest(finding.ledger_id)
        newest = max((each.size for each in outside), default=0)
        if stored is not None and 0 < newest < stored.size:
            finding.remarks.append(
                f"it holds a checkpoint of {stored.size} entries itself, and the newest from outside is of {newest}: a "
                "newer one from outside would show more"
            )

    def _outside_claims(self, finding: Finding, log_id: str) -> Iterable[Claim]:
        keys = [*self._known, *verifying.keys_of(self._keys, finding.ledger_id, log_id)]
        for each in self._outside:
            if each.ledger_id != finding.ledger_id:
                continue
            if not each.is_of(finding.ledger_id, log_id):
                finding.problems.append(f"{each.path}: it is of another log of that name, {each.checkpoint.origin}")
            elif not each.is_signed_by(keys):
                finding.problems.append(
                    f"{each.path}: no key of this log that is known here has signed it; --log-key names one"
                )
            else:
                stated = each.checkpoint
                yield Claim(str(each.path), stated.size, stated.root, stated.epoch, is_outside=True)

    def _memory(self, finding: Finding, log_id: str) -> Iterable[Claim]:
        if not self._keys.active(finding.ledger_id, log_id):
            finding.remarks.append("the keys that sign this log are not here")
            return
        try:
            last = LogSigner(self._keys, self._tree).last(finding.ledger_id, log_id)
        except SigningRefusedError as error:
            finding.remarks.append(str(error))
            return
        if last.size:
            yield Claim("the signer's state.json", last.size, last.root, last.epoch, is_outside=False)


def reasons_against(findings: Sequence[Finding], *, accept_loss: bool, unproven: bool) -> list[str]:
    """Why the restore does not count; none when it does."""
    reasons = []
    for each in findings:
        if each.differences:
            reasons.append(f"{each.ledger_id}: {len(each.differences)} differences: the log or its views are not sound")
        reasons += [f"{each.ledger_id}: {problem}" for problem in each.problems]
        if each.has_vanished and not accept_loss:
            reasons.append(f"{each.ledger_id}: a log of that name was signed here and is missing as a whole")
        elif each.missing and not accept_loss:
            first, last = each.missing
            reasons.append(f"{each.ledger_id}: positions {first} to {last} were acknowledged and are missing")
        if each.why_unproven and not unproven:
            reasons.append(f"{each.ledger_id}: {each.why_unproven}")
    return reasons


def finding_lines(finding: Finding) -> Iterable[str]:
    """What was found, for people."""
    name = finding.ledger_id
    if finding.has_vanished:
        yield from (f"{name}: {text}" for text in finding.remarks)
        return
    yield f"{name}: position {finding.position}, root {finding.root.hex()}"
    if finding.proven_position:
        yield f"{name}: proven to position {finding.proven_position} by {finding.proven_by}"
    if finding.unproven:
        yield f"{name}: positions {finding.unproven[0]} to {finding.unproven[1]} are unproven: no outside checkpoint"
    if finding.missing:
        yield (
            f"{name}: positions {finding.missing[0]} to {finding.missing[1]} were acknowledged and are missing; before "
            f"it is served: fundtrail log-epoch raise --ledger {name} --reason TEXT"
        )
    yield from (f"{name}: {text}" for text in (*finding.problems, *finding.remarks))
    for each in finding.differences[:MAX_SHOWN]:
        place = "" if each.position is None else f" position {each.position}"
        yield f"{name}{place}: {each.part}: {each.detail}"


def finding_json(finding: Finding) -> dict[str, Any]:
    """What was found, for machines."""
    differences = [
        {"position": each.position, "part": each.part, "detail": each.detail} for each in finding.differences
    ]
    return {
        "ledger_id": finding.ledger_id,
        "position": finding.position,
        "root": finding.root.hex(),
        "proven_position": finding.proven_position,
        "unproven": finding.unproven,
        "missing": finding.missing,
        "problems": finding.problems,
        "remarks": finding.remarks,
        "differences": differences,
    }


def _vanished(missing: MissingLog) -> Finding:
    return Finding(ledger_id=missing.ledger_id, seen_position=missing.size, has_vanished=True, remarks=[missing.detail])


def _lost(outside: OutsideCheckpoint) -> Finding:
    finding = Finding(ledger_id=outside.ledger_id or outside.checkpoint.origin)
    finding.problems.append(f"{outside.path}: there is no such ledger")
    return finding
