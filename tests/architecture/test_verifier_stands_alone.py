"""The verifier runs wherever Python does: it imports the standard library and nothing else, of ours or of others."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERIFIER = ROOT / "verifier" / "fundtrail_verify.py"


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "").partition(".")[0]


def test_the_verifier_imports_only_the_standard_library() -> None:
    assert set(imported(VERIFIER.read_text(encoding="utf-8"))) <= sys.stdlib_module_names


def test_an_import_of_ours_or_of_a_library_is_found() -> None:
    found = set(imported("import json, cryptography\nfrom domain.money import percent\nfrom . import merkle\n"))
    assert found - sys.stdlib_module_names == {"cryptography", "domain", "."}


def test_the_verifier_is_a_distribution_of_its_own() -> None:
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    its_own = tomllib.loads((ROOT / "verifier" / "pyproject.toml").read_text(encoding="utf-8"))
    assert "verifier" not in ours["tool"]["uv"]["build-backend"]["module-name"]
    assert its_own["project"]["dependencies"] == []
    assert its_own["tool"]["setuptools"]["py-modules"] == [VERIFIER.stem]


def test_the_verifier_comes_with_the_licence_of_the_whole() -> None:
    assert (ROOT / "verifier" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
