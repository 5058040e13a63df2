"""docs/mathematics.md: its Python says what stands behind it, and its formulas can be rendered."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "mathematics.md").read_text(encoding="utf-8")
FENCES = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
NUMBERS = re.compile(r"\s*[\[\s]*(-?[\d.]+(?:e-?\d+)?[\s\]]*)+")


def shown_results() -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Every expression or assignment with numbers behind it: the line, its value, the numbers."""
    known: dict = {}
    found = []
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        lines = block.splitlines()
        for node in ast.parse(block).body:
            line = lines[(node.end_lineno or 0) - 1]
            value = None
            if isinstance(node, ast.Expr):
                value = eval(compile(ast.Expression(node.value), "page", "eval"), known)
            else:
                exec(compile(ast.Module([node], []), "page", "exec"), known)
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                    value = known[node.targets[0].id]
            numbers = NUMBERS.match(line.partition("#")[2])
            if numbers and "units" not in line and isinstance(value, (float, np.ndarray)):
                given = np.array(re.findall(r"-?\d[\d.]*(?:e-?\d+)?", numbers[0]), dtype=float)
                found.append((line.strip(), np.ravel(value), given))
    return found


RESULTS = shown_results()


@pytest.mark.parametrize(("line", "value", "given"), RESULTS, ids=[line for line, _, _ in RESULTS])
def test_the_page_shows_what_its_python_gives(line, value, given):
    if line.startswith("relative_error"):
        assert value[0] < 1e-8  # rounding errors, which differ from machine to machine
        return
    np.testing.assert_allclose(value[: len(given)], given, atol=6e-9 if len(given) > 2 else 5e-4)


def test_the_page_shows_results_of_every_block():
    assert len(RESULTS) == 11


def test_formulas_are_fenced_so_that_no_backslash_is_lost():
    # Between plain dollar signs GitHub reads \, as a comma and \\ as one backslash
    text = FENCES.sub("", PAGE)
    assert "$" not in re.sub(r"\$`[^`\n]+`\$", "", text)
    assert len(re.findall(r"^```math$", PAGE, re.MULTILINE)) > 30
