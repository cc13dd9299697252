"""Small functions, small files and plain words, checked on every file that is ours."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("domain", "projections", "adapters", "api", "tests", "verifier")
FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 400

# An auditor takes the verifier home and reads it from top to bottom: what it imported would have to come along.
WHOLE_IN_ONE_FILE = frozenset({"verifier/fundtrail_verify.py"})

# Each of these names says nothing about public money, so anything ends up in it.
EMPTY_NAMES = frozenset({"utils", "common", "core", "services", "models", "helpers", "manager", "base"})

# The brackets keep the pattern from finding itself.
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b")


def source_files() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def functions(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Those below a node. Only statements are looked through: an expression holds no function of several lines."""
    for block in ("body", "handlers", "orelse", "finalbody", "cases"):
        for statement in getattr(node, block, ()):
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                yield statement
            yield from functions(statement)


def long_functions(source: str) -> Iterator[tuple[int, str]]:
    for node in functions(ast.parse(source)):
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > FUNCTION_LINES_MAX:
            yield (
                node.lineno,
                f"{node.name} has {length} lines, at most {FUNCTION_LINES_MAX}: give a part of it a name",
            )


def surplus_lines(source: str) -> Iterator[tuple[int, str]]:
    length = len(source.splitlines())
    if length > FILE_LINES_MAX:
        yield (
            FILE_LINES_MAX + 1,
            f"{length} lines, at most {FILE_LINES_MAX}: move one concept to its own file",
        )


def unfinished_lines(source: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(source.splitlines(), start=1):
        if found := UNFINISHED.search(line):
            yield number, f"{found.group()}: finish it now or open an issue"


def empty_names(path: Path) -> list[str]:
    return [name for name in path.with_suffix("").parts if name in EMPTY_NAMES]


def report(problems: list[str]) -> str:
    return "\n" + "\n".join(problems)


def in_every_file(find: Callable[[str], Iterator[tuple[int, str]]]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line}: {advice}"
        for path in source_files()
        for line, advice in find(path.read_text(encoding="utf-8"))
    ]


def test_every_function_fits_on_a_screen() -> None:
    problems = in_every_file(long_functions)
    assert not problems, report(problems)


def test_every_file_holds_one_concept() -> None:
    problems = [
        problem for problem in in_every_file(surplus_lines) if problem.partition(":")[0] not in WHOLE_IN_ONE_FILE
    ]
    assert not problems, report(problems)


def test_nothing_is_left_for_later() -> None:
    problems = in_every_file(unfinished_lines)
    assert not problems, report(problems)


def test_every_module_is_named_after_what_it_holds() -> None:
    problems = [
        f"{path.relative_to(ROOT)}:1: '{name}' says nothing: name the concept"
        for path in source_files()
        for name in empty_names(path.relative_to(ROOT))
    ]
    assert not problems, report(problems)


def test_a_function_of_one_line_too_many_is_found() -> None:
    fitting = "def f():\n" + "    x = 1\n" * (FUNCTION_LINES_MAX - 1)
    assert list(long_functions(fitting)) == []
    assert [line for line, _ in long_functions("\n" + fitting + "    x = 1\n")] == [2]


def test_a_file_of_one_line_too_many_is_found() -> None:
    fitting = "x = 1\n" * FILE_LINES_MAX
    assert list(surplus_lines(fitting)) == []
    assert [line for line, _ in surplus_lines(fitting + "x = 1\n")] == [FILE_LINES_MAX + 1]


def test_a_word_that_defers_work_is_found() -> None:
    deferred = "# TO" + "DO: later"
    assert [line for line, _ in unfinished_lines(f"x = 1\n{deferred}\n")] == [2]


def test_an_empty_name_is_found_in_a_file_and_in_a_folder() -> None:
    assert empty_names(Path("domain/utils.py")) == ["utils"]
    assert empty_names(Path("api/core/money.py")) == ["core"]
    assert empty_names(Path("domain/money.py")) == []
