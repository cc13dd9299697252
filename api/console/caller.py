"""Who looks at a page, as the interface tells: what it may not do is not offered to it, and is refused in any case."""

from api.console.inside import Inside, Refused
from domain.access import Grant, Principal, Role


async def caller_of_page(inside: Inside) -> Principal:
    """The caller.

    Raises:
        Refused: the interface knows nobody by this credential.
    """
    told = await inside.get("/v1/me")
    grants = tuple(
        Grant(role=Role(each["role"]), ledgers=_set_of(each["ledgers"]), units=_set_of(each["units"]))
        for each in told["grants"]
    )
    return Principal(subject=told["subject"], issuer=told["issuer"], grants=grants, local=told["local"])


async def caller_if_known(inside: Inside) -> Principal | None:
    """The caller; None where the interface names nobody."""
    try:
        return await caller_of_page(inside)
    except Refused:
        return None


def _set_of(ids: list[str] | None) -> frozenset[str] | None:
    return None if ids is None else frozenset(ids)
