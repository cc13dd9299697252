"""Reading the request for a digest: where it belongs, and nothing of what it holds."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from api.schemas.fields import closed_model, fields_of
from api.schemas.problem import FieldProblem, problems_of
from domain.command import Command

_OF_THE_SERVICE: Final = ("body", "private", "effective_date", "date_precision", "basis")
"""Fields of a command that the service fills in itself."""


@cache
def digest_request_model() -> type[BaseModel]:
    """The model that reads the request."""
    return closed_model("RecordDigest", fields_of(Command, wan=False, but=_OF_THE_SERVICE))


def read_digest_request(mapping: Mapping[str, Any]) -> dict[str, Any] | list[FieldProblem]:
    """The fields of the command's envelope that an object says, or everything that is wrong with it."""
    try:
        read = digest_request_model().__pydantic_validator__.validate_python(mapping)
    except ValidationError as error:
        return problems_of(error)
    return dict(read.__dict__)
