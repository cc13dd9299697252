"""Trust policies: the example of the specification, every way to be refused, and quorums held against their meaning."""

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.note import Algorithm, VerifierKey, format_verifier_key
from domain.policy import (
    MAX_POLICY_BYTES,
    MalformedPolicyError,
    PolicyGroup,
    PolicyWitness,
    format_policy,
    parse_policy,
)
from tests.support.ed25519 import SeededSigner
from tests.support.effort import full_only

LOG = SeededSigner("log.example/funds").key
WITNESSES = {
    name: SeededSigner(f"{name}.example", Algorithm.COSIGNATURE).key for name in ("X1", "X2", "X3", "Y1", "Y2")
}
LOG_LINE = f"log {format_verifier_key(LOG)}\n"
LINES = {name: f"witness {name} {format_verifier_key(key)}\n" for name, key in WITNESSES.items()}
EXAMPLE = f"""\
# who may speak for the bureau's log
{LOG_LINE}
{LINES["X1"]}{LINES["X2"]}{LINES["X3"]}group X-witnesses 2 X1 X2 X3

{LINES["Y1"]}{LINES["Y2"]}group Y-witnesses any Y1 Y2

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def refused_line(text: str) -> int:
    with pytest.raises(MalformedPolicyError) as refused:
        parse_policy(text)
    assert str(refused.value).startswith(f"line {refused.value.line}: ")
    return refused.value.line


def test_the_example_of_the_specification_is_read() -> None:
    policy = parse_policy(EXAMPLE)
    assert [log.key for log in policy.logs] == [LOG]
    assert {witness.name: witness.key for witness in policy.witnesses} == WITNESSES
    assert policy.groups == (
        PolicyGroup("X-witnesses", 2, ("X1", "X2", "X3")),
        PolicyGroup("Y-witnesses", 1, ("Y1", "Y2")),
        PolicyGroup("X-and-Y", 2, ("X-witnesses", "Y-witnesses")),
    )
    assert policy.quorum == "X-and-Y"


def test_what_is_written_is_read_as_the_same_policy() -> None:
    addressed = f"{LOG_LINE}witness X1 {format_verifier_key(WITNESSES['X1'])} https://x1.example\nquorum none\n"
    for policy in map(parse_policy, (EXAMPLE, addressed)):
        assert parse_policy(format_policy(policy)) == policy


def test_its_quorum_is_two_of_x_and_one_of_y() -> None:
    policy = parse_policy(EXAMPLE)
    subsets = chain.from_iterable(combinations(WITNESSES, count) for count in range(len(WITNESSES) + 1))
    for names in map(set, subsets):
        assert policy.is_met(names) == (len(names & {"X1", "X2", "X3"}) >= 2 and bool(names & {"Y1", "Y2"})), names


def test_only_witnesses_count_towards_a_quorum() -> None:
    policy = parse_policy(EXAMPLE)
    assert not policy.is_met({"X-and-Y", "X-witnesses", "Y-witnesses", "X1.example", "none", "nobody"})


def test_a_quorum_may_be_one_witness_or_none() -> None:
    one = parse_policy(f"{LINES['X1']}{LINES['X2']}quorum X1\n")
    assert one.is_met({"X1"})
    assert not one.is_met({"X2"})
    none = parse_policy("quorum none\n")
    assert (none.logs, none.witnesses, none.groups, none.quorum) == ((), (), (), None)
    assert none.is_met(())


def test_witnesses_are_found_by_their_whole_key() -> None:
    policy = parse_policy(EXAMPLE)
    other = VerifierKey(name="X1.example", algorithm=Algorithm.COSIGNATURE, public_key=WITNESSES["X2"].public_key)
    assert policy.names_of([WITNESSES["X1"], WITNESSES["Y2"], LOG, other]) == {"X1", "Y2"}


def test_addresses_comments_blanks_and_any_name_are_allowed() -> None:
    policy = parse_policy(
        f"\n \t \n\t# 注释 \udcff\n \t{LOG_LINE[:-1]}\t \thttps://log.example/ \n"
        f"witness 审计局\udcff {format_verifier_key(WITNESSES['X1'])} https://见证.example\n"
        "group all all 审计局\udcff\ngroup #1 1 all\nquorum #1\n"
    )
    assert policy.logs[0].url == "https://log.example/"
    assert policy.witnesses == (PolicyWitness("审计局\udcff", WITNESSES["X1"], "https://见证.example"),)
    assert policy.is_met({"审计局\udcff"})


def test_a_no_break_space_is_part_of_a_name() -> None:
    policy = parse_policy(f"witness a\u00a0b {format_verifier_key(WITNESSES['X1'])}\nquorum a\u00a0b\n")
    assert policy.is_met({"a\u00a0b"})


def vkey(key: VerifierKey, **changes: str | Algorithm) -> str:
    fields = {"name": key.name, "algorithm": key.algorithm, "public_key": key.public_key} | changes
    return format_verifier_key(VerifierKey(**fields))  # type: ignore[arg-type]  # the names are those of the class


@pytest.mark.parametrize(
    "line",
    [
        "log",
        "log key",
        f"{LOG_LINE[:-1]} url more",
        f"log {vkey(WITNESSES['X2'])}",
        f"log {vkey(LOG)[:-1]}",
        f"log X9 {vkey(SeededSigner('other').key)}",
        f"Log {vkey(SeededSigner('other').key)}",
        f"log\u00a0{vkey(SeededSigner('other').key)}",
        "witness",
        "witness X2",
        f"witness {vkey(WITNESSES['X2'])}",
        f"{LINES['X2'][:-1]} url more",
        f"witness X2 {vkey(WITNESSES['X2'], algorithm=Algorithm.ED25519)}",
        f"witness none {vkey(WITNESSES['X2'])}",
        f"witness X1 {vkey(WITNESSES['X2'])}",
        f"witness g {vkey(WITNESSES['X2'])}",
        "group",
        "group h",
        "group h any",
        "group h any ",
        "group h any none",
        "group h any X2",
        "group h any h",
        "group h any X1",
        "group h any g g",
        "group h 0 g",
        "group h 2 g",
        "group h 01 g",
        "group h +1 g",
        "group h -1 g",
        "group h １ g",
        "group h 1.0 g",
        "group h one g",
        f"group h {'9' * 5000} g",
        "group none any g",
        "group g any g",
        "group X1 any g",
        "quorum",
        "quorum h",
        "quorum g g",
        "Quorum g",
        "quorum NONE",
        "trust me",
        "threshold 1",
        *(f"# {chr(code)}" for code in [*range(9), *range(11, 32), 127]),
    ],
)
def test_a_wrong_line_is_refused_by_its_number(line: str) -> None:
    before = f"{LOG_LINE}{LINES['X1']}group g any X1\n"
    parse_policy(f"{before}quorum g\n")
    assert refused_line(f"{before}{line}\nquorum g\n") == 4


@pytest.mark.parametrize(
    "line",
    [
        LOG_LINE,
        f"log {vkey(LOG, name='log.example/renamed')}\n",
        f"witness again {vkey(LOG, algorithm=Algorithm.COSIGNATURE)}\n",
        f"witness again {vkey(WITNESSES['X1'])}\n",
        f"witness again {vkey(WITNESSES['X1'], name='renamed.example')}\n",
        f"log {vkey(WITNESSES['X1'], algorithm=Algorithm.ED25519)}\n",
    ],
)
def test_a_public_key_stands_on_one_line_only(line: str) -> None:
    assert refused_line(f"{LOG_LINE}{LINES['X1']}{line}quorum none\n") == 3


def test_a_log_may_have_several_keys() -> None:
    renewed = vkey(SeededSigner("renewed").key, name=LOG.name)
    assert len(parse_policy(f"{LOG_LINE}log {renewed}\nquorum none\n").logs) == 2


def test_there_is_exactly_one_quorum_line() -> None:
    assert refused_line("") == 1
    assert refused_line("\n") == 1
    assert refused_line(LOG_LINE + LINES["X1"]) == 2
    assert refused_line("quorum none\n# again\nquorum none\n") == 3


def test_a_quorum_and_a_group_name_what_stands_before_them() -> None:
    assert refused_line(f"quorum X1\n{LINES['X1']}") == 1
    assert refused_line(f"group g any X1\n{LINES['X1']}quorum g\n") == 1
    assert parse_policy(f"{LINES['X1']}quorum X1\n{LOG_LINE}").is_met({"X1"})


def test_a_last_line_that_was_cut_off_is_refused() -> None:
    whole = f"{LINES['X1']}{LINES['X2']}group X12 all X1 X2\nquorum X12\n"
    assert refused_line(whole[:-1]) == 4
    assert refused_line(whole[:-2]) == 4


def test_the_size_of_a_policy_is_bounded() -> None:
    end = "\nquorum none\n"
    most = "#" * (MAX_POLICY_BYTES - len(end)) + end
    parse_policy(most)
    assert refused_line(f"#{most}") == 1
    assert refused_line(most.replace("##", "é#")) == 1


@full_only
def test_the_longest_chain_of_groups_is_read_and_applied() -> None:
    groups = "".join(f"group g{number + 1} 1 g{number}\n" for number in range(30_000))
    policy = parse_policy(f"{LINES['X1']}group g0 any X1\n{groups}quorum g30000\n")
    assert policy.is_met({"X1"})
    assert not policy.is_met(())


@st.composite
def policies(draw: st.DrawFn) -> tuple[str, dict[str, tuple[int, list[str]]], str]:
    """The text of a policy, its groups as threshold and members, and the name of its quorum."""
    free, groups, text = list(WITNESSES), {}, "".join(LINES.values())
    for number in range(draw(st.integers(0, 4))):
        if not free:
            break
        members = draw(st.lists(st.sampled_from(free), min_size=1, unique=True))
        threshold = draw(st.integers(1, len(members)))
        groups[f"g{number}"] = (threshold, members)
        free = [*(name for name in free if name not in members), f"g{number}"]
        text += f"group g{number} {threshold} {' '.join(members)}\n"
    quorum = draw(st.sampled_from([*WITNESSES, *groups]))
    return f"{text}quorum {quorum}\n", groups, quorum


@given(policies(), st.sets(st.sampled_from(sorted(WITNESSES))))
def test_a_quorum_means_what_its_groups_mean(
    written: tuple[str, dict[str, tuple[int, list[str]]], str], cosigned: set[str]
) -> None:
    text, groups, quorum = written

    def meant(name: str) -> bool:
        if name not in groups:
            return name in cosigned
        threshold, members = groups[name]
        return sum(map(meant, members)) >= threshold

    assert parse_policy(text).is_met(cosigned) == meant(quorum)


WORDS = ["log", "witness", "group", "quorum", "none", "any", "a", "1", " ", "\n", "\t", "#"]


@given(st.lists(st.sampled_from(WORDS)).map("".join))
def test_any_text_is_a_policy_or_refused_at_one_of_its_lines(text: str) -> None:
    try:
        parse_policy(text)
    except MalformedPolicyError as error:
        line = error.line
    else:
        line = 1
    assert 1 <= line <= text.count("\n") + 1
