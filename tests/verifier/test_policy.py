"""Policies of C2SP tlog-policy: which cosignatures are enough, and which files are refused."""

from itertools import combinations

import pytest

from domain.note import Algorithm
from tests.support.ed25519 import SeededSigner
from tests.support.evidence import verifier_key
from verifier.fundtrail_verify import MAX_POLICY_BYTES, MAX_POLICY_MEMBERS, Fault, Policy, parse_policy

LOG = SeededSigner("log.example/funds")
BUREAUS = {name: SeededSigner(f"{name}.example", Algorithm.COSIGNATURE) for name in ("X1", "X2", "X3", "Y1", "Y2")}
HEAD = "".join(f"witness {name} {verifier_key(signer)}\n" for name, signer in BUREAUS.items())
TWO_LEVELS = (
    f"# our bureaus\n\n  log\t{verifier_key(LOG)} https://log.example \n{HEAD}"
    "group X 2 X1 X2 X3\ngroup Y any Y1 Y2\ngroup both all X Y\nquorum both\n"
)


def policy(text: str) -> Policy:
    return parse_policy(text.encode())


def met(rule: Policy, *names: str) -> bool:
    return rule.holds(rule.witnesses[name.encode()] for name in names)


def test_a_quorum_of_groups_needs_enough_of_each() -> None:
    rule = policy(TWO_LEVELS)
    for count in range(6):
        for names in combinations(BUREAUS, count):
            enough = sum(name[0] == "X" for name in names) >= 2 and any(name[0] == "Y" for name in names)
            assert met(rule, *names) is enough


def test_a_quorum_may_be_one_witness_or_none() -> None:
    assert met(policy(HEAD + "quorum Y1\n"), "Y1")
    assert not met(policy(HEAD + "quorum Y1\n"), "X1", "X2", "Y2")
    assert met(policy("quorum none\n"))


def test_the_lists_are_read() -> None:
    rule = policy(TWO_LEVELS)
    assert [key.name for key in rule.logs] == ["log.example/funds"]
    assert [name.decode() for name in rule.witnesses] == list(BUREAUS)


def test_names_are_octets() -> None:
    rule = parse_policy(b"witness \xe2\x84\xaa " + verifier_key(BUREAUS["X1"]).encode() + b"\nquorum \xe2\x84\xaa\n")
    assert met(rule, "\u212a")
    with pytest.raises(Fault):
        policy(f"witness \u212a {verifier_key(BUREAUS['X1'])}\nquorum K\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", None),
        (HEAD, None),
        (HEAD + "quorum X1\nquorum X1\n", 7),
        (HEAD + "quorum Z\n", 6),
        (HEAD + "quorum X\ngroup X any X1\n", 6),
        (HEAD + "group X any X1\ngroup X any X2\nquorum X\n", 7),
        (HEAD + "group X1 any X2\nquorum X1\n", 6),
        (HEAD + "group none any X2\nquorum none\n", 6),
        (HEAD + "group X any none\nquorum X\n", 6),
        (HEAD + "group X any X1 X1\nquorum X\n", 6),
        (HEAD + "group X any X1\ngroup Z all X1 X2\nquorum Z\n", 7),
        (HEAD + "group X any X\nquorum X\n", 6),
        (HEAD + "group X any\nquorum X\n", 6),
        (HEAD + "group X 0 X1\nquorum X\n", 6),
        (HEAD + "group X 3 X1 X2\nquorum X\n", 6),
        (HEAD + "group X 01 X1\nquorum X\n", 6),
        (HEAD + "group X some X1\nquorum X\n", 6),
        (HEAD + "quorum\n", 6),
        (HEAD + "quorum X1 X2\n", 6),
        (HEAD + "trust X1\n", 6),
        (HEAD + HEAD + "quorum X1\n", 6),
        (HEAD + f"witness other {verifier_key(BUREAUS['X1'])}\nquorum X1\n", 6),
        (HEAD + f"witness other {verifier_key(LOG)}\nquorum X1\n", 6),
        (f"log {verifier_key(BUREAUS['X1'])}\nquorum none\n", 1),
        (f"log {verifier_key(LOG)}\nlog {verifier_key(LOG)}\nquorum none\n", 2),
        (f"log {verifier_key(LOG)} a b\nquorum none\n", 1),
        ("log x\nquorum none\n", 1),
        ("quorum none\r\n", None),
        ("quorum none\x00\n", None),
        ("#" * MAX_POLICY_BYTES + "\nquorum none\n", None),
    ],
)
def test_a_policy_that_is_not_clear_is_refused_with_its_line(text: str, line: int | None) -> None:
    with pytest.raises(Fault) as refused:
        policy(text)
    assert (refused.value.file, refused.value.line) == ("policy", line)


def test_a_key_of_octets_that_are_no_text_is_refused() -> None:
    with pytest.raises(Fault):
        parse_policy(b"log \xff+00000000+AAAA\nquorum none\n")


@pytest.mark.parametrize("kind", ["log", "witness", "group"])
def test_a_policy_has_a_bounded_number_of_everything(kind: str) -> None:
    def line(number: int) -> str:
        algorithm = Algorithm.ED25519 if kind == "log" else Algorithm.COSIGNATURE
        signer = SeededSigner(f"{number:03}.example", algorithm)
        return f"{kind} {verifier_key(signer)}\n" if kind == "log" else f"witness n{number} {verifier_key(signer)}\n"

    if kind == "group":
        lines = [HEAD, "group n0 any X1\n", *(f"group n{number} any n{number - 1}\n" for number in range(1, 65))]
    else:
        lines = [line(number) for number in range(MAX_POLICY_MEMBERS + 1)]
    policy("".join(lines[:-1]) + "quorum none\n")
    with pytest.raises(Fault, match=str(MAX_POLICY_MEMBERS)):
        policy("".join(lines) + "quorum none\n")
