"""What the pages for people show: commands, and what they answer."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A command as it is typed, and the output shown under it."""

    command: str
    output: str


def examples(page: str) -> Iterator[Example]:
    """What stands in the `console` blocks of the page, in its order."""
    for block in re.findall(r"^```console\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
        for text in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command = ""
            lines = iter(text.splitlines())
            while not is_complete(command):
                command += next(lines) + "\n"
            yield Example(command.strip(), "\n".join(lines))


def scripts(page: str) -> dict[str, str]:
    """What stands in the `sh` blocks of the page, by the comment that each begins with."""
    return dict(re.findall(r"^```sh\n# ([\w ]+)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE))


def is_complete(command: str) -> bool:
    """Whether a shell would wait for no further line."""
    try:
        words = shlex.split(command)
    except ValueError:
        return False
    return bool(words) and not command.rstrip().endswith(("\\", "|"))
