"""What a caller would rather have: the weights of `Accept` and `Accept-Language`."""

from typing import Final

_MAX_PARTS: Final = 20


def weights_of(header: str) -> list[tuple[str, float]]:
    """Each name of the header in lower case, and its weight; an unreadable weight counts as none."""
    return [_weight(part) for part in header.split(",")[:_MAX_PARTS]]


def heaviest(weights: list[tuple[str, float]], wanted: str) -> float:
    """The greatest weight under the name; none when it does not occur."""
    return max((weight for name, weight in weights if name == wanted), default=0.0)


def _weight(part: str) -> tuple[str, float]:
    """Name and weight of one part such as `text/html;level=1;q=0.8`."""
    name, *parameters = (each.strip().lower() for each in part.split(";"))
    weight = next((each.removeprefix("q=") for each in parameters if each.startswith("q=")), "1")
    try:
        return name, float(weight)
    except ValueError:
        return name, 0.0
