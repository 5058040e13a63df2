"""TeX to MathML: the elements that each form gives, and the refusal of what is not known."""

import re

import pytest
from project_imports import ROOT

from documentation.formulas import mathml
from documentation.hooks import FORMULA
from words_and_images.common.errors import UserError


def row_of(tex: str, block: bool = False) -> str:
    """What is in the outermost row."""
    found = re.fullmatch(r'<math display="(?:block|inline)"><mrow>(.*)</mrow></math>',
                         mathml(tex, block))
    assert found
    return found[1]


@pytest.mark.parametrize(("tex", "expected"), [
    ("x", "<mi>x</mi>"),
    ("3.25", "<mn>3.25</mn>"),
    ("a - 1", "<mi>a</mi><mo>−</mo><mn>1</mn>"),
    (r"\eta", "<mi>η</mi>"),
    ("w_c", "<msub><mi>w</mi><mi>c</mi></msub>"),
    (r"s^\top", "<msup><mi>s</mi><mrow><mi>⊤</mi></mrow></msup>"),
    ("f'", "<msup><mi>f</mi><mrow><mo>′</mo></mrow></msup>"),
    (r"\frac{1}{B}", "<mfrac><mrow><mn>1</mn></mrow><mrow><mi>B</mi></mrow></mfrac>"),
    (r"\mathrm{diag}", '<mi mathvariant="normal">diag</mi>'),
    (r"\text{if } p < 1", "<mtext>if\u00a0</mtext><mi>p</mi><mo>&lt;</mo><mn>1</mn>"),
    (r"\hat v", '<mover accent="true"><mi>v</mi><mo>^</mo></mover>'),
    (r"\left(x\right)", "<mrow><mo>(</mo><mrow><mi>x</mi></mrow><mo>)</mo></mrow>"),
])
def test_a_formula_becomes_its_elements(tex, expected):
    assert row_of(tex) == expected


def test_lower_and_upper_index_stand_above_each_other():
    assert row_of("x_i^2") == (
        "<msubsup><mi>x</mi><mi>i</mi><mrow><mn>2</mn></mrow></msubsup>")


def test_the_bounds_of_a_sum_are_below_and_above_it_in_a_block_only():
    tex = r"\sum_{i=1}^n"
    assert row_of(tex, block=True).startswith("<munderover><mo>∑</mo>")
    assert row_of(tex).startswith("<msubsup><mo>∑</mo>")


def test_cases_are_rows_of_a_table():
    row = row_of(r"\begin{cases} 0 & \text{a} \\ 1 & \text{b} \end{cases}")
    assert row.count("<mtr>") == 2 and row.count("<mtd>") == 4


@pytest.mark.parametrize(("tex", "reason"), [
    (r"\oint x", r"\oint is no command that is known"),
    ("x } y", "} closes nothing"),
    ("{x", "the end stands where } is expected"),
    (r"\frac{1}", "the end stands where more is expected"),
    (r"\text{x", "a { is never closed"),
    (r"\left( x", r"the end stands where \right is expected"),
    ("x_a_b", "a second _ stands behind x"),
    ("x ~ y", "~ is no sign that is known"),
])
def test_what_is_not_known_is_refused_with_the_formula(tex, reason):
    with pytest.raises(UserError) as refusal:
        mathml(tex)
    assert tex in str(refusal.value) and reason in str(refusal.value)


def test_every_formula_of_the_documents_can_be_shown():
    count = 0
    for page in (ROOT / "docs").rglob("*.md"):
        for block, inline in FORMULA.findall(page.read_text(encoding="utf-8")):
            mathml(block or inline, bool(block))
            count += 1
    assert count > 300
