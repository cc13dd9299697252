"""Policies in files, whatever bytes they hold."""

from pathlib import Path

import pytest

from adapters.transparency.policy_file import read_policy
from domain.note import format_verifier_key
from domain.policy import MAX_POLICY_BYTES, MalformedPolicyError
from tests.support.witness import WITNESS

END = b"quorum none\n"


def test_a_policy_is_read_from_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "policy"
    vkey = format_verifier_key(WITNESS.key).encode()
    path.write_bytes(b"# \xff\xfe\nwitness \xe5\xae\xa1 " + vkey + b"\nwitness-not-utf8 \xff\n")
    with pytest.raises(MalformedPolicyError) as refused:
        read_policy(path)
    assert refused.value.line == 3
    path.write_bytes(b"# \xff\xfe\nwitness \xe5\xae\xa1\xff " + vkey + b"\nquorum \xe5\xae\xa1\xff\n")
    assert read_policy(path).quorum == "审\udcff"


@pytest.mark.parametrize("filler", [b"#", b"\xff", "审".encode()])
def test_a_file_that_is_too_long_is_refused_and_not_cut(tmp_path: Path, filler: bytes) -> None:
    path = tmp_path / "policy"
    path.write_bytes(END + b"#" + filler * (MAX_POLICY_BYTES // len(filler)) + b"\n")
    with pytest.raises(MalformedPolicyError):
        read_policy(path)
    path.write_bytes(END + b"#" * (MAX_POLICY_BYTES - len(END) - 1) + b"\n")
    assert read_policy(path).quorum is None
