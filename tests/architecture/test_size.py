"""Size is a rule: what does not fit is two things."""

import ast
from collections.abc import Iterator

from tests.architecture.source import Source, sources

LONGEST_FILE = 250
LONGEST_FUNCTION = 40


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_files_are_short() -> None:
    lengths = {source.path: source.text.count("\n") for source in sources()}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_functions_are_short() -> None:
    long = {
        f"{source.path}:{node.lineno} {node.name}": lines
        for source in sources()
        for node in functions(source)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert long == {}
