"""`make sbom` lists what the lock ships, each package with its hashes."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

from scripts.audit_dependencies import REQUIREMENTS, pins_of
from tests.support.effort import full_only
from tests.support.processes import ROOT


@full_only
def test_the_bill_has_every_package_of_the_lock_and_its_hashes(tmp_path: Path) -> None:
    recipe = re.search(
        r"^sbom:.*?\n(\t.*?)\n\n", (ROOT / "Makefile").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert recipe is not None
    command = (
        recipe[1].partition("$(BIN)/cyclonedx-py ")[2].replace("\\\n", " ").replace("$(SBOM)", f"{tmp_path}/sbom.json")
    )
    program = Path(sys.executable).with_name("cyclonedx-py")
    done = subprocess.run([program, *shlex.split(command)], cwd=ROOT, capture_output=True, check=False)  # noqa: S603 (our own recipe)
    assert done.returncode == 0, done.stderr
    bill = json.loads((tmp_path / "sbom.json").read_bytes())
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "fundtrail")
    assert {f"{each['name']}=={each['version']}" for each in bill["components"]} == set(pins_of(REQUIREMENTS))
    assert all(reference["hashes"] for each in bill["components"] for reference in each["externalReferences"])
