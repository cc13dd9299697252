"""The `changes` of an amendment: any attributes of a project's registration but its id, by the same shapes."""

from enum import Enum
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel

from api.schemas.fields import closed_model, fields_of
from domain.project import Attribute, ProjectRegistered


@cache
def changes_type(*, wan: bool) -> Any:
    """The pydantic type that reads the changes into a map of what was given; null only where there may be none."""
    attributes = fields_of(ProjectRegistered, wan=wan, but=("project_id",))
    # The default is never read: only the attributes that were given count.
    model = closed_model("Changes", {name: (hint, None) for name, (hint, _) in attributes.items()})
    return Annotated[model, AfterValidator(_given)]


def _given(changes: BaseModel) -> dict[str, Attribute]:
    # By name, as they are stored: the first answer and its replay are then the same bytes.
    return {name: _word(getattr(changes, name)) for name in sorted(changes.model_fields_set)}


def _word(value: Any) -> Attribute:
    attribute: Attribute = value.value if isinstance(value, Enum) else value
    return attribute
