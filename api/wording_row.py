"""How one refusal or failure is said."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """`titles` and `details` are (Chinese, English).

    `details_of_item` are said instead where the refusal concerns another item of the same request, `other_index`.
    """

    status: int
    titles: tuple[str, str]
    details: tuple[str, str]
    details_of_item: tuple[str, str] | None = None
