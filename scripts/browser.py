"""The browser of this machine, for whatever opens the console in a real one."""

import shutil
from typing import Final

NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first has no window to draw: the browser tests take little more than half the time in it."""
MISSING: Final = "no Chromium on this machine: install `chromium-headless-shell` or `chromium`, as .ci/run does"


def chromium() -> str | None:
    """Where the program is; None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)
