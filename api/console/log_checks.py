"""What can be checked of a log from its own interface: each level with what was compared, and what came of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.console.asked import Asked
from api.console.figures import grouped, hundredths_of
from api.console.level import Level, Verdict
from api.console.signed import Signed, hashes_of, log_keys, signed_at, signers_of
from domain.checkpoint import MalformedCheckpointError, parse_checkpoint
from domain.identifiers import leaf_hash
from domain.merkle import InvalidProofError, verify_consistency, verify_inclusion
from domain.money import format_hundredths
from domain.note import MalformedNoteError, parse_note

BYTES: Final = "application/octet-stream"
_SIZE_AND_ROOT: Final = re.compile(r"\s*#?(\d{1,16})\s+([0-9a-fA-F]{16,64})\s*", re.ASCII)
_ENTRY: Final = re.compile(r"\s*#?(\d{1,16})(?:\s+([0-9a-fA-F]{16,64}))?\s*", re.ASCII)
"""Of a hash, so many digits as pages show of it are enough."""
_WHOLE_HASH: Final = 64
_SIGNS: Final[Mapping[str, Mapping[str, int]]] = {
    "funds-allocated.v1": {"adjusted_budget": 1},
    "allocation-reduced.v1": {"adjusted_budget": -1},
    "funds-disbursed.v1": {"disbursed": 1},
    "disbursement-returned.v1": {"disbursed": -1},
    "funds-recovered.v1": {"recovered": 1},
}
"""What the amount of an event does to the sums of its project."""
_OPENING: Final = {"adjusted": "adjusted_budget", "disbursed": "disbursed", "recovered": "recovered"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A checkpoint that a reader kept: `digits` are those of its root, or the first of them; no origin: only these."""

    size: int
    digits: str
    origin: str = ""

    @property
    def is_whole(self) -> bool:
        return len(self.digits) == _WHOLE_HASH


async def check_signature(asked: Asked, signed: Signed | None) -> Level:
    """Whether a key of the log has signed its latest checkpoint."""
    title = asked.say("检查点的签名")
    compared = asked.say("用账本公钥核对最新检查点原文上的 Ed25519 签名。")
    if signed is None:
        said = asked.say("账本还没有签名检查点。")
        return Level(title=title, compared=compared, verdict=Verdict.UNKNOWN, said=said)
    signers = signers_of(signed.note, await log_keys(asked))
    figures = (
        (asked.say("流水号"), f"#{signed.checkpoint.size}"),
        (asked.say("校验值"), signed.checkpoint.root.hex()),
        (asked.say("账本"), signed.checkpoint.origin),
    )
    verdict = Verdict.HOLDS if signers else Verdict.FAILS
    said = asked.say("最新检查点由账本公钥签名，签名有效。") if signers else asked.say("没有账本公钥的有效签名。")
    return Level(title=title, compared=compared, verdict=verdict, said=said, figures=figures)


async def check_position(asked: Asked, signed: Signed | None) -> Level:
    """Whether the log as this page knows it is the beginning of what was signed."""
    title = asked.say("本页流水号的校验值")
    compared = asked.say("用一致性证明，核对本页的校验值是不是已签名的哈希树的开头。")
    here, position = asked.here, int(asked.here["position"])
    figures = ((asked.say("流水号"), f"#{position}"), (asked.say("校验值"), str(here["root"])))
    if signed is None or position == 0 or position > signed.checkpoint.size:
        return Level(
            title=title,
            compared=compared,
            verdict=Verdict.UNKNOWN,
            said=asked.say("此流水号尚未签名。"),
            figures=figures,
        )
    holds = await _is_beginning(asked, position, bytes.fromhex(here["root"]), signed)
    said = asked.say("与签名检查点一致。") if holds else asked.say("与签名检查点不一致：流水被改写过。")
    return Level(
        title=title, compared=compared, verdict=Verdict.HOLDS if holds else Verdict.FAILS, said=said, figures=figures
    )


async def check_earlier(asked: Asked, text: str, signed: Signed | None) -> Level:
    """Whether the log still begins with a checkpoint that the reader kept: a note, or its size and root."""
    title = asked.say("与您保存的检查点一致")
    compared = asked.say("用一致性证明，核对您保存的检查点是不是现有账本的开头。")
    earlier = await _earlier_of(asked, text)
    if isinstance(earlier, str):
        return Level(title=title, compared=compared, verdict=Verdict.UNKNOWN, said=earlier)
    shown = earlier.digits if earlier.is_whole else f"{earlier.digits}…"
    figures = ((asked.say("流水号"), f"#{earlier.size}"), (asked.say("校验值"), shown))
    if signed is None or earlier.size > signed.checkpoint.size or earlier.size == 0:
        said = asked.say("账本现有的签名检查点不到这个流水号：账本变短，或尚未签名。")
        return Level(title=title, compared=compared, verdict=Verdict.FAILS, said=said, figures=figures)
    if earlier.origin and earlier.origin != signed.checkpoint.origin:
        said = asked.say("这是另一本账的检查点。")
        return Level(title=title, compared=compared, verdict=Verdict.FAILS, said=said, figures=figures)
    root = earlier.digits if earlier.is_whole else await _root_at(asked, earlier.size)
    holds = root.startswith(earlier.digits) and await _is_beginning(asked, earlier.size, bytes.fromhex(root), signed)
    said = asked.say("现有账本以您保存的检查点为开头，此前的流水未被改动。")
    if not holds:
        said = asked.say("现有账本不以您保存的检查点为开头：此前的流水被改写过。")
    elif not earlier.is_whole:
        said = asked.say(
            "现有账本以您保存的检查点为开头，此前的流水未被改动；只比对了校验值的前 {count} 位。",
            count=len(earlier.digits),
        )
    return Level(
        title=title, compared=compared, verdict=Verdict.HOLDS if holds else Verdict.FAILS, said=said, figures=figures
    )


async def check_entry(asked: Asked, text: str, signed: Signed | None) -> Level:
    """Whether an entry is in the signed log. It is named by its position; a leaf hash may follow."""
    title = asked.say("一笔流水在账本之内")
    compared = asked.say("由这笔流水存储的原文算出叶哈希，再用包含证明算到已签名的校验值。")
    named = _ENTRY.fullmatch(text)
    if signed is None or named is None or not 1 <= int(named[1]) <= signed.checkpoint.size:
        said = asked.say("请输入已签名的流水号，其后可加叶哈希（十六进制，至少前 16 位）。")
        return Level(title=title, compared=compared, verdict=Verdict.UNKNOWN, said=said)
    position, digits = int(named[1]), (named[2] or "").lower()
    entry = await asked.inside.send("GET", asked.address(f"events/{position}"), {}, {"accept": BYTES})
    question = {"position": position, "size": signed.checkpoint.size}
    proof = await asked.inside.get(asked.address("proofs/inclusion"), question)
    leaf = leaf_hash(entry.content)
    holds = leaf.hex().startswith(digits)
    try:
        verify_inclusion(leaf, position - 1, signed.checkpoint.size, hashes_of(proof), signed.checkpoint.root)
    except InvalidProofError:
        holds = False
    said = asked.say("存储的原文经包含证明到达已签名的校验值。") if holds else asked.say("原文与账本不符。")
    figures = ((asked.say("流水号"), f"#{position}"), (asked.say("叶哈希"), leaf.hex()))
    return Level(
        title=title, compared=compared, verdict=Verdict.HOLDS if holds else Verdict.FAILS, said=said, figures=figures
    )


async def check_project(asked: Asked, project_id: str) -> Level:
    """Whether the sums of a project are those of its events."""
    title = asked.say("一个项目的数字由流水得出")
    compared = asked.say("把这个项目的流水逐笔相加，与页面所用的数字比较。")
    project = await asked.get(f"projects/{project_id}")
    events = await _history(asked, project_id)
    added = sums_of(events)
    holds = all(format_hundredths(value) == project[name] for name, value in added.items())
    named = {
        "adjusted_budget": asked.say("全年预算"),
        "disbursed": asked.say("累计支出"),
        "recovered": asked.say("收回"),
    }
    figures = [(asked.say("项目"), str(project["name"])), (asked.say("流水笔数"), f"{len(events):,}")]
    figures += [
        (named[name], f"{grouped(format_hundredths(value))} / {grouped(project[name])}")
        for name, value in added.items()
    ]
    said = asked.say("逐笔重算与页面数字一致（元）。") if holds else asked.say("逐笔重算与页面数字不一致。")
    return Level(
        title=title,
        compared=compared,
        verdict=Verdict.HOLDS if holds else Verdict.FAILS,
        said=said,
        figures=tuple(figures),
    )


def sums_of(events: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The sums of a project in fen, added up event by event; a reversal takes away what it copies."""
    sums = dict.fromkeys(_OPENING.values(), 0)
    for event in events:
        data = event["data"]
        is_reversal = "reverses" in data
        kind, fact, sign = (data["reverses"]["type"], data["fact"], -1) if is_reversal else (event["type"], data, 1)
        for name, own in _SIGNS.get(kind, {}).items():
            sums[name] += sign * own * hundredths_of(fact["amount"])
        if kind == "opening-balance-recorded.v1":
            for field_name, name in _OPENING.items():
                sums[name] += sign * hundredths_of(fact[field_name])
    return sums


async def latest(asked: Asked) -> Signed | None:
    """The latest signed checkpoint."""
    return await signed_at(asked)


async def _history(asked: Asked, project_id: str) -> list[dict[str, Any]]:
    found: dict[str, Any] = await asked.get_all(f"projects/{project_id}/history")
    return list(found["items"])


async def _is_beginning(asked: Asked, size: int, root: bytes, signed: Signed) -> bool:
    question = {"from": size, "to": signed.checkpoint.size}
    proof = await asked.inside.get(asked.address("proofs/consistency"), question)
    try:
        verify_consistency(size, signed.checkpoint.size, hashes_of(proof), root, signed.checkpoint.root)
    except InvalidProofError:
        return False
    return bool(signed.signers)


async def _root_at(asked: Asked, position: int) -> str:
    found = await asked.inside.get(asked.address("units"), {"at_position": position, "limit": 1})
    return str(found["coordinates"]["root"])


async def _earlier_of(asked: Asked, text: str) -> _Kept | str:
    """The checkpoint of the text, or why there is none."""
    plain = _SIZE_AND_ROOT.fullmatch(text)
    if plain is not None:
        return _Kept(size=int(plain[1]), digits=plain[2].lower())
    try:
        note = parse_note((text.replace("\r\n", "\n").strip("\n") + "\n").encode())
        checkpoint = parse_checkpoint(note.text)
    except (MalformedNoteError, MalformedCheckpointError):
        return asked.say("请粘贴完整的检查点原文，或流水号与校验值（十六进制，至少前 16 位）。")
    if not signers_of(note, await log_keys(asked)):
        return asked.say("这份检查点没有账本公钥的有效签名。")
    return _Kept(size=checkpoint.size, digits=checkpoint.root.hex(), origin=checkpoint.origin)
