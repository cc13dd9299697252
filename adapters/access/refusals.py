"""A log of commands whose refusals are written down before anybody is told of them, whatever way a command came in."""

from concurrent.futures import Future
from functools import partial
from typing import TypeVar

from adapters.access.tries import Tries, together
from domain.access_log import AccessLog, refused_command, refused_opening
from domain.command import Actor
from domain.errors import Denied, Refusal
from domain.ledger import OpenLedger
from domain.ports import CommandLog
from domain.submission import Answer, KeyedCommand, Refused, Submission

ResultT = TypeVar("ResultT")


class RecordedRefusals:
    """See CommandLog; every future and call may raise AccessLogUnavailable as well.

    Then a refusal could not be kept, and is not answered. What a submission that stands command by command had accepted
    stays recorded: the same keys give it again. Of a dry run that is written down which the caller may not do, once and
    those alike together: what the rules would refuse he only wanted to know.
    """

    def __init__(self, log: CommandLog, access_log: AccessLog) -> None:
        self.access_log = access_log
        self._log = log
        self.tries = Tries()

    def submit(self, submission: Submission) -> "Future[Answer]":
        """See CommandLog.submit."""
        decided = self._log.submit(submission)
        answered: Future[Answer] = Future()
        decided.add_done_callback(partial(self._record, submission, answered))
        return answered

    def open_ledger(self, request: OpenLedger, *, actor: Actor, key: str) -> Answer:
        """See CommandLog.open_ledger."""
        try:
            return self._log.open_ledger(request, actor=actor, key=key)
        except Refusal as refusal:
            self.access_log.record([refused_opening(request.ledger_id, actor, refusal)]).result()
            raise

    def _record(self, submission: Submission, answered: "Future[Answer]", decided: "Future[Answer]") -> None:
        """Answers at once when there is nothing to record, else once it is durable. In the writer's thread."""
        try:
            refused = _refused(submission, decided)
            names: list[bytes] = []
            if submission.dry_run:
                denied = [(item, refusal) for item, refusal in refused if isinstance(refusal, Denied)]
                tried = self.tries.new(submission, denied)
                names = [name for name, _item, _denial in tried]
                refused = [(item, denial) for _name, item, denial in tried]
            if not refused:
                _pass_on(decided, answered)
                return
            entries = [
                refused_command(submission.ledger_id, submission.actor, item.command, refusal)
                for item, refusal in refused
            ]
            kept = self.access_log.record(together(entries) if submission.dry_run else entries)
        except Exception as error:  # noqa: BLE001 (a callback's exceptions reach nobody, and someone waits)
            _fail(answered, error)
            return
        kept.add_done_callback(partial(self._answer, answered, decided, names))

    def _answer(
        self, answered: "Future[Answer]", decided: "Future[Answer]", names: list[bytes], kept: "Future[None]"
    ) -> None:
        error = kept.exception()
        if error is not None:
            _fail(answered, error)
            return
        self.tries.remember(names)
        _pass_on(decided, answered)


def _refused(submission: Submission, decided: "Future[Answer]") -> list[tuple[KeyedCommand, Refusal]]:
    error = decided.exception()
    if error is not None:
        # The whole submission: there is no such ledger.
        return [(submission.items[0], error)] if isinstance(error, Refusal) else []
    outcomes = zip(submission.items, decided.result().outcomes, strict=False)
    return [(item, outcome.refusal) for item, outcome in outcomes if isinstance(outcome, Refused)]


def _pass_on(from_: "Future[ResultT]", to: "Future[ResultT]") -> None:
    error = from_.exception()
    if error is not None:
        _fail(to, error)
    elif to.set_running_or_notify_cancel():
        to.set_result(from_.result())


def _fail(future: "Future[ResultT]", error: BaseException) -> None:
    if future.set_running_or_notify_cancel():
        future.set_exception(error)
