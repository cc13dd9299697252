"""The names of what rows hold the ids of."""

from collections.abc import Mapping

from api.console.asked import Asked

Names = Mapping[str, Mapping[str, str]]
"""By the list (`units`, `projects`, `appropriations`), then by id."""


async def names_on(asked: Asked, path: str) -> Mapping[str, str]:
    """The names on a list, by id. Who may not read the list gets none, and sees the ids."""
    if not asked.may_ask(path):
        return {}
    found = await asked.get_all(path)
    id_name = f"{path.removesuffix('s')}_id"
    return {row[id_name]: row["name"] for row in found["items"]}
