"""What someone does to the files of a bundle on their way to the auditor; the manifest then fits them again."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any, Final

from api.evidence.bundle import zipped
from domain.identifiers import canonical_json
from tests.support.evidence import FIRST_DAY
from verifier.fundtrail_verify import Account, Takings, figures_of

Files = dict[str, bytes]
Forgery = Callable[[Files], None]
MANIFEST: Final = "manifest.json"


def unzipped(bundle: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forged(bundle: bytes, *forgeries: Forgery) -> bytes:
    """The bundle after the forgeries, with a manifest of what it then holds."""
    files = unzipped(bundle)
    del files[MANIFEST]
    for each in forgeries:
        each(files)
    return zipped(files)


def damaged(bundle: bytes, name: str) -> bytes:
    """The bundle with the first byte of a file changed and the manifest as it was."""
    files = unzipped(bundle)
    files[name] = bytes([files[name][0] ^ 1]) + files[name][1:]
    return _as_they_are(files)


def without_file(bundle: bytes, name: str) -> bytes:
    return _as_they_are({each: data for each, data in unzipped(bundle).items() if each != name})


def with_file(bundle: bytes, name: str) -> bytes:
    return _as_they_are(unzipped(bundle) | {name: b"more\n"})


def changing(name: str, change: Callable[[Any], object]) -> Forgery:
    """Changes the value of a JSON file."""

    def forge(files: Files) -> None:
        value = json.loads(files[name])
        change(value)
        files[name] = canonical_json(value) + b"\n"

    return forge


def leaving_out(*positions: int, file: str = "entries.jsonl") -> Forgery:
    """Leaves entries out, with their proofs."""

    def forge(files: Files) -> None:
        kept = [line for line in files[file].splitlines(keepends=True) if json.loads(line)["position"] not in positions]
        files[file] = b"".join(kept)
        if file == "entries.jsonl":
            changing("inclusion.json", lambda value: [value["proofs"].pop(str(each), None) for each in positions])(
                files
            )

    return forge


def refigured(files: Files) -> None:
    """Makes the claim state what follows from the entries that are left."""
    entries = [json.loads(line) for line in files["entries.jsonl"].splitlines()]

    def change(claim: Any) -> None:
        place = claim["coordinates"]
        bearing = [each for each in entries if claim["tag"] in each["tags"] and each["position"] <= place["position"]]
        account, takings = Account(), Takings()
        for entry in bearing:
            moves, sign = takings.moves_of(entry)
            if entry["effective_date"] <= place["as_of"]:
                account.move(moves, sign)
        claim |= {"figures": figures_of(claim["subject"]["kind"], account), "tag_count": len(bearing)}

    changing("claim.json", change)(files)


def _as_they_are(files: Files) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, FIRST_DAY), data, zipfile.ZIP_STORED)
    return target.getvalue()
