"""Labels: the names of class folders, and which of them are the same."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from words_and_images.common.errors import UserError, nearest, printable
from words_and_images.common.progress import say
from words_and_images.retraining.recalls import shortened


def label_of(name: str) -> str:
    """A folder's name as a label: as it is, in composed Unicode, with single spaces inside."""
    # macOS writes decomposed names: the same word must be the same label everywhere.
    return printable(" ".join(unicodedata.normalize("NFC", name).split()))


def comparable(name: str) -> str:
    """What two names have in common that are one label: case and spaces make no difference."""
    return label_of(name).lower()


def matching(name: str, labels: Iterable[str]) -> str | None:
    """The label that a name stands for, if there is one."""
    return next((label for label in labels if comparable(label) == comparable(name)), None)


def of_one_spelling(labels: Iterable[str], holder: str) -> dict[str, str]:
    """For each label how most of those are written that are one but for case, which is said.

    `holder` is what a message calls that which bears a label: a folder.
    """
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for label in labels:
        spellings[comparable(label)][label] += 1
    chosen = {}
    for counts in spellings.values():
        most = min(counts, key=lambda label: (-counts[label], label))
        chosen.update(dict.fromkeys(counts, most))
        if len(counts) > 1:
            say(f"the {holder}s {' and '.join(map(repr, sorted(counts)))} are one class, {most!r}")
    return chosen


def as_called(names: Iterable[str], labels: Sequence[str], holder: str) -> dict[str, str]:
    """For each name the label of a classifier that it stands for, as the classifier writes it.

    Raises
    ------
    UserError
        That names all which stand for none; `holder` as above.
    """
    found = {name: matching(name, labels) for name in sorted(set(names))}
    strange = [name for name, label in found.items() if label is None]
    if strange:
        told = shortened([repr(name) + _near(name, labels) for name in strange])
        several = len(strange) > 1
        raise UserError(f"no label of the classifier is called {told}; rename "
                        f"{f'these {holder}s' if several else f'the {holder}'} or leave "
                        f"{'them' if several else 'it'} out; its labels are {shortened(labels)}.")
    return {name: label for name, label in found.items() if label is not None}


def _near(name: str, labels: Sequence[str]) -> str:
    spelled = {comparable(label): label for label in labels}
    near = nearest(comparable(name), spelled, 1)
    return f" (did you mean {spelled[near[0]]}?)" if near else ""
