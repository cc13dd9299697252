"""Trust policies: which logs are known, which witnesses, and how many of them must have cosigned.

Source: C2SP tlog-policy. Two things are stricter here: a log may not be its own witness under the same public key, and
a key that is not Ed25519 is refused with the whole file.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from domain.note import Algorithm, MalformedKeyError, VerifierKey, format_verifier_key, parse_verifier_key

MAX_POLICY_BYTES: Final = 2**20
"""Longest policy, inclusive; it bounds the work, which is linear in it."""

NO_QUORUM: Final = "none"
"""The name that asks for no cosignature; nothing else may bear it."""

# Bytes from 0x80 on are opaque, so every character that needs them is allowed.
_ALLOWED: Final = re.compile(r"[\t\x20-\x7e\x80-\U0010ffff]*")
_BLANK: Final = " \t"
_COUNT: Final = re.compile(r"[1-9][0-9]{0,6}")


class MalformedPolicyError(ValueError):
    """The text is no policy. `line` counts from 1; what is missing is missing on the last line."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line


class PolicyLog(NamedTuple):
    """A log under its key, whose name is the log's origin; the address means what the reader makes of it."""

    key: VerifierKey
    url: str | None


class PolicyWitness(NamedTuple):
    """A witness: its name in this policy, its key, and the address that takes checkpoints (the submission prefix)."""

    name: str
    key: VerifierKey
    url: str | None


class PolicyGroup(NamedTuple):
    """Witnesses and earlier groups, of which at least `threshold` (1 to all) must have cosigned."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Logs, witnesses and groups in the order of their lines; `quorum` names one of the latter two, None neither."""

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[PolicyGroup, ...]
    quorum: str | None

    def names_of(self, keys: Iterable[VerifierKey]) -> frozenset[str]:
        """What the policy calls the witnesses with these keys; other keys are passed over."""
        known = set(keys)
        return frozenset(witness.name for witness in self.witnesses if witness.key in known)

    def is_met(self, cosigned: Collection[str]) -> bool:
        """Whether these witnesses, by their names in the policy, suffice; other names count for nothing."""
        met = {witness.name for witness in self.witnesses} & set(cosigned)
        # Members are defined before their group, so one pass reaches every group.
        for group in self.groups:
            if sum(member in met for member in group.members) >= group.threshold:
                met.add(group.name)
        return self.quorum is None or self.quorum in met


def parse_policy(text: str) -> Policy:
    """The policy of a text; bytes that are no UTF-8 may stand in it as the surrogates of PEP 383.

    Raises:
        MalformedPolicyError: any other text, or more than MAX_POLICY_BYTES.
    """
    if len(text.encode(errors="surrogatepass")) > MAX_POLICY_BYTES:
        raise MalformedPolicyError(1, f"a policy has at most {MAX_POLICY_BYTES} bytes")
    *lines, rest = text.split("\n")
    reading = _Reading()
    for line in lines:
        reading.read(line)
    if rest:
        raise MalformedPolicyError(len(lines) + 1, "a line ends in a newline")
    return reading.policy()


def format_policy(policy: Policy) -> str:
    """The text of a policy, which `parse_policy` reads as the same one."""
    lines = [
        *(_line("log", format_verifier_key(each.key), each.url) for each in policy.logs),
        *(_line("witness", each.name, format_verifier_key(each.key), each.url) for each in policy.witnesses),
        *(_line("group", each.name, str(each.threshold), *each.members) for each in policy.groups),
        _line("quorum", policy.quorum or NO_QUORUM),
    ]
    return "".join(lines)


class _Reading:
    """What the lines read so far have defined."""

    def __init__(self) -> None:
        self._line = 0
        self._logs: list[PolicyLog] = []
        self._witnesses: list[PolicyWitness] = []
        self._groups: list[PolicyGroup] = []
        self._quorums: list[str] = []
        self._names: set[str] = set()
        self._members: set[str] = set()
        self._public_keys: set[bytes] = set()

    def read(self, line: str) -> None:
        self._line += 1
        if not _ALLOWED.fullmatch(line):
            raise self._refused("a control character other than a tab")
        stripped = line.strip(_BLANK)
        if not stripped or stripped.startswith("#"):
            return
        match re.split(f"[{_BLANK}]+", stripped):
            case ["log", vkey] | ["log", vkey, _] as items:
                self._logs.append(PolicyLog(self._key(vkey, Algorithm.ED25519), _url(items, 2)))
            case ["witness", name, vkey] | ["witness", name, vkey, _] as items:
                key = self._key(vkey, Algorithm.COSIGNATURE)
                self._witnesses.append(PolicyWitness(self._new_name(name), key, _url(items, 3)))
            case ["group", name, threshold, *members] if members:
                self._read_group(name, threshold, members)
            case ["quorum", name]:
                self._read_quorum(name)
            case _:
                raise self._refused("no line of a policy: log, witness, group or quorum, with what belongs to it")

    def policy(self) -> Policy:
        if not self._quorums:
            raise MalformedPolicyError(max(self._line, 1), "there is no quorum line")
        (quorum,) = self._quorums
        return Policy(
            logs=tuple(self._logs),
            witnesses=tuple(self._witnesses),
            groups=tuple(self._groups),
            quorum=None if quorum == NO_QUORUM else quorum,
        )

    def _read_group(self, name: str, threshold: str, members: list[str]) -> None:
        for member in members:
            if member not in self._names:
                raise self._refused("a member that is not defined on a line before")
            if member in self._members:
                raise self._refused("a name that is a member already")
            self._members.add(member)
        count = {"any": 1, "all": len(members)}.get(threshold)
        if count is None:
            count = int(threshold) if _COUNT.fullmatch(threshold) else 0
        if not 1 <= count <= len(members):
            raise self._refused("a threshold is any, all, or a number from 1 to that of the members")
        self._groups.append(PolicyGroup(self._new_name(name), count, tuple(members)))

    def _read_quorum(self, name: str) -> None:
        if self._quorums:
            raise self._refused("a second quorum line")
        if name != NO_QUORUM and name not in self._names:
            raise self._refused("a quorum that is not defined on a line before")
        self._quorums.append(name)

    def _new_name(self, name: str) -> str:
        if name == NO_QUORUM:
            raise self._refused("a name that only a quorum line may use")
        if name in self._names:
            raise self._refused("a name that is defined already")
        self._names.add(name)
        return name

    def _key(self, text: str, algorithm: Algorithm) -> VerifierKey:
        try:
            key = parse_verifier_key(text)
        except MalformedKeyError:
            raise self._refused("no verifier key of a known algorithm") from None
        if key.algorithm is not algorithm:
            raise self._refused(f"a key that does not make signatures of type {algorithm.value}")
        if key.public_key in self._public_keys:
            raise self._refused("a public key that another line has")
        self._public_keys.add(key.public_key)
        return key

    def _refused(self, reason: str) -> MalformedPolicyError:
        return MalformedPolicyError(self._line, reason)


def _line(*items: str | None) -> str:
    return " ".join(item for item in items if item is not None) + "\n"


def _url(items: list[str], index: int) -> str | None:
    return items[index] if len(items) > index else None
