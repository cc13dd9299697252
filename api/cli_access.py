"""`fundtrail keys` and `fundtrail pseudonyms`: who may come in, for the administrator on the machine."""

from typing import Annotated

import typer

from api import keys_command
from api.settings import Settings
from api.terminal import say, write_json, write_text
from domain.access import Role

access_keys_app = typer.Typer(help="API keys.", no_args_is_help=True)
pseudonyms_app = typer.Typer(help="Whom the pseudonyms of an issuer's subjects stand for.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
Name = Annotated[str, typer.Argument(help="As it stands in an entry's actor.")]


@access_keys_app.command("create")
def create_key(
    role: Annotated[Role, typer.Option(help="What its holder may do.")],
    ledger: Annotated[list[str] | None, typer.Option(help="Only in this ledger; may repeat (default: in all).")] = None,
    unit: Annotated[
        list[str] | None, typer.Option(help="Only lines of this unit of the one ledger; may repeat.")
    ] = None,
    expires: Annotated[str | None, typer.Option(help="Day (its end in UTC) or instant (default: never).")] = None,
    label: Annotated[str | None, typer.Option(help="An id to tell keys apart by; no person's name.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is shown this once: only a hash of it is kept."""
    wanted = {"role": role.value, "ledgers": ledger or None, "units": unit or None}
    made = keys_command.create(Settings(), wanted | {"expires_at": expires, "label": label})
    if as_json:
        write_json(made)
        return
    write_text(made["key"])
    say("this key is shown only now; what is recorded with it bears the subject " + made["subject"])


@access_keys_app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List every key ever made; nothing of its secret."""
    keys = keys_command.every(Settings())
    if as_json:
        write_json({"items": keys})
        return
    for key in keys:
        write_text(keys_command.line_of(key))


@access_keys_app.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(help="Its id, as `list` shows it.")], as_json: AsJson = False
) -> None:
    """Revoke a key: a second from now no server takes it."""
    key = keys_command.revoke(Settings(), key_id)
    if as_json:
        write_json(key)
        return
    write_text(keys_command.line_of(key))


@pseudonyms_app.command("show")
def show_pseudonym(name: Name, as_json: AsJson = False) -> None:
    """Show whom a pseudonym stands for."""
    person = keys_command.person(Settings(), name)
    if as_json:
        write_json(person)
        return
    write_text(f"{person['subject']}  of {person['issuer']}, first seen {person['first_seen_at']}")


@pseudonyms_app.command("erase")
def erase_pseudonym(name: Name) -> None:
    """Erase whom a pseudonym stands for; what is recorded keeps the pseudonym."""
    keys_command.erase(Settings(), name)
    say(f"whom {name} stands for is erased")
