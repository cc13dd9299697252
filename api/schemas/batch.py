"""Reading many commands: the items of a batch, and the lines of an import file."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.schemas.commands import WAN, command_type_named, to_command
from api.schemas.keys import MAX_ITEMS, derived_key, is_key
from api.schemas.problem import FieldProblem, pointer_to_unknown
from api.schemas.rules import repeated
from domain.command import Command
from domain.submission import KeyedCommand

MAX_PROBLEMS: Final = 20_000
"""No item is read after so many problems: nobody reads the rest, and an attack must not be worth more work."""

_OF_ITEM: Final = ("command", "key", "unit")


def read_batch(
    document: Mapping[str, Any], batch_key: str, ledger_id: str, subject: str
) -> tuple[KeyedCommand, ...] | list[FieldProblem]:
    """The commands of `{"commands": [...]}`, or everything that is wrong with any of them."""
    problems = _problems_of_document(document)
    if problems:
        return problems
    commands: list[KeyedCommand] = []
    for index, item in enumerate(document["commands"]):
        read = read_item(item, derived_key(batch_key, index), ledger_id, subject)
        if isinstance(read, KeyedCommand):
            commands.append(read)
        else:
            problems += [_at(index, problem) for problem in read]
        if len(problems) >= MAX_PROBLEMS:
            break
    return problems or repeated_keys(commands) or tuple(commands)


def read_item(
    item: object, default_key: str, ledger_id: str, subject: str, *, in_file: bool = False
) -> KeyedCommand | list[FieldProblem]:
    """The command of one item under its own key or the default one, or everything that is wrong with it.

    `in_file`: it is a line of an import file, which may not name every command.
    """
    if not isinstance(item, dict):
        return [FieldProblem(pointer="", code="type")]
    command_type = command_type_named(item.get("command"))
    if command_type is None or (in_file and not command_type.in_files):
        return [FieldProblem(pointer="/command", code="command" if "command" in item else "missing")]
    problems = _problems_of_item(item)
    fields = item.copy()
    for name in _OF_ITEM:
        fields.pop(name, None)
    command = to_command(command_type.name, fields, ledger_id, subject, wan=item.get("unit") == WAN)
    if not isinstance(command, Command):
        return problems + command
    return problems or KeyedCommand(key=item.get("key", default_key), command=command)


def repeated_keys(commands: Sequence[KeyedCommand]) -> list[FieldProblem]:
    """A problem for each item whose key an earlier item has."""
    keys = (command.key for command in commands)
    return [FieldProblem(pointer="/key", code="repeated-key", index=index) for index in repeated(keys)]


def _problems_of_document(document: Mapping[str, Any]) -> list[FieldProblem]:
    problems = [
        FieldProblem(pointer=pointer_to_unknown((), name), code="unknown-field")
        for name in document
        if name != "commands"
    ]
    problem = _problem_of_list(document)
    return problems + (
        [FieldProblem(pointer="/commands", code=problem, limits={"maximum": MAX_ITEMS})] if problem else []
    )


def _problem_of_list(document: Mapping[str, Any]) -> str | None:
    if "commands" not in document:
        return "missing"
    commands = document["commands"]
    if not isinstance(commands, list):
        return "type"
    if not commands:
        return "empty"
    return "too-many" if len(commands) > MAX_ITEMS else None


def _problems_of_item(item: Mapping[str, Any]) -> list[FieldProblem]:
    problems: list[FieldProblem] = []
    if "key" in item and not is_key(item["key"]):
        problems.append(FieldProblem(pointer="/key", code="key"))
    if "unit" in item and item["unit"] != WAN:
        problems.append(FieldProblem(pointer="/unit", code="choice", limits={"choices": WAN}))
    return problems


def _at(index: int, problem: FieldProblem) -> FieldProblem:
    return FieldProblem(pointer=problem.pointer, code=problem.code, limits=problem.limits, index=index)
