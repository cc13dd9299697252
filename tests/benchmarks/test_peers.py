"""The comparison with peers finds a wrong answer, and asks each system what the workload says."""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from typing_extensions import override

from benchmarks.peers import installation
from benchmarks.peers.__main__ import SYSTEMS
from benchmarks.peers.folding import Kept, decoded, encoded, fold
from benchmarks.peers.hledger import Hledger, sums_of, transaction
from benchmarks.peers.installation import PACKAGE, REQUIREMENTS
from benchmarks.peers.peer import NOTHING, WRITERS, Peer, drive, share_out
from benchmarks.peers.place import Place
from benchmarks.peers.rounds import check, right_sums, run_round
from benchmarks.workload import CUTS, Cut, FlowEvent, Sums, events, with_possible_reversals
from tests.support.effort import sampled

SMALL = 4000


@pytest.fixture(scope="module")
def stream() -> list[FlowEvent]:
    return with_possible_reversals(list(events(SMALL)))


class InMemory(Peer):
    """Keeps events in a list, as JSON."""

    name: ClassVar[str] = "in-memory"
    notes: ClassVar[str] = ""

    @classmethod
    @override
    def version(cls) -> str:
        return ""

    @override
    def start(self, place: Place) -> None:
        self.contents: list[bytes] = []

    @override
    def close(self) -> None:
        return

    @override
    def write_singles(self, stream: Sequence[FlowEvent], writers: int = WRITERS) -> float | None:
        return drive([lambda event: self.contents.append(encoded(event))] * writers, stream)

    @override
    def write_bulk(self, stream: Sequence[FlowEvent]) -> float:
        self.contents += map(encoded, stream)
        return 1.0

    @override
    def one_project(self, project: str, cut: Cut) -> Sums:
        return self.every_project(cut).get(project, NOTHING)

    @override
    def every_project(self, cut: Cut) -> dict[str, Sums]:
        return fold(map(decoded, self.contents), cut)

    @override
    def rebuild(self) -> int:
        return len(self.contents)

    @override
    def size_bytes(self) -> int | None:
        return sum(map(len, self.contents))


class OfOneDate(InMemory):
    """Knows nothing of when something was recorded."""

    @override
    def every_project(self, cut: Cut) -> dict[str, Sums]:
        return super().every_project(cut._replace(rec=None))


def sums_by_hand(stream: Iterable[FlowEvent], project: str, cut: Cut) -> Sums:
    """Written another way than the oracle and the fold are: one pass for each of the three."""
    counted = [
        event
        for event in stream
        if event.proj == project and not event.biz > cut.biz and not (cut.rec and event.rec >= cut.rec)
    ]
    signs = {"disbursement": 1, "reversal": -1}
    return (
        sum(event.amount for event in counted if event.type == "allocation"),
        sum(signs.get(event.type, 0) * event.amount for event in counted),
        sum(event.score for event in counted),
    )


@pytest.mark.parametrize("cut", sampled(CUTS, one_in=3))
def test_a_fold_of_what_is_stored_gives_the_sums_of_every_cut(stream: list[FlowEvent], cut: str) -> None:
    folded = fold((decoded(encoded(event)) for event in stream), CUTS[cut])
    assert folded == right_sums(stream)[cut]
    for project in ("P0000", "P0042", "P1999"):
        assert folded.get(project, NOTHING) == sums_by_hand(stream, project, CUTS[cut])


def test_what_is_stored_has_every_field_of_the_event(stream: list[FlowEvent]) -> None:
    assert json.loads(encoded(stream[0])) == stream[0]._asdict()


def test_an_instant_of_recording_is_no_more_in_its_cut() -> None:
    event = Kept("P0000", "allocation", 5, "2022-01-01", "2022-01-02T00:00:00.000000+00:00", 0)
    assert fold([event], Cut("2022-01-01", "2022-01-02T00:00:00.000000+00:00")) == {}
    assert fold([event], Cut("2022-01-01", "2022-01-02T00:00:00.000001+00:00")) == {"P0000": (5, 0, 0)}


def test_a_project_without_events_may_be_there_with_zeros_but_not_with_more() -> None:
    right: dict[str, Sums] = {"P1": (1, 0, 0), "P2": (0, 0, 0)}
    assert check({"P1": (1, 0, 0), "P2": (0, 0, 0), "P3": (0, 0, 0)}, right).wrong_projects == 0
    assert check({"P1": (1, 0, 0), "P2": (0, 0, 0), "P3": (0, 0, 1)}, right).first == "P3"
    assert check({"P1": (2, 0, 0)}, right).wrong_projects == 2


def test_the_events_of_a_project_go_to_one_writer_in_order(stream: list[FlowEvent]) -> None:
    shares = share_out(stream, 8)
    assert sorted(event.seq for share in shares for event in share) == [event.seq for event in stream]
    for share in shares:
        versions: dict[str, int] = {}
        for event in share:
            assert event.ver == versions.get(event.proj, 0) + 1
            versions[event.proj] = event.ver


def test_what_goes_wrong_in_a_writer_is_not_lost(stream: list[FlowEvent]) -> None:
    def refuse(event: FlowEvent) -> None:
        raise LookupError(event.id)

    with pytest.raises(LookupError):
        drive([refuse], stream[:1])


def test_a_round_of_a_system_that_answers_right_has_every_figure_and_nothing_wrong(stream: list[FlowEvent]) -> None:
    done = run_round(InMemory, "", stream, right_sums(stream))
    assert done.wrong() == []
    assert done.singles_per_s is not None
    assert done.bytes_per_event == sum(len(encoded(event)) for event in stream) / SMALL
    assert done.one_project_ms.keys() == done.every_project_ms.keys() == CUTS.keys()
    assert len(done.checks) == 2 * len(CUTS) + 3 + 1


def test_a_round_of_a_system_of_one_date_is_wrong_at_the_cut_of_both(stream: list[FlowEvent]) -> None:
    done = run_round(OfOneDate, "", stream, right_sums(stream))
    [cut] = [name for name, each in CUTS.items() if each.rec is not None]
    assert {words.partition(":")[0] for words in done.wrong()} <= {cut, f"{cut}, one by one"}
    assert done.checks[cut].wrong_projects > 0


def test_a_journal_says_both_dates_and_what_moved_from_where(stream: list[FlowEvent]) -> None:
    event = next(each for each in stream if each.type == "disbursement")
    text = transaction(event)
    assert text.startswith(f"{event.biz}={event.rec[:10]} ({event.doc}) {event.note}\n")
    assert f"\n    spent:{event.proj}  {event.amount} fen\n    available:{event.proj}\n\n" in text
    assert f"id:{event.id}, type:disbursement" in text


def test_a_journal_takes_a_reversal_back_and_keeps_status_and_score(stream: list[FlowEvent]) -> None:
    of_type = {event.type: event for event in stream}
    reversal, status, score = of_type["reversal"], of_type["status"], of_type["score"]
    assert f"    available:{reversal.proj}  {reversal.amount} fen\n    spent:" in transaction(reversal)
    assert f"reverses:{reversal.ref}" in transaction(reversal)
    assert "  0 fen\n" in transaction(status)
    assert f"status:{status.status}" in transaction(status)
    assert f"    score:{score.proj}  {score.score} points\n    granted:points\n" in transaction(score)


def test_balances_become_sums() -> None:
    answer = (
        '"account","balance"\n"available:P1","70 fen"\n"spent:P1","30 fen"\n"score:P1","-5 points"\n"spent:P2","0"\n'
    )
    assert sums_of(answer) == {"P1": (100, 30, -5), "P2": (0, 0, 0)}


def test_every_system_has_a_name_of_its_own_and_says_what_is_not_like_for_like() -> None:
    assert len({system.name for system in SYSTEMS}) == len(SYSTEMS)
    assert all(system.notes.endswith((".", ". ")) for system in SYSTEMS)
    assert all(system.questions % len(CUTS) == 0 for system in SYSTEMS)


def test_a_peer_that_cannot_be_had_has_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(installation, "DEBIAN", tmp_path)
    assert installation.install_node() == "there is no node on the path"
    assert installation.hledger() is None
    assert Hledger.missing() == "hledger is not on the path, and apt-get could not download it"


def test_every_package_of_a_peer_is_pinned() -> None:
    versions = json.loads(PACKAGE.read_text(encoding="utf-8"))["dependencies"].values()
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
    assert re.search(r"^umadb==\S+ \\\n    --hash=sha256:", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE)
