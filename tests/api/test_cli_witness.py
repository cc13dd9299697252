"""`fundtrail witness` and `fundtrail witness-key`: the service of a second bureau, from files to its address."""

import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import httpx
import pytest

from adapters.transparency.ed25519 import create_key, load_key
from adapters.transparency.witness_client import submit
from adapters.transparency.witness_state import WitnessState, create_state
from domain.note import Algorithm, VerifierKey, format_verifier_key, parse_verifier_key
from tests.support.command_line import CommandLine, Finished
from tests.support.processes import DEADLINE_S, fundtrail, witnessing
from tests.support.witness import NOW_S, WITNESS, SmallLog

LOG, OTHER = SmallLog(), SmallLog("other.example")
VKEY = format_verifier_key(LOG.signer.key)
Options = dict[str, str]


@pytest.fixture
def options() -> Iterator[Options]:
    """What `witness` must be given; somebody has the port, so that one which should not start ends all the same."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield {"--key": "witness.key", "--state": "witness.state", "--port": str(taken.getsockname()[1])}


@pytest.fixture
def line(tmp_path: Path) -> CommandLine:
    """For commands that end; `witness` ends only when it is refused."""
    return CommandLine("sqlite:///never.db", tmp_path)


@pytest.fixture(scope="module")
def used_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a witness that has cosigned before."""
    folder = tmp_path_factory.mktemp("witness")
    with witnessing(folder, "--log", VKEY) as witness:
        submit(witness.url, key_printed(witness.output), LOG.note(5), LOG.prove)
        witness.stop()
    return folder


@pytest.fixture
def used(line: CommandLine, used_folder: Path) -> CommandLine:
    """The folder of such a witness."""
    copytree(used_folder, line.folder, dirs_exist_ok=True)
    return line


def words(options: Options) -> list[str]:
    return [word for option in options.items() for word in option]


def key_printed(output: Path) -> VerifierKey:
    return parse_verifier_key(output.read_text("utf-8").splitlines()[0])


def refused(finished: Finished, code: int) -> str:
    """Why."""
    assert (finished.code, finished.output) == (code, ""), finished.messages
    return finished.messages


def test_the_first_start_makes_and_prints_the_key(tmp_path: Path) -> None:
    with witnessing(tmp_path, "--log", VKEY, "--name", "witness.example/审计") as witness:
        vkey, address = witness.output.read_text("utf-8").splitlines()
        assert address == f"fundtrail witness: {witness.url}"
        assert httpx.get(f"{witness.url}/healthz", timeout=DEADLINE_S).json() == {"status": "up"}
        key = parse_verifier_key(vkey)
        assert (key.name, key.algorithm) == ("witness.example/审计", Algorithm.COSIGNATURE)
        (cosignature,) = submit(witness.url, key, LOG.note(5), LOG.prove)
        assert int.from_bytes(cosignature.value[:8], "big") > NOW_S
        witness.stop()
    assert load_key(tmp_path / "witness.key").key == key
    assert stat.S_IMODE((tmp_path / "witness.key").stat().st_mode) == 0o600
    printed = fundtrail(tmp_path, "", "witness-key", "--key", "witness.key")
    assert (printed.returncode, printed.stdout) == (0, f"{vkey}\n")


def test_a_later_start_goes_on_with_the_key_and_what_was_cosigned(used: CommandLine) -> None:
    key = load_key(used.folder / "witness.key").key
    assert key.name == "fundtrail-witness"
    with witnessing(used.folder, "--log", VKEY, "--name", "fundtrail-witness") as witness:
        assert witness.output.read_text("utf-8") == f"fundtrail witness: {witness.url}\n"
        told = httpx.post(f"{witness.url}/add-checkpoint", content=LOG.request(0, 8), timeout=DEADLINE_S)
        assert (told.status_code, told.text) == (409, "5\n")
        assert len(submit(witness.url, key, LOG.note(8), LOG.prove)) == 1
        os.kill(witness.process.pid, signal.SIGINT)
        assert witness.process.wait(DEADLINE_S) == 0


def test_logs_are_watched_by_a_policy_and_by_key(tmp_path: Path) -> None:
    policy = f"log {VKEY} https://log.example\nwitness w {format_verifier_key(WITNESS.key)}\nquorum w\n"
    (tmp_path / "policy").write_text(policy, encoding="utf-8")
    other = format_verifier_key(OTHER.signer.key)
    with witnessing(tmp_path, "--policy", "policy", "--log", other, "--log", VKEY) as witness:
        for log, status in [(LOG, 200), (OTHER, 200), (SmallLog("stranger.example"), 404)]:
            answer = httpx.post(f"{witness.url}/add-checkpoint", content=log.request(0, 5), timeout=DEADLINE_S)
            assert answer.status_code == status


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ([], "no log to watch"),
        (["--log", ""], "--log takes a verifier key"),
        (["--log", VKEY[:-1]], "--log takes a verifier key"),
        (["--log", VKEY, "--log", format_verifier_key(WITNESS.key)], "one of the keys is a witness's"),
        (["--log", VKEY, "--name", "a b"], "--name has a character"),
        (["--log", VKEY, "--name", "a+b"], "--name has a character"),
        (["--log", VKEY, "--name", ""], "--name has a character"),
        (["--log", VKEY, "--port", "65536"], "--port"),
        (["--log", VKEY, "--port", "-1"], "--port"),
        (["--policy", "nowhere"], "nowhere"),
    ],
)
def test_wrong_usage_is_said_and_makes_no_key(
    line: CommandLine, options: Options, more: list[str], reason: str
) -> None:
    assert reason in refused(line("witness", *words(options), *more), 2)
    assert not (line.folder / "witness.key").exists()


@pytest.mark.parametrize("missing", ["--key", "--state", "--port"])
def test_key_state_and_port_must_be_named(line: CommandLine, options: Options, missing: str) -> None:
    del options[missing]
    assert missing in refused(line("witness", *words(options), "--log", VKEY), 2)


def test_a_policy_without_a_log_watches_none(line: CommandLine, options: Options) -> None:
    (line.folder / "policy").write_text("quorum none\n", encoding="utf-8")
    assert "no log to watch" in refused(line("witness", *words(options), "--policy", "policy"), 2)


def test_a_malformed_policy_is_refused_with_the_line(line: CommandLine, options: Options) -> None:
    (line.folder / "policy").write_text(f"log {VKEY}\nlog kilroy\nquorum none\n", encoding="utf-8")
    reason = refused(line("witness", *words(options), "--policy", "policy"), 1)
    assert reason == "fundtrail: policy line 2: no verifier key of a known algorithm\n"


def test_a_key_without_its_state_is_refused(used: CommandLine, options: Options) -> None:
    (used.folder / "witness.state").unlink()
    assert "does not know what this key has cosigned" in refused(used("witness", *words(options), "--log", VKEY), 1)
    assert not (used.folder / "witness.state").exists()


def test_a_new_key_may_go_on_with_an_old_state(used: CommandLine) -> None:
    before = (used.folder / "witness.state").read_bytes()
    old = load_key(used.folder / "witness.key").key
    (used.folder / "witness.key").unlink()
    with witnessing(used.folder, "--log", VKEY) as witness:
        new = key_printed(witness.output)
        assert new.public_key != old.public_key
        assert (used.folder / "witness.state").read_bytes() == before
        assert len(submit(witness.url, new, LOG.note(8), LOG.prove)) == 1


def test_a_damaged_state_is_refused(used: CommandLine, options: Options) -> None:
    state = used.folder / "witness.state"
    state.write_bytes(state.read_bytes().replace(b"\\n5\\n", b"\\n4\\n"))
    assert "witness.state is damaged" in refused(used("witness", *words(options), "--log", VKEY), 1)


def test_a_key_that_others_may_read_is_refused(used: CommandLine, options: Options) -> None:
    (used.folder / "witness.key").chmod(0o640)
    for command in (["witness", *words(options), "--log", VKEY], ["witness-key", "--key", "witness.key"]):
        assert "others may read or change the key" in refused(used(*command), 1)


def test_a_name_cannot_be_changed(used: CommandLine, options: Options) -> None:
    assert "has another name" in refused(used("witness", *words(options), "--log", VKEY, "--name", "other"), 1)


def test_a_log_key_is_no_key_of_a_witness(line: CommandLine, options: Options) -> None:
    made = create_key(line.folder / "witness.key", "log.example", Algorithm.ED25519)
    create_state(line.folder / "witness.state")
    assert "holds the key of a log" in refused(line("witness", *words(options), "--log", VKEY), 1)
    printed = line("witness-key", "--key", "witness.key")
    assert (printed.code, printed.output) == (0, f"{format_verifier_key(made.key)}\n")


def test_what_is_no_key_file_is_refused(line: CommandLine) -> None:
    assert "nowhere" in refused(line("witness-key", "--key", "nowhere"), 1)
    (line.folder / "file").write_text("kilroy", encoding="utf-8")
    (line.folder / "file").chmod(0o600)
    reason = refused(line("witness-key", "--key", "file"), 1)
    assert reason == "fundtrail: file: no key of the form fundtrail-key-v1\n"


def test_a_port_that_is_taken_is_said(used: CommandLine, options: Options) -> None:
    ended = used("witness", *words(options), "--log", VKEY)
    assert f"127.0.0.1 port {options['--port']}: " in refused(ended, 1)


def test_no_database_is_needed_or_made(used: CommandLine) -> None:
    names = {each.name for each in used.folder.iterdir() if not each.name.startswith("child-")}
    assert names == {"witness.key", "witness.state", "witness.state.lock"}
    assert WitnessState(used.folder / "witness.state").latest(LOG.origin) is not None
