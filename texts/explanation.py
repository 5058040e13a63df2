"""Why a text has its label: what each of its words adds to it.

A word's weight is what the logarithm of the label's odds, p / (1 - p), loses when it is left out,
wherever it stands: Robnik-Sikonja and Kononenko, "Explaining classifications for individual
instances", 2008; for text, Li, Monroe and Jurafsky, "Understanding neural networks through
representation erasure", 2016.
"""

import html
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from texts.classifier import Classifier, encodable
from words_and_images.common.errors import UserError, counted, did_you_mean, printable
from words_and_images.common.files import begins_with, refuse_unwritable_file, write_text
from words_and_images.common.parameters import briefly
from words_and_images.common.tables import GREEN, RED, is_coloured, shown
from words_and_images.retraining.labels import matching

MOST_PIECES = 500
AT_ONCE = 1 << 22  # characters of texts that are classified together
MOST_CHARACTERS = 1 << 27  # of all texts that are classified for one explanation
LEAST_PIECES = 20
FEEBLE = 0.005  # a weight that is shown as 0
PAINTED = 0.05  # share of the largest weight from which a piece has a terminal's colour, or a line
TOLD = 20  # pieces in a table
NO_PIECE = "no piece by itself changes the score; several together may"
GENERATOR = '<!doctype html>\n<meta name="generator" content="texts explain">'
_PIECES = re.compile(r"\S+|\s+")


@dataclass(frozen=True)
class Piece:
    """What stands between white space, in lower case, how often, and its weight.

    That is above 0 where it speaks for the label.
    """

    piece: str
    count: int
    weight: float


@dataclass(frozen=True)
class Explanation:
    """What `explain_text` found.

    Attributes
    ----------
    name : of the text.
    source : the text.
    label, score
        What is explained, and the label's score.
    pieces : strongest first, for and against.
    left_out : how many different pieces were not tried, the rarest ones.
    unknown : the share of the text's words that the classifier does not know.
    """

    name: str
    source: str = field(repr=False)
    label: str
    score: float
    pieces: list[Piece]
    left_out: int = 0
    unknown: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain values, without the text."""
        return {"path": encodable(self.name), "label": self.label, "score": self.score,
                "pieces": [{"piece": encodable(each.piece), "count": each.count,
                            "weight": each.weight} for each in self.pieces],
                "left_out": self.left_out}

    def text(self) -> str:
        """Label and score, and the text in colours; where there are none, a table of the pieces."""
        lines = [f"{shown(self.label, sys.stdout)} (score = {self.score:.5f})"]
        if self.left_out:
            lines.append(self._left_out())
        if self.is_feeble:
            return "\n".join([*lines, NO_PIECE])
        if is_coloured(sys.stdout):
            marked = self._marked(_in_colour, _escaped)
            return "\n".join([*lines, "", "".join(marked).rstrip()])
        lines += [f"{each.weight:+.2f} {shown(briefly(each.piece), sys.stdout)}"
                  for each in self.pieces[:TOLD]]
        if len(self.pieces) > TOLD:
            lines.append(f"and {counted(len(self.pieces) - TOLD, 'weaker piece')}")
        return "\n".join(lines)

    @property
    def note(self) -> str:
        """What is to be said of the pieces besides their weights; empty where there is nothing."""
        notes = [self._left_out()] if self.left_out else []
        return "; ".join([*notes, *([NO_PIECE] if self.is_feeble else [])])

    @property
    def is_feeble(self) -> bool:
        """Whether no piece's weight is one: colours would show more than there is."""
        return all(abs(each.weight) < FEEBLE for each in self.pieces)

    def marked_html(self) -> str:
        """The text, for a ``pre``: green where a piece speaks for the label, red against."""
        return "".join(self._marked(_in_html, lambda text: html.escape(_escaped(text))))

    def html(self) -> str:
        """A page of its own: the text, green where a piece speaks for the label, red against."""
        title = html.escape(printable(self.name))
        label = html.escape(printable(self.label))
        note = f"<p>{html.escape(self._left_out())}</p>\n" if self.left_out else ""
        return (
            f'{GENERATOR}\n<html lang="en">\n<meta charset="utf-8">\n'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            "style-src 'unsafe-inline'\">\n"
            f"<title>{title}: {label}</title>\n"
            "<style>body{font:16px/1.6 sans-serif;max-width:45em;margin:2em auto;color:#111;"
            "background:#fff}pre{font:inherit;white-space:pre-wrap;overflow-wrap:anywhere}"
            "mark{color:inherit;border-radius:.2em}.against{text-decoration:underline dotted}"
            "</style>\n"
            f"<h1>{title}</h1>\n<p>{label} (score = {self.score:.5f}). Green pieces speak for it, "
            f"red ones against it: by how much the logarithm of its odds falls or rises "
            f"when they are left out.</p>\n{note}<pre>{self.marked_html()}</pre>\n</html>\n")

    def _left_out(self) -> str:
        return (f"the {len(self.pieces):,} most frequent pieces were tried; "
                f"{self.left_out:,} rarer ones were not")

    def _marked(
        self, mark: Callable[[str, float, float], str], plain: Callable[[str], str]
    ) -> Iterator[str]:
        """The text's pieces and blanks in their order, each as one of the two has it.

        `mark` gets a piece, its weight, and that as a share of the largest, from -1 to 1.
        """
        weights = {each.piece: each.weight for each in self.pieces}
        largest = max((abs(weight) for weight in weights.values()), default=0.0)
        for part in _PIECES.findall(self.source):
            weight = weights.get(part.lower(), 0.0)
            yield mark(part, weight, weight / largest) if weight else plain(part)


def explain_text(
    classifier: Classifier, text: str, label: str | None = None, name: str = "the text",
    most_characters: int = MOST_CHARACTERS,
) -> Explanation:
    """Find which words of a text speak for a label, and which against it.

    Parameters
    ----------
    classifier
    text : one with words.
    label : one of the classifier's; by default the best one.
    name : what the explanation calls the text.
    most_characters : of all texts that are classified for it, which bounds the time; of more, the
        rarest pieces are not tried.

    Raises
    ------
    UserError
        For a label that is none, and a text without a word that the classifier knows.
    """
    wanted = None if label is None else matching(label, classifier.labels)
    if label is not None and wanted is None:
        raise UserError(f"the classifier knows no label {label!r}; "
                        f"{did_you_mean(label, classifier.labels)}")
    answer, = classifier.classify([text], [name])
    chosen = answer.scores[0][0] if wanted is None else wanted
    number = classifier.labels.index(chosen)
    counts = Counter(part.lower() for part in _PIECES.findall(text) if not part.isspace())
    most = max(LEAST_PIECES, min(MOST_PIECES, most_characters // len(text)))
    tried = [piece for piece, _ in counts.most_common(most)]
    without = np.concatenate(list(_without_each(classifier, text, tried)))[:, number]
    weights = classifier.model.log_odds([text])[0, number] - without
    pieces = [Piece(piece, counts[piece], float(weight))
              for piece, weight in zip(tried, weights, strict=True)]
    return Explanation(name, text, chosen, dict(answer.scores)[chosen],
                       sorted(pieces, key=lambda each: -abs(each.weight)),
                       len(counts) - len(tried), answer.unknown)


def write_page(explanation: Explanation, out: Path) -> None:
    """Write `Explanation.html`; `refuse_other_page` says over what not."""
    refuse_other_page(out)
    write_text(out, explanation.html())


def refuse_other_page(out: Path) -> None:
    """UserError, before any work, where a page cannot be written or would replace another file."""
    refuse_unwritable_file(out)
    if not begins_with(out, (GENERATOR.encode(),)):
        raise UserError(f"{out} exists and is no page that texts explain wrote; name a new file, "
                        "or move it away.")


def _without_each(
    classifier: Classifier, text: str, pieces: list[str]
) -> Iterator[NDArray[np.float64]]:
    """Log odds (pieces, labels) of the text without each piece, some at a time."""
    parts = _PIECES.findall(text)
    lowered = [part.lower() for part in parts]
    waiting = iter(pieces)
    at_once = max(1, AT_ONCE // len(text))
    while some := list(islice(waiting, at_once)):
        yield classifier.model.log_odds(
            ["".join(part for part, low in zip(parts, lowered, strict=True) if low != piece)
             for piece in some])



def _escaped(text: str) -> str:
    """`printable`, but for line ends and tabs."""
    return re.sub(r"[^\n\t]+", lambda found: printable(found[0]), text.replace("\r\n", "\n"))


def _in_colour(piece: str, _weight: float, share: float) -> str:
    text = shown(piece, sys.stdout)
    if abs(share) < PAINTED:
        return text
    bold = "1;" if abs(share) > 0.5 else ""
    return f"\x1b[{bold}{GREEN if share > 0 else RED}m{text}\x1b[0m"


def _in_html(piece: str, weight: float, share: float) -> str:
    colour = "0,150,60" if share > 0 else "210,30,30"
    against = ' class="against"' if share <= -PAINTED else ""  # for who sees no red
    return (f'<mark style="background:rgba({colour},{0.75 * abs(share):.3f})" '
            f'title="{weight:+.3f}"{against}>{html.escape(printable(piece))}</mark>')
