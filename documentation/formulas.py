r"""TeX in, MathML out: the part of TeX that the formulas of docs/ are written in.

Browsers show MathML by themselves, so that a page needs no script and no font for its formulas.
What is not in the tables below is refused; it is not guessed.
"""

import re
from html import escape

from words_and_images.common.errors import UserError

TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
GREEK = {
    "alpha": "α", "beta": "β", "delta": "δ", "Delta": "Δ", "eta": "η", "theta": "θ", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "pi": "π", "sigma": "σ", "varepsilon": "ε"}
OPERATORS = {
    "approx": "≈", "ast": "∗", "cdot": "·", "dots": "…", "ge": "≥", "in": "∈", "int": "∫",
    "leftarrow": "←", "le": "≤", "ne": "≠", "odot": "⊙", "pm": "±", "propto": "∝", "sim": "∼",
    "sum": "∑", "times": "×"}
SIGNS = {"partial": "∂", "top": "⊤"}
FENCES = {"lVert": "‖", "rVert": "‖", "lvert": "|", "rvert": "|", "lfloor": "⌊", "rfloor": "⌋",
          "lbrace": "{", "rbrace": "}"}
FUNCTIONS = {"arg", "cos", "dim", "ln", "log", "max", "min"}
ABOVE_AND_BELOW = {"sum", "max", "min"}  # where a formula has a line of its own
SPACES = {",": 0.167, ";": 0.278, "!": -0.167, "quad": 1.0, "qquad": 2.0}  # em
SIZES = {"big": 1.2, "Big": 1.8}  # em
ACCENTS = {"hat": "^", "bar": "¯"}
CLOSING = ("}", "&", r"\\", r"\right", r"\end")


def mathml(tex: str, block: bool = False) -> str:
    """A formula as a `math` element.

    Parameters
    ----------
    tex : what stands between the dollar signs, or in a fence.
    block : whether it has a line of its own.

    Raises
    ------
    UserError
        For a command that is in none of the tables, and for brackets that do not fit.
    """
    formula = _Formula(tex, block)
    row = formula.row()
    if formula.ahead():
        raise formula.wrong(f"{formula.ahead()} closes nothing")
    return f'<math display="{"block" if block else "inline"}">{row}</math>'


def _operator(text: str, **attributes: object) -> str:
    told = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<mo{told}>{escape(text)}</mo>"


class _Formula:
    """The tokens of a formula, read from left to right."""

    def __init__(self, tex: str, block: bool) -> None:
        self.tex = tex
        self.block = block
        self.tokens = TOKEN.findall(tex)
        self.place = 0

    def wrong(self, reason: str) -> UserError:
        return UserError(f"the formula {' '.join(self.tex.split())} cannot be shown: {reason}; "
                         "write it otherwise, or teach documentation/formulas.py.")

    def ahead(self) -> str:
        """The next token that is no space; empty at the end."""
        while self.place < len(self.tokens) and self.tokens[self.place].isspace():
            self.place += 1
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.ahead()
        if not token or wanted and token != wanted:
            raise self.wrong(f"{token or 'the end'} stands where {wanted or 'more'} is expected")
        self.place += 1
        return token

    def row(self) -> str:
        """All up to what closes it, which is left."""
        parts = []
        while self.ahead() and self.ahead() not in CLOSING:
            parts.append(self.with_scripts())
        return f"<mrow>{''.join(parts)}</mrow>"

    def argument(self) -> str:
        """A group, or one token."""
        if self.ahead() != "{":
            return self.atom()
        self.take()
        row = self.row()
        self.take("}")
        return row

    def letters(self) -> str:
        """A group of text, spaces and all."""
        self.take("{")
        try:
            end = self.tokens.index("}", self.place)
        except ValueError:
            raise self.wrong("a { is never closed") from None
        text = "".join(self.tokens[self.place:end])
        self.place = end + 1
        return text

    def with_scripts(self) -> str:
        name = self.ahead().removeprefix("\\")
        base = self.atom()
        below = above = ""
        while self.ahead() in ("_", "^", "'"):
            mark = self.take()
            if (below if mark == "_" else above) and mark != "'":
                raise self.wrong(f"a second {mark} stands behind {name}")
            if mark == "'":
                above += _operator("′")
            elif mark == "_":
                below = self.argument()
            else:
                above += self.argument()
        if not below and not above:
            return base
        kind = ("under", "over") if self.block and name in ABOVE_AND_BELOW else ("sub", "sup")
        tag = "m" + (kind[0] if below else "") + (kind[1] if above else "")
        above = f"<mrow>{above}</mrow>" if above else ""
        return f"<{tag}>{base}{below}{above}</{tag}>"

    def atom(self) -> str:
        token = self.take()
        if token.startswith("\\"):
            return self.command(token[1:])
        if token == "{":
            self.place -= 1
            return self.argument()
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{token}</mi>"
        if token in "()[]|":
            return _operator(token, stretchy="false")
        if token in "+-=<>/,.:!":
            return _operator("−" if token == "-" else token)
        raise self.wrong(f"{token} is no sign that is known")

    def command(self, name: str) -> str:
        for table, tag in ((GREEK, "mi"), (SIGNS, "mi"), (OPERATORS, "mo")):
            if name in table:
                return f"<{tag}>{table[name]}</{tag}>"
        if name in FENCES:
            return _operator(FENCES[name], stretchy="false")
        if name in FUNCTIONS:
            near = self.ahead() in ("(", r"\left", "_", "^")
            return _operator(name, lspace="0.167em", rspace="0" if near else "0.167em")
        if name in SPACES:
            return f'<mspace width="{SPACES[name]}em"></mspace>'
        return self.structure(name)

    def structure(self, name: str) -> str:
        if name in ("frac", "tfrac"):
            return f"<mfrac>{self.argument()}{self.argument()}</mfrac>"
        if name == "sqrt":
            return f"<msqrt>{self.argument()}</msqrt>"
        if name == "text":
            return f"<mtext>{escape(self.letters()).replace(' ', chr(0xA0))}</mtext>"
        if name == "mathrm":
            return f'<mi mathvariant="normal">{escape(self.letters())}</mi>'
        if name in ACCENTS:
            return f'<mover accent="true">{self.argument()}{_operator(ACCENTS[name])}</mover>'
        if name in SIZES:
            size = f"{SIZES[name]}em"
            return _operator(self.take(), stretchy="true", minsize=size, maxsize=size)
        if name == "left":
            begin, row, _ = self.take(), self.row(), self.take(r"\right")
            return f"<mrow>{_operator(begin)}{row}{_operator(self.take())}</mrow>"
        if name == "begin" and self.letters() == "cases":
            return self.cases()
        raise self.wrong(f"\\{name} is no command that is known")

    def cases(self) -> str:
        rows = [[self.row()]]
        while self.ahead() in ("&", r"\\"):
            if self.take() == "&":
                rows[-1].append(self.row())
            else:
                rows.append([self.row()])
        self.take(r"\end")
        self.letters()
        table = "".join("<mtr>" + "".join(f"<mtd>{cell}</mtd>" for cell in row) + "</mtr>"
                        for row in rows)
        return f'<mrow>{_operator("{")}<mtable class="cases">{table}</mtable></mrow>'
