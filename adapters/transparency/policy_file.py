"""Trust policies in files."""

from pathlib import Path

from domain.policy import MAX_POLICY_BYTES, Policy, parse_policy


def read_policy(path: Path) -> Policy:
    """The policy in a file.

    Raises:
        MalformedPolicyError: it holds none.
    """
    with path.open("rb") as stream:
        return parse_policy(stream.read(MAX_POLICY_BYTES + 1).decode(errors="surrogateescape"))
