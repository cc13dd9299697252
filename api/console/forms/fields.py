"""The fields of a form, from the type that the form is about: what each is called, and how it is filled in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from enum import Enum, auto
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from api.console.field_names import FIELD_NAMES
from api.console.forms.wording import HINTS, LABELS
from domain.command import Command
from domain.project import ProjectAmended, ProjectRegistered
from domain.registry import Body, CommandType
from domain.shape import MAX_TEXT_LENGTH, RANGE, Shape


class Input(Enum):
    """How a field is filled in."""

    TEXT = auto()
    PROSE = auto()
    AMOUNT = auto()
    POINTS = auto()
    NUMBER = auto()
    DAY = auto()
    WORD = auto()
    """One of a closed list."""
    FLAG = auto()
    GROUP = auto()
    """Fields of its own, together or not at all."""
    ROWS = auto()
    """Any number of rows, each with the same fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field. `path` leads to it in the body, as `subject/kind`; of a row's fields without the number.

    `of` is the list that holds what its value may be the id of; None: its value is new, or no id. `default` is what it
    holds in a new form; `shape` that of a text or a number. `fields` are those of a group or of each row; a row of one
    value has one, without a name. `is_clearable`: it may be set to nothing, which is other than to leave it as it is.
    """

    name: str
    path: str
    label: str
    hint: str | None
    input: Input
    is_required: bool
    limit: int | None = None
    words: type[Enum] | None = None
    default: str = ""
    of: str | None = None
    shape: Shape | None = None
    fields: tuple["Field", ...] = ()
    is_clearable: bool = False


LIST_OF: Final[Mapping[str, str]] = {
    "line_id": "lines",
    "project_id": "projects",
    "parent_project_id": "projects",
    "appropriation_id": "appropriations",
    "unit_id": "units",
    "lead_unit_id": "units",
    "parent_unit_id": "units",
    "evaluator_unit_id": "units",
    "implementing_unit_ids": "units",
    "evaluation_id": "evaluations",
    "indicator": "indicators",
    "subject/id": "subjects",
}
"""By the name of a field, or its path: the list whose ids it takes."""
MAKES: Final[Mapping[str, str]] = {
    "register-unit": "unit_id",
    "receive-appropriation": "appropriation_id",
    "register-project": "project_id",
    "open-line": "line_id",
    "open-evaluation": "evaluation_id",
}
"""The id that a command gives to something new."""
MADE_BY: Final = {LIST_OF[name]: command for command, name in MAKES.items()}
"""By the list: the command that puts something on it."""
OF_ENVELOPE: Final = ("date_precision", "basis", "source", "correlation_id")
"""What most facts leave as it is."""
WIDEST_TEXT: Final = 64
"""Characters of an id."""

_INPUTS: Final = {
    Shape.AMOUNT: Input.AMOUNT,
    Shape.AMOUNT_OR_ZERO: Input.AMOUNT,
    Shape.POINTS: Input.POINTS,
    Shape.GRANTED_POINTS: Input.POINTS,
    Shape.PROSE: Input.PROSE,
    **dict.fromkeys(RANGE, Input.NUMBER),
}
_PLAIN: Final[Mapping[Any, Input]] = {date: Input.DAY, bool: Input.FLAG, str: Input.TEXT, int: Input.TEXT}
_DIGITS_OF_NUMBER: Final = 16


@cache
def fields_of_command(command_type: CommandType) -> tuple[Field, ...]:
    """The fields of a command in the order of its form, those that every command has last."""
    maker = _Maker(command_type.name)
    body = command_type.body
    own = tuple(maker.fields(body, "", but=("changes",) if body is ProjectAmended else ()))
    private = tuple(maker.private(name) for name in command_type.private)
    envelope = {field.name: field for field in maker.fields(Command, "", but=("body", "private"))}
    own = (*own[:1], _changes(maker), *own[1:]) if body is ProjectAmended else own
    return (envelope["effective_date"], *own, *private, *(envelope[name] for name in OF_ENVELOPE))


@cache
def fields_of_class(dataclass: type[Any], about: str) -> tuple[Field, ...]:
    """The fields of any type; `about` is what the wording knows it as."""
    return tuple(_Maker(about).fields(dataclass, ""))


def _changes(maker: "_Maker") -> Field:
    """What an amendment may change: each field may be left as it is, be given anew, or be cleared."""
    inner = tuple(maker.fields(ProjectRegistered, "changes/", but=("project_id",), is_sparse=True))
    return maker.field("changes", "", Input.GROUP, is_required=True, fields=inner)


class _Maker:
    """Makes the fields of one form."""

    def __init__(self, about: str) -> None:
        self._about = about

    def fields(
        self, dataclass: type[Any], parent: str, but: tuple[str, ...] = (), *, is_sparse: bool = False
    ) -> Iterator[Field]:
        """Those of a type, in its order. `is_sparse`: none is required, and those that may be absent can be cleared."""
        hints = get_type_hints(dataclass, localns={"Body": Body}, include_extras=True)
        for each in fields(dataclass):
            if each.name in but:
                continue
            required = each.default is MISSING and each.default_factory is MISSING
            options: dict[str, Any] = {"is_required": required and not is_sparse}
            if is_sparse:
                options["is_clearable"] = not required and each.default in {None, ()}
            elif isinstance(each.default, Enum):
                options["default"] = each.default.value
            yield self._of_hint(each.name, parent, hints[each.name], options)

    def private(self, name: str) -> Field:
        """One that never enters the log in clear."""
        return self.field(name, "", Input.TEXT, is_required=False, limit=MAX_TEXT_LENGTH[Shape.NAME])

    def field(self, name: str, parent: str, how: Input, **options: Any) -> Field:
        """One field, with what it is called."""
        path = f"{parent}{name}"
        return Field(
            name=name,
            path=path,
            label=self._said(LABELS, path, name),
            hint=self._hint(path, name),
            input=how,
            **options,
        )

    def _of_hint(self, name: str, parent: str, hint: Any, options: dict[str, Any]) -> Field:
        if get_origin(hint) in {Union, UnionType}:
            (hint,) = (each for each in get_args(hint) if each is not NoneType)
        if get_origin(hint) is Annotated:
            return self._of_shape(name, parent, get_args(hint)[1], options)
        if get_origin(hint) is tuple:
            return self.field(name, parent, Input.ROWS, fields=self._of_row(name, parent, get_args(hint)[0]), **options)
        if isinstance(hint, type) and is_dataclass(hint):
            inner = tuple(self.fields(hint, f"{parent}{name}/"))
            return self.field(name, parent, Input.GROUP, fields=inner, **options)
        if hint is bool:
            options["is_required"] = False
        plain = _PLAIN.get(hint)
        if plain is not None:
            return self.field(name, parent, plain, limit=WIDEST_TEXT, **options)
        return self.field(name, parent, Input.WORD, words=hint, **options)

    def _of_row(self, name: str, parent: str, hint: Any) -> tuple[Field, ...]:
        if isinstance(hint, type) and is_dataclass(hint):
            return tuple(self.fields(hint, f"{parent}{name}/"))
        return (self._of_hint(name, parent, hint, {"is_required": False}),)

    def _of_shape(self, name: str, parent: str, shape: Shape, options: dict[str, Any]) -> Field:
        how = _INPUTS.get(shape, Input.TEXT)
        limit = MAX_TEXT_LENGTH.get(shape, WIDEST_TEXT) if how in {Input.TEXT, Input.PROSE} else _DIGITS_OF_NUMBER
        on_list = LIST_OF.get(f"{parent}{name}") or LIST_OF.get(name)
        of = None if MAKES.get(self._about) == name and not parent else on_list
        return self.field(name, parent, how, limit=limit, of=of, shape=shape, **options)

    def _said(self, table: Mapping[str, str], path: str, name: str) -> str:
        label = self._find(table, path)
        return FIELD_NAMES[name] if label is None else label

    def _hint(self, path: str, name: str) -> str | None:
        return self._find(HINTS, path) or HINTS.get(name)

    def _find(self, table: Mapping[str, str], path: str) -> str | None:
        return table.get(f"{self._about}/{path}") or table.get(path)


def walk(tree: tuple[Field, ...], enter: Callable[[Field], bool] = lambda _: True) -> Iterator[Field]:
    """Every field, those of groups and rows after the one that holds them."""
    for field in tree:
        yield field
        if enter(field):
            yield from walk(field.fields, enter)
