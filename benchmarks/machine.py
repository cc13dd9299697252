"""Where and with what a result was measured, and how it is written down."""

import json
import os
import platform
import sqlite3
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
RESULTS: Final = Path(__file__).with_name("results")
ROUNDS: Final = 5
DATABASES: Final = ("sqlite", "postgresql")

_LIBRARIES: Final = ("eventsourcing", "fastapi", "msgspec", "psycopg", "pydantic", "sqlalchemy", "uvicorn", "uvloop")


def facts() -> dict[str, Any]:
    """The machine and the versions."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _field("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory": _field("/proc/meminfo", "MemTotal"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def chosen_databases() -> list[str]:
    """The kinds of database named on the command line, or both."""
    return [each for each in sys.argv[1:] if each in DATABASES] or list(DATABASES)


def load_average() -> list[float]:
    """Of the last 1, 5 and 15 minutes: above the number of cores, others took time that was being measured."""
    return [round(value, 2) for value in os.getloadavg()]


def summary(rounds: list[float], digits: int = 0) -> dict[str, Any]:
    """Median and rounds of one figure."""
    return {"median": round(median(rounds), digits), "rounds": [round(value, digits) for value in rounds]}


def write_result(name: str, result: dict[str, Any]) -> Path:
    """Writes a result with what is needed to judge and to repeat it."""
    document = {
        "name": name,
        "command": " ".join(["python -m", f"benchmarks.{name}", *sys.argv[1:]]),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": facts(),
        **result,
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def say(text: str) -> None:
    """Tells how a run goes, on standard error."""
    print(text, file=sys.stderr, flush=True)


def _field(file: str, name: str) -> str:
    path = Path(file)
    if not path.exists():
        return "unknown"
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "unknown")
