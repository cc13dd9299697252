"""The domain is a function of what it is given: no library, no clock, no input or output, no waiting."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = sys.stdlib_module_names | {"domain"}

# Modules of the standard library that touch the world outside a function's arguments.
# fmt: off
IMPURE_MODULES = frozenset({
    "asyncio", "fileinput", "glob", "http", "io", "logging", "multiprocessing", "os", "pathlib",
    "random", "secrets", "select", "shelve", "shutil", "signal", "socket", "sqlite3", "ssl",
    "subprocess", "tempfile", "threading", "time", "urllib",
})
# fmt: on
IMPURE_CALLS = frozenset({"open", "print", "input"})
CLOCK_METHODS = frozenset({"now", "today", "utcnow", "uuid1", "uuid4"})
WAITING = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)


def imported_modules(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, (node.module or "").partition(".")[0]


def foreign_imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for line, module in imported_modules(tree):
        if module not in ALLOWED:
            yield line, f"imports {module}: only the standard library and domain are allowed here"


def touches_of_the_world(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for line, module in imported_modules(tree):
        if module in IMPURE_MODULES:
            yield line, f"imports {module}: let an adapter do it and pass the result in"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called_name(node) is not None:
            yield node.lineno, f"calls {called_name(node)}(): take the value as an argument"
        elif isinstance(node, WAITING):
            yield node.lineno, "waits: a rule is an ordinary function"


def called_name(call: ast.Call) -> str | None:
    """The name of the call if it reads a clock or does input or output, else None."""
    match call.func:
        case ast.Name(id=name) if name in IMPURE_CALLS:
            return name
        case ast.Attribute(attr=name) if name in CLOCK_METHODS:
            return name
        case _:
            return None


def domain_trees() -> list[tuple[Path, ast.AST]]:
    paths = sorted((ROOT / "domain").rglob("*.py"))
    return [(path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


def test_the_domain_imports_only_itself_and_the_standard_library() -> None:
    problems = [f"{path}:{line}: {what}" for path, tree in domain_trees() for line, what in foreign_imports(tree)]
    assert not problems, "\n" + "\n".join(problems)


def test_the_domain_reads_no_clock_does_no_input_or_output_and_never_waits() -> None:
    problems = [f"{path}:{line}: {what}" for path, tree in domain_trees() for line, what in touches_of_the_world(tree)]
    assert not problems, "\n" + "\n".join(problems)


def test_the_import_of_a_library_is_found() -> None:
    tree = ast.parse("import json\nfrom sqlalchemy.orm import Session\nfrom domain.money import Money\n")
    assert [line for line, _ in foreign_imports(tree)] == [2]


def test_a_clock_a_file_and_a_wait_are_found() -> None:
    tree = ast.parse("import os\ndate.today()\nopen('x')\nasync def f(): ...\n")
    assert sorted(line for line, _ in touches_of_the_world(tree)) == [1, 2, 3, 4]
