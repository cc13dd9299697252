"""`fundtrail witness` and `fundtrail witness-key`: keys, state and watched logs from files, then the service."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.clock import SystemClock
from adapters.transparency.ed25519 import KeyFile, MalformedKeyFileError, UnsafeKeyFileError, create_key, load_key
from adapters.transparency.policy_file import read_policy
from adapters.transparency.witness_state import CorruptStateError, WitnessState, create_state
from api.logs import configure_logging
from api.terminal import USAGE, CommandFailed, fail, write_text
from api.witness import Witness, witness_app
from domain.note import Algorithm, MalformedKeyError, VerifierKey, format_verifier_key, parse_verifier_key
from domain.policy import MalformedPolicyError

DEFAULT_NAME: Final = "fundtrail-witness"
LOG_LEVEL: Final = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessOptions:
    """What the caller asked for; `name` None: that of the key, or DEFAULT_NAME for a new one."""

    state: Path
    key: Path
    name: str | None
    policy: Path | None
    logs: Sequence[str]
    host: str
    port: int


def run_witness(options: WitnessOptions) -> None:
    """Serves until a signal ends it. Prints the verifier key when the key is new, and the address once it answers.

    Raises:
        CommandFailed: files are missing, damaged, or not those of this witness.
        OSError: a file cannot be read or written.
    """
    from api.serve import listen, serve_application  # noqa: PLC0415 (half the start of a command, and few serve)

    logs = _watched_logs(options)
    configure_logging(LOG_LEVEL)
    with _explained():
        state, signer = _opened(options)
        witness = Witness(signer=signer, logs=logs, state=state, clock=SystemClock())
    try:
        listener = listen(options.host, options.port)
    except OSError as error:
        fail(f"{options.host} port {options.port}: {error.strerror}")
    serve_application(witness_app(witness), listener, lambda url: write_text(f"fundtrail witness: {url}"))


def print_verifier_key(path: Path) -> None:
    """Prints the verifier key of a key file.

    Raises:
        CommandFailed: it holds none, or others may read it.
        OSError: it cannot be read.
    """
    with _explained():
        write_text(format_verifier_key(load_key(path).key))


def _watched_logs(options: WitnessOptions) -> list[VerifierKey]:
    logs = [*_logs_of_policy(options.policy), *map(_log_key, options.logs)]
    if not logs:
        fail("no log to watch: name a policy file with --policy, or a log's verifier key with --log", USAGE)
    return logs


def _logs_of_policy(path: Path | None) -> Iterable[VerifierKey]:
    if path is None:
        return []
    try:
        return [log.key for log in read_policy(path).logs]
    except MalformedPolicyError as error:
        fail(f"{path} {error}")


def _log_key(text: str) -> VerifierKey:
    try:
        key = parse_verifier_key(text)
    except MalformedKeyError:
        fail("--log takes a verifier key, NAME+ID+KEY, of an Ed25519 key", USAGE)
    if key.algorithm is not Algorithm.ED25519:
        fail("--log takes the key of a log, and one of the keys is a witness's", USAGE)
    return key


def _opened(options: WitnessOptions) -> tuple[WitnessState, KeyFile]:
    """State and key, each made when it is not there; a key without its state has forgotten what it signed."""
    if options.key.exists() and not options.state.exists():
        raise CommandFailed(
            f"{options.key} is there, but not {options.state}: without it the witness does not know what this key has "
            "cosigned. Bring the file back as it was last; where it is lost, start with a new key and a new state"
        )
    # The state first: when the process ends between the two, the next start goes on.
    state = WitnessState(options.state) if options.state.exists() else create_state(options.state)
    return state, _existing_key(options) if options.key.exists() else _new_key(options)


def _existing_key(options: WitnessOptions) -> KeyFile:
    signer = load_key(options.key)
    if signer.key.algorithm is not Algorithm.COSIGNATURE:
        raise CommandFailed(f"{options.key} holds the key of a log; a witness has one of its own")
    if options.name not in {None, signer.key.name}:
        raise CommandFailed(f"the key in {options.key} has another name than --name, and keeps it")
    return signer


def _new_key(options: WitnessOptions) -> KeyFile:
    name = DEFAULT_NAME if options.name is None else options.name
    try:
        signer = create_key(options.key, name, Algorithm.COSIGNATURE)
    except MalformedKeyError:
        fail("--name has a character that a key's name cannot have, such as a space or a plus", USAGE)
    write_text(format_verifier_key(signer.key))
    return signer


@contextmanager
def _explained() -> Iterator[None]:
    """Says what is wrong with a file as the failure of the command."""
    try:
        yield
    except (CorruptStateError, UnsafeKeyFileError, MalformedKeyFileError) as error:
        raise CommandFailed(str(error)) from error
