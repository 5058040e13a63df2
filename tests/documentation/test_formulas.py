"""TeX to MathML: the elements that each form gives, and the refusal of what is not known."""

import re

import pytest
from project_imports import ROOT

from documentation.formulas import mathml
from documentation.hooks import FORMULA
from words_and_images.common.errors import UserError


def row_of(tex: str, block: bool = False) -> str:
    """What is in the outermost row."""
    found = re.fullmatch(r"<math [^>]*><mrow>(.*)</mrow></math>", mathml(tex, block))
    assert found
    return found[1]


@pytest.mark.parametrize(("tex", "expected"), [
    ("3.25", "<mn>3.25</mn>"),
    ("a - 1", "<mi>a</mi><mo>−</mo><mn>1</mn>"),
    (r"\eta", "<mi>η</mi>"),
    ("x_i^2", "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>"),
    (r"\frac{1}{B}", "<mfrac><mrow><mn>1</mn></mrow><mrow><mi>B</mi></mrow></mfrac>"),
    (r"\sqrt[3]{x}", "<mroot><mrow><mi>x</mi></mrow><mn>3</mn></mroot>"),
    (r"\text{if } p < 1", "<mtext>if\u00a0</mtext><mi>p</mi><mo>&lt;</mo><mn>1</mn>"),
    (r"\text{a<b}", "<mtext>a&lt;b</mtext>"),
])
def test_a_formula_becomes_its_elements(tex, expected):
    assert row_of(tex) == expected


def test_a_name_in_upright_letters_is_upright_also_with_one_letter():
    assert row_of(r"\mathrm{E}").count('mathvariant="normal"') == 1
    assert row_of(r"\mathrm{diag}").count('mathvariant="normal"') == 4


def test_a_function_stands_apart_from_what_it_is_of_but_not_from_a_bracket():
    name = '<mo lspace="0.167em" rspace="{}">{}</mo>'
    assert row_of(r"\log p").startswith(name.format("0.167em", "log"))
    assert row_of(r"\max(0, z)").startswith(name.format("0", "max"))
    assert row_of(r"\min\left(0, z\right)").startswith(name.format("0", "min"))


def test_a_sign_is_an_operator_and_bars_stay_as_high_as_the_line():
    assert "<mo>±</mo>" in row_of(r"a \pm b")
    assert row_of(r"\lVert w \rVert").count('<mo stretchy="false">‖</mo>') == 2


def test_the_bounds_of_a_sum_are_below_and_above_it_in_a_block_only():
    tex = r"\sum_{i=1}^n"
    assert row_of(tex, block=True).startswith("<munderover><mo>∑</mo>")
    assert row_of(tex).startswith("<msubsup><mo>∑</mo>")


def test_cases_are_rows_of_a_table():
    row = row_of(r"\begin{cases} 0 & \text{a} \\ 1 & \text{b} \end{cases}")
    assert row.count("<mtr>") == 2 and row.count("<mtd") == 4


@pytest.mark.parametrize(("tex", "reason"), [
    (r"\foo x", r"\foo is not known"),
    (r"\text{a \foo}", r"\foo is not known"),
    (r"\big\lvert x \big\rvert", r"\lvert is not known"),
    (r"\mathfoo{x}", r"\mathfoo would be passed over"),
    (r"\begin{foo} x \end{foo}", r"\begin would be passed over"),
    ("50 % x", "% would be passed over"),
    (r"\cancel{x}", "browsers draw no such menclose"),
    (r"\textbf{x}", "browsers draw no such mtext"),
    (r"a \\ b", "browsers draw no such mspace"),
    (r"\frac{1}", "browsers draw no such mfrac"),
    ("{x", "a brace has no partner"),
    (r"\text{x", "a brace has no partner"),
    ("x } {y", "} is not known"),
    ("a & b", "& is not known"),
    ("2 cm", "2cm is taken for a length"),
    (r"\left( x", "MissingRight"),
    ("x_a_b", "DoubleSubscripts"),
    ("", "NoAvailableTokens"),
])
def test_what_is_not_known_is_refused_with_the_formula(tex, reason):
    with pytest.raises(UserError) as refusal:
        mathml(tex)
    assert f"the formula {tex} cannot" in str(refusal.value) and reason in str(refusal.value)


def test_every_formula_of_the_documents_can_be_shown():
    count = 0
    for page in (ROOT / "docs").rglob("*.md"):
        for block, inline in FORMULA.findall(page.read_text(encoding="utf-8")):
            mathml(block or inline, bool(block))
            count += 1
    assert count > 300
