r"""TeX in, MathML out, by latex2mathml; what that would show wrongly is refused.

Browsers show MathML by themselves, so that a page needs no script and no font for its formulas.
"""

import re
from html import unescape
from itertools import zip_longest
from unicodedata import category
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element

from words_and_images.common.errors import UserError

# What browsers draw, and how many parts it has where that is fixed.
PARTS = dict.fromkeys(["math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mstyle", "msqrt",
                       "mtable", "mtr", "mtd"]) | {
    "mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2,
    "munderover": 3}
# An alphabet or an environment that there is not, and all behind a percent sign, leave no trace.
PASSED_OVER = re.compile(r"\\math(?!rm\b)[a-z]*|\\begin(?!\{cases\})|(?<!\\)%")
AS_IT_STANDS = re.compile(r"[{}&#$~]")  # handed on where it means nothing; \sim becomes ~
NUMBER = re.compile(r"[\d.]+")
UPRIGHT = (None, "normal")  # of the alphabets
THIN = "0.167em"


def mathml(tex: str, block: bool = False) -> str:
    """A formula as a `math` element.

    Parameters
    ----------
    tex : what stands between the dollar signs, or in a fence.
    block : whether it has a line of its own.

    Raises
    ------
    UserError
        For what latex2mathml refuses or does not know, and for brackets that do not fit.
    """
    written = tex.replace(r"\mathrm{", r"\mathrm {")  # else one letter alone would be italic
    try:
        tree = convert_to_element(written, display="block" if block else "inline")
        reason = _not_understood(tex, tree)
    except Exception as error:  # its own have no class in common
        reason = type(error).__name__
    if reason:
        raise UserError(f"the formula {' '.join(tex.split())} cannot be shown ({reason}); "
                        "write it otherwise.")
    _space(tree)
    return tostring(tree, encoding="unicode", short_empty_elements=False)


def _not_understood(tex: str, tree: Element) -> str:
    """What latex2mathml made something of without knowing it; empty if nothing."""
    if passed := PASSED_OVER.search(tex):
        return f"{passed[0]} would be passed over"
    braces = re.sub(r"\\.", "", tex)
    if braces.count("{") != braces.count("}"):
        return "a brace has no partner"
    for element in tree.iter():
        text = element.text = unescape(element.text or "")
        if "\\" in text or element.tag != "mo" and AS_IT_STANDS.search(text):
            return f"{text} is not known"
        if element.tag == "mn" and not NUMBER.fullmatch(text):
            return f"{text} is taken for a length"
        drawn = PARTS.get(element.tag, -1) in (None, len(element))
        if not drawn or "linebreak" in element.attrib or element.get("mathvariant") not in UPRIGHT:
            return f"browsers draw no such {element.tag}"
    return ""


def _space(tree: Element) -> None:
    """Set names of functions and signs apart as TeX does, and leave |x| as high as its line."""
    for row in tree.iter():
        for element, after in zip_longest(row, row[1:]):
            text = element.text or ""
            if element.tag in ("mi", "mo") and text.isalpha() and len(text) > 1:
                opening = after is not None and "".join(after.itertext()).startswith(("(", "["))
                element.tag = "mo"
                element.attrib |= {"lspace": THIN, "rspace": "0" if opening else THIN}
            elif element.tag == "mi" and len(text) == 1 and category(text) == "Sm":
                element.tag = "mo"
            elif element.tag == "mo" and text in ("|", "‖") and not element.attrib:
                element.set("stretchy", "false")
