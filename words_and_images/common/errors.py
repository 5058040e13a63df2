"""What a user can get wrong, told in one sentence, and how names and numbers stand in it."""

import difflib
import re
from collections.abc import Iterable

# What moves a cursor, begins a line, changes colours, turns the order of letters round, or is no
# letter at all. What joins and parts letters, with which some languages spell, is not among it.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u180e\u200e\u200f\u2028-\u202e"
                         "\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")


class UserError(Exception):
    """Bad input: one sentence with the thing, the value received and the remedy.

    Command lines and stages turn it into that sentence on standard error and exit code 2;
    library code lets it pass.
    """


def printable(text: str) -> str:
    """A text for a line of a terminal or a page: ``a\\x1b[2J``, ``\\u202egpj``, ``two\\nlines``.

    Everything that is shown of what others have named goes through here.
    """
    return UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


def nearest(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The known names spelled most like `name`, best first."""
    return difflib.get_close_matches(name, list(known), n=most, cutoff=0.6)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A remedy to end a sentence with: the nearest names, or all of them where none is near."""
    known = list(known)
    near = nearest(name, known)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"choose from {', '.join(known)}."


def counted(number: int, noun: str) -> str:
    """The number and the noun, in the plural but for one: ``1 word``, ``2,000 processes``."""
    plural = "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}{'' if number == 1 else plural}"


def percent(share: float | None, digits: int = 1) -> str:
    """A share as every command, page and report writes it, ``41.5 %``; a dash where there is none.
    """
    return "-" if share is None else f"{100 * share:.{digits}f} %"


def percent_range(ends: Iterable[float], digits: int = 1) -> str:
    """From one share to another, such as the ends of an interval: ``86.5 to 97.0 %``."""
    low, high = ends
    return f"{100 * low:.{digits}f} to {percent(high, digits)}"
