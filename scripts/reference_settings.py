"""docs/reference/settings.md: everything an operator can set."""

from typing import Any, Final, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from api.settings import Settings

HEAD: Final = """\
# Settings

Each is an environment variable, or a line in a file `.env` in the working directory; the environment wins, and options
of the command line win over both. What is set in neither may be a file, one for each setting, as container engines lay
secrets: `/run/secrets/fundtrail_database_url`, say, or in the folder that `FUNDTRAIL_SECRETS_FOLDER` names. A value out
of range ends the program with exit code 2 and names the variable. Generated from the code by
`python -m scripts.build_reference`.

| variable | default | allowed | meaning |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    prefix = Settings.model_config["env_prefix"]
    rows = (
        f"| `{prefix}{name.upper()}` | `{_shown(field.default)}` | {_allowed(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    )
    return HEAD + "\n".join(rows) + "\n"


def _allowed(field: FieldInfo) -> str:
    if field.annotation is bool:
        return "`true` `false`"
    if get_origin(field.annotation) is Literal:
        return " ".join(f"`{word}`" for word in get_args(field.annotation))
    bounds = {name: getattr(limit, name) for limit in field.metadata for name in ("ge", "le") if hasattr(limit, name)}
    return f"{bounds['ge']} to {bounds['le']}" if bounds else "text"


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
