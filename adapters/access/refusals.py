"""A log of commands whose refusals are written down before anybody is told of them, whatever way a command came in."""

from concurrent.futures import Future
from functools import partial
from typing import TypeVar

from domain.access_log import AccessEntry, AccessLog, refused_command, refused_opening
from domain.command import Actor
from domain.errors import Denied, Refusal
from domain.ledger import OpenLedger
from domain.ports import CommandLog
from domain.submission import Answer, Refused, Submission

ResultT = TypeVar("ResultT")


class RecordedRefusals:
    """See CommandLog; every future and call may raise AccessLogUnavailable as well.

    Then a refusal could not be kept, and is not answered. What a submission that stands command by command had accepted
    stays recorded: the same keys give it again. Of a dry run that is written down which the caller may not do: what the
    rules would refuse he only wanted to know.
    """

    def __init__(self, log: CommandLog, access_log: AccessLog) -> None:
        self.access_log = access_log
        self._log = log

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
        """Answers at once when nothing was refused, else once the refusals are durable. In the writer's thread."""
        try:
            refusals = _refusals(submission, decided)
            if not refusals:
                _pass_on(decided, answered)
                return
            kept = self.access_log.record(refusals)
        except Exception as error:  # noqa: BLE001 (a callback's exceptions reach nobody, and someone waits)
            _fail(answered, error)
            return
        kept.add_done_callback(partial(_answer, answered, decided))


def _refusals(submission: Submission, decided: "Future[Answer]") -> list[AccessEntry]:
    error = decided.exception()
    if error is not None:
        # The whole submission: there is no such ledger.
        refused = [(submission.items[0], error)] if isinstance(error, Refusal) else []
    else:
        outcomes = zip(submission.items, decided.result().outcomes, strict=False)
        refused = [(item, outcome.refusal) for item, outcome in outcomes if isinstance(outcome, Refused)]
    if submission.dry_run:
        refused = [(item, refusal) for item, refusal in refused if isinstance(refusal, Denied)]
    return [refused_command(submission.ledger_id, submission.actor, item.command, refusal) for item, refusal in refused]


def _answer(answered: "Future[Answer]", decided: "Future[Answer]", kept: "Future[None]") -> None:
    error = kept.exception()
    if error is None:
        _pass_on(decided, answered)
    else:
        _fail(answered, error)


def _pass_on(from_: "Future[ResultT]", to: "Future[ResultT]") -> None:
    error = from_.exception()
    if error is not None:
        _fail(to, error)
    elif to.set_running_or_notify_cancel():
        to.set_result(from_.result())


def _fail(future: "Future[ResultT]", error: BaseException) -> None:
    if future.set_running_or_notify_cancel():
        future.set_exception(error)
