"""What a user can get wrong, told in one sentence."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Bad input: one sentence with the thing, the value received and the remedy.

    Command lines and stages turn it into that sentence on standard error and exit code 2;
    library code lets it pass.
    """


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
