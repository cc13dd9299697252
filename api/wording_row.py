"""How one refusal or failure is said."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """`titles` and `details` are (Chinese, English)."""

    status: int
    titles: tuple[str, str]
    details: tuple[str, str]
