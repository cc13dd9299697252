"""The folder of what callers sent to be kept beside the log: this service's alone, whole files or none."""

from pathlib import Path
from typing import Final

PRIVATE: Final = 0o700


def private_folder(root: Path, *names: str) -> Path:
    """The folder of those names below the root, which are made where they are missing; nobody else may look in."""
    root.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    root.chmod(PRIVATE)
    folder = root
    for name in names:
        folder /= name
        folder.mkdir(mode=PRIVATE, exist_ok=True)
    return folder
