"""What Dockerfile and docker-compose.yml say, and their commands as processes: no container engine is needed.

A process of an image is run by a user without any right here, who may read the code and write nothing of it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.support.processes import DEADLINE_S, ROOT

DOCKERFILE: Final = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
OF_OUR_IMAGE: Final = tuple(name for name, each in SERVICES.items() if each["image"].startswith("fundtrail:"))
OF_THE_OPERATOR: Final = {"FUNDTRAIL_DEPLOYMENT": "qingshi.example"}
"""What the file `.env` beside docker-compose.yml must say."""
NOBODY: Final = 65534
NOT_WRITABLE: Final = Path("/proc/self")
"""A folder without a volume stands on a root file system that is read-only; so does this."""
ONLY_READING: Final = ("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search")
"""Lets the user through folders of root, as those above a checkout may be; it lets nobody write."""


def instruction(name: str) -> str:
    """The last instruction of that name in the Dockerfile, on one line: that of the image that runs."""
    joined = re.sub(r"\\\n\s*", " ", DOCKERFILE)
    found: list[str] = re.findall(rf"^{name} (.*)$", joined, re.MULTILINE)
    return found[-1]


def words(name: str) -> list[str]:
    """The list that an instruction ends in, which no shell reads."""
    found: list[str] = json.loads(re.sub(r"^[^\[]*", "", instruction(name)))
    return found


def command_of(service: str) -> list[str]:
    """What a container of the service runs."""
    entrypoint = words("ENTRYPOINT") if service in OF_OUR_IMAGE else []
    return [*entrypoint, *SERVICES[service]["command"]]


def folders_of_image() -> dict[str, str]:
    """The folders that the image is told to write to, by their variable."""
    return dict(re.findall(r"(FUNDTRAIL_\w+_FOLDER)=(\S+)", instruction("ENV")))


def mounted(service: str) -> list[str]:
    """Where the service has volumes: it can write nowhere else but /tmp."""
    return [each.split(":")[1] for each in SERVICES[service].get("volumes", [])]


def secrets_of(service: str) -> dict[str, str]:
    """The file names under which the service finds secrets, and which secrets they are."""
    given = SERVICES[service].get("secrets", [])
    return {each: each for each in given if isinstance(each, str)} | {
        each["target"]: each["source"] for each in given if isinstance(each, dict)
    }


@dataclass(frozen=True)
class Containers:
    """The services, each with a folder of its own for what a container would have mounted."""

    folder: Path
    secrets: Path

    def start(self, service: str, *, instead: Sequence[str] = (), **environment: str) -> "subprocess.Popen[bytes]":
        """A process of the service's command, or of another in its container; what it says is in `said`."""
        with (self.folder / f"{service}.out").open("ab") as output:
            return subprocess.Popen(  # noqa: S603 (the file's own commands)
                [*as_nobody(), *(instead or command_of(service))],
                cwd=self._home(service),
                env=self._environment(service) | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def run(self, service: str, *, instead: Sequence[str] = (), **environment: str) -> None:
        """The same, to its end, which must be a good one."""
        process = self.start(service, instead=instead, **environment)
        assert process.wait(DEADLINE_S) == 0, self.said(service)

    def said(self, service: str) -> str:
        return (self.folder / f"{service}.out").read_text("utf-8")

    def _home(self, service: str) -> Path:
        home = self.folder / service
        if not home.exists():
            home.mkdir(mode=0o700)
            mounted = home / "secrets"
            mounted.mkdir()
            for target, source in secrets_of(service).items():
                shutil.copy(self.secrets / source, mounted / target)
            if os.getuid() == 0:
                for path in (home, mounted, *mounted.iterdir()):
                    os.chown(path, NOBODY, NOBODY)
        return home

    def _environment(self, service: str) -> dict[str, str]:
        home = self._home(service)
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        given = SERVICES[service].get("environment", {})
        settings = {name: with_variables(str(value), OF_THE_OPERATOR) for name, value in given.items()}
        # On this machine alone, and with folders of the test for those of the container.
        ours = {"PATH": path, "HOME": str(home), "LC_ALL": "C.UTF-8", "FUNDTRAIL_HOST": "127.0.0.1"}
        ours |= {"FUNDTRAIL_SECRETS_FOLDER": str(home / "secrets")}
        ours |= {
            name: str(home / Path(folder).name if folder in mounted(service) else NOT_WRITABLE / Path(folder).name)
            for name, folder in folders_of_image().items()
        }
        return settings | ours


def with_variables(value: str, variables: Mapping[str, str]) -> str:
    """The value as the engine of compose gives it to a container.

    Raises:
        LookupError: a variable without which it starts nothing is not set; with the file's words.
    """

    def one(found: "re.Match[str]") -> str:
        name, otherwise, text = found.groups()
        if given := variables.get(name):
            return given
        if otherwise == "?":
            raise LookupError(f"{name}: {text}")
        return text

    return re.sub(r"\$\{(\w+):([?-])([^}]*)\}", one, value)


def as_nobody() -> list[str]:
    """What is put before a command so that nobody runs it: nothing where this is no root already."""
    if os.getuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    command = [setpriv or "", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *ONLY_READING]
    probe = [*command, sys.executable, "-c", f"import os; assert not os.access({str(ROOT)!r}, os.W_OK)"]
    if setpriv is None or subprocess.run(probe, capture_output=True, check=False).returncode:  # noqa: S603 (our own words)
        pytest.skip("this machine lets no other user read the code without writing to it (setpriv)")
    return command


def readable_to_all(folder: Path) -> None:
    """Lets the user of the containers through to a folder of a test."""
    for path in (folder, *folder.parents[: len(folder.parents) - 2]):
        path.chmod(path.stat().st_mode | 0o055)


def is_closed(service: Mapping[str, Any]) -> bool:
    """Whether the service has a read-only root, no capability and no way to get one, and a user that is not root."""
    user = str(service.get("user", "root")).partition(":")[0]
    return (
        service.get("read_only") is True
        and service.get("cap_drop") == ["ALL"]
        and "cap_add" not in service
        and "no-new-privileges:true" in service.get("security_opt", [])
        and user not in {"root", "0"}
    )
