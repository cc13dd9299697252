"""Who else signed the checkpoint: its cosignatures, verified with the keys of the policy that this service follows."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final, NamedTuple

from api.console.asked import Asked
from api.console.figures import local_time
from api.console.inside import Refused
from api.console.level import Level, Verdict
from api.console.signed import NOT_FOUND, Signed, verify_ed25519
from api.console.texts import mark as _
from domain.dates import format_instant
from domain.note import Note, Signature, UntrustedNoteError, VerifierKey, verify_note
from domain.policy import Policy, PolicyWitness, parse_policy

_FIRST_BAD: Final = 400
_LATEST_SHOWN_S: Final = 253_402_300_799
"""The last second of the year 9999: what a witness states beyond it is no date."""


class Found(Enum):
    """What there is of a witness under a checkpoint."""

    VALID = auto()
    WRONG = auto()
    MISSING = auto()


class Cosigned(NamedTuple):
    """A witness of a policy, what there is of it, and when it says to have signed (seconds since 1970)."""

    witness: PolicyWitness
    found: Found
    time_s: int | None = None


async def check_witnesses(asked: Asked, signed: Signed | None) -> Level:
    """Whether those witnesses have cosigned the latest checkpoint whose signatures this service asks for."""
    title = asked.say("见证人联署")
    compared = asked.say("用本服务器见证策略中的公钥，逐个核对最新检查点下的联署，并看是否达到策略要求的人数。")
    policy = await policy_of(asked)
    if signed is None or policy is None:
        return Level(title=title, compared=compared, verdict=Verdict.UNKNOWN, said=asked.say(_NOBODY))
    every = [cosigned_by(signed.note, each) for each in policy.witnesses]
    others = strangers(signed.note, policy)
    verdict, said = judged(policy, every, others)
    figures = [(_shown(each.witness.name), await _told(asked, each)) for each in every]
    figures += [(name, asked.say("不在本服务器的策略内，未核对")) for name in others]
    return Level(title=title, compared=compared, verdict=verdict, said=asked.say(said), figures=figures)


async def policy_of(asked: Asked) -> Policy | None:
    """The policy by which this service asks for cosignatures; None where the log has no key yet."""
    answer = await asked.inside.send("GET", asked.address("witness-policy"), {})
    if answer.status == NOT_FOUND:
        return None
    if answer.status >= _FIRST_BAD:
        raise Refused(answer.status, answer.json())
    return parse_policy(answer.content.decode(errors="surrogateescape"))


def cosigned_by(note: Note, witness: PolicyWitness) -> Cosigned:
    """What there is of a witness under a checkpoint."""
    if not any(_is_by(each, witness.key) for each in note.signatures):
        return Cosigned(witness, Found.MISSING)
    try:
        verified = verify_note(note, [witness.key], verify_ed25519)
    except UntrustedNoteError:
        return Cosigned(witness, Found.WRONG)
    return Cosigned(witness, Found.VALID, verified[-1].time_s)


def strangers(note: Note, policy: Policy) -> list[str]:
    """Who signed and is neither the log nor a witness of the policy, as the note names them."""
    known = [*(log.key for log in policy.logs), *(witness.key for witness in policy.witnesses)]
    unknown = (each.name for each in note.signatures if not any(_is_by(each, key) for key in known))
    return list(dict.fromkeys(unknown))


def judged(policy: Policy, every: Sequence[Cosigned], others: Sequence[str]) -> tuple[Verdict, str]:
    """What comes of the cosignatures, and the text that says so; a witness that is late has done nothing wrong."""
    valid = {each.witness.name for each in every if each.found is Found.VALID}
    if any(each.found is Found.WRONG for each in every):
        return Verdict.FAILS, _("有见证人的联署无效。")
    if valid and policy.is_met(valid):
        return Verdict.HOLDS, _("联署有效，达到策略要求的人数。公钥来自本服务器，请与您另行取得的比对。")
    if valid:
        return Verdict.UNKNOWN, _("联署有效，但尚未达到策略要求的人数。")
    if others:
        return Verdict.UNKNOWN, _NOT_VERIFIED
    return Verdict.UNKNOWN, _("策略所列的见证人都还没有联署最新检查点。") if every else _NOBODY


def _is_by(signature: Signature, key: VerifierKey) -> bool:
    return (signature.name, signature.key_id) == (key.name, key.key_id)


def _shown(name: str) -> str:
    """A name of a policy, which may have bytes that are no UTF-8."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


async def _told(asked: Asked, cosigned: Cosigned) -> str:
    if cosigned.found is Found.WRONG:
        return asked.say("联署无效")
    if cosigned.found is Found.MISSING:
        return asked.say("尚未联署")
    if cosigned.time_s is None or cosigned.time_s > _LATEST_SHOWN_S:
        return asked.say("联署有效")
    ledger = await asked.inside.get(asked.address(""))
    instant = format_instant(datetime.fromtimestamp(cosigned.time_s, UTC))
    return asked.say("联署有效，{time}", time=local_time(instant, ledger["time_zone"]))


_NOBODY: Final = _("最新检查点没有见证人联署。")
_NOT_VERIFIED: Final = _(
    "有联署，但本服务器的策略没有这些见证人的公钥，未在此核对：请用 fundtrail_verify.py 加 --policy 核验。"
)
