"""Reading a command: one compiled validator for each, its fields taken from the domain's own body."""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from api.schemas.amendment import changes_type
from api.schemas.fields import closed_model, fields_of, text
from api.schemas.keys import EventKey
from api.schemas.problem import FieldProblem, problems_of
from api.schemas.rules import broken_rules
from domain.budget_line import ReturnDisbursement
from domain.command import Command
from domain.identifiers import command_id, event_id
from domain.project import ProjectAmended
from domain.registry import COMMANDS, Body, CommandType
from domain.reversal import ReverseEvent
from domain.shape import Shape

WAN: Final = "wan"
"""The one unit an item may name: its amounts are then texts in 万元."""

_BY_NAME: Final = {command_type.name: command_type for command_type in COMMANDS}
_OF_COMMAND_ITSELF: Final = ("body", "private")
_OF_ENVELOPE: Final = tuple(each.name for each in fields(Command) if each.name not in _OF_COMMAND_ITSELF)
_NAMES_EVENT: Final = (ReturnDisbursement, ReverseEvent)


def command_type_named(name: object) -> CommandType | None:
    """The command of that name, or None."""
    return _BY_NAME.get(name) if isinstance(name, str) else None


def to_command(
    name: str, mapping: Mapping[str, Any], ledger_id: str, subject: str, *, wan: bool = False
) -> Command | list[FieldProblem]:
    """The command that an object of fields says, or everything that is wrong with it.

    Ledger and subject resolve `event_key`. `wan`: amounts are in 万元.
    """
    reader = reader_of(name, wan=wan)
    try:
        values = reader.validator.validate_python(mapping).__dict__
    except ValidationError as error:
        return problems_of(error)
    problems = reader.resolve_event(values, ledger_id, subject)
    return problems or reader.build(values)


class CommandReader:
    """Reads one kind of command; `model` documents what is read."""

    def __init__(self, command_type: CommandType, *, wan: bool) -> None:
        self.command_type = command_type
        self.model = _model(command_type, wan=wan)
        self.validator = self.model.__pydantic_validator__
        self._names_event = command_type.body in _NAMES_EVENT

    def resolve_event(self, values: dict[str, Any], ledger_id: str, subject: str) -> list[FieldProblem]:
        """Fills in the event id that an `event_key` stands for; exactly one of the two must be given."""
        if not self._names_event:
            return []
        key = values.pop("event_key")
        if (key is None) == (values["event_id"] is None):
            return [FieldProblem(pointer="", code="one-of", limits={"choices": "event_id, event_key"})]
        if key is not None:
            values["event_id"] = event_id(command_id(ledger_id, subject, key), 0)
        return []

    def build(self, values: dict[str, Any]) -> Command | list[FieldProblem]:
        """The command of validated values, or the rules between its fields that they break; uses the values up."""
        envelope = {name: values.pop(name) for name in _OF_ENVELOPE}
        private = {name: value for name in self.command_type.private if (value := values.pop(name)) is not None}
        body = self.command_type.body(**values)
        return broken_rules(body) or Command(body=body, private=private, **envelope)


@cache
def reader_of(name: str, *, wan: bool = False) -> CommandReader:
    """The reader of the command of that name."""
    return CommandReader(_BY_NAME[name], wan=wan)


@cache
def fields_in_files() -> frozenset[str]:
    """The names of all fields of the commands that a file may hold."""
    models = [_model(each, wan=False) for each in COMMANDS if each.in_files]
    return frozenset(name for model in models for name in model.model_fields)


def _model(command_type: CommandType, *, wan: bool) -> type[BaseModel]:
    definitions = _of_body(command_type.body, wan=wan)
    definitions |= {name: (text(Shape.NAME) | None, None) for name in command_type.private}
    definitions |= fields_of(Command, wan=wan, but=_OF_COMMAND_ITSELF)
    return closed_model("".join(word.capitalize() for word in command_type.name.split("-")), definitions)


def _of_body(body: type[Body], *, wan: bool) -> dict[str, tuple[Any, Any]]:
    if body is ProjectAmended:
        return fields_of(body, wan=wan, but=("changes",)) | {"changes": (changes_type(wan=wan), ...)}
    definitions = fields_of(body, wan=wan)
    if body in _NAMES_EVENT:
        definitions["event_id"] = (definitions["event_id"][0] | None, None)
        definitions["event_key"] = (EventKey | None, None)
    return definitions
