"""Training, validation and test documents, told apart by what each says."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from texts.document import NOUN, Document
from texts.documents import Collected
from word2vec.corpus.tokens import composed, lowered
from words_and_images.common.errors import UserError, counted
from words_and_images.common.files import read_json, write_json
from words_and_images.common.parameters import briefly
from words_and_images.common.progress import say
from words_and_images.retraining.recalls import shortened
from words_and_images.retraining.split import (
    GROUP_DIGITS,
    TEST,
    TRAINING,
    Example,
    Split,
    SplitParameters,
    Undivided,
    decisive_hashes,
    divide,
    sound_split,
    warn_of_contradictions,
)


def split_documents(collected: Collected, parameters: SplitParameters | None = None) -> Split:
    """Give every document its split; examples in the order of the documents.

    Texts that are the same but for case and white space stay together. Where a test set is given,
    all stay as they are: models are compared by cross-validation, so that none is kept for it.

    Raises
    ------
    UserError
        Where a class has fewer documents, or groups of them, than there are splits to fill.
    """
    parameters = parameters or SplitParameters()
    documents, labels = collected.documents, collected.labels
    if not any(each.split == TEST for each in documents):
        if any(each.split for each in documents):
            say("warning: parts are told and no test among them: all documents are divided anew")
        return divide(_undivided(documents), labels, parameters, NOUN)
    if parameters.test != SplitParameters.test:
        say(f"warning: test is {parameters.test:g} and not used: the test documents are given")
    examples = _as_given(documents)
    _warn_of_known_tests(documents, examples)
    split = Split(labels, examples, NOUN)
    warn_of_contradictions(split)
    return split


def write_split(split: Split, path: Path) -> None:
    """Write labels, and name, label, sha256, split and any group of each document."""
    rows = [{name: value for name, value in asdict(example).items() if value is not None}
            for example in split.examples]
    write_json(path, {"labels": split.labels, "documents": rows})


def read_split(path: Path) -> Split:
    """Read what `write_split` wrote; UserError for anything else."""
    try:
        value = read_json(path)
        return sound_split(value["labels"], [Example(**row) for row in value["documents"]], NOUN)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise UserError(f"{path} is no list of divided documents ({briefly(str(error))}); make it "
                        "again with `dvc repro`.") from None


def groups_of(split: Split) -> list[str]:
    """What keeps together the documents that say the same: a hash for each, (documents,)."""
    return [example.group or example.sha256[:GROUP_DIGITS] for example in split.examples]


def sha256_of(text: str) -> str:
    """Of a text in composed Unicode with single blanks: however it was typed and broken."""
    return hashlib.sha256(_single_blanks(composed(text)).encode()).hexdigest()


def _key(text: str) -> bytes:
    """The same for texts that are the same but for case and white space, which take memory."""
    return hashlib.sha256(_single_blanks(lowered(text)).encode()).digest()


def _single_blanks(text: str) -> str:
    return " ".join(text.split())


def _undivided(documents: Sequence[Document]) -> list[Undivided]:
    return [Undivided(each.name, each.label, sha256, company) for each, sha256, company in zip(
        documents, [sha256_of(each.text) for each in documents], _company(documents), strict=True)]


def _company(documents: Sequence[Document]) -> list[list[int]]:
    """For each document the rows of those that say the same, its own included."""
    rows: dict[bytes, list[int]] = defaultdict(list)
    keys = [_key(each.text) for each in documents]
    for row, key in enumerate(keys):
        rows[key].append(row)
    return [rows[key] for key in keys]


def _as_given(documents: Sequence[Document]) -> list[Example]:
    """All of them in the splits that they come with; groups as `divide` calls them."""
    undivided = _undivided(documents)
    decisive = decisive_hashes([each.sha256 for each in undivided],
                               [each.company for each in undivided])
    return [Example(each.name, each.label, each.sha256, document.split or TRAINING,
                    own[:GROUP_DIGITS] if len(each.company) > 1 else None)
            for each, document, own in zip(undivided, documents, decisive, strict=True)]


def _warn_of_known_tests(documents: Sequence[Document], examples: Sequence[Example]) -> None:
    """A published test stays as it is; how much of it can be known by heart is said."""
    splits = [example.split for example in examples]
    learnt = {_key(each.text) for each, split in zip(documents, splits, strict=True)
              if split != TEST}
    known = [each.name for each, split in zip(documents, splits, strict=True)
             if split == TEST and _key(each.text) in learnt]
    if known:
        which = "is a copy of a document" if len(known) == 1 else f"are copies of {NOUN}s"
        say(f"warning: {len(known):,} of {counted(splits.count(TEST), f'test {NOUN}')} {which} to "
            f"learn from, which makes the test easier: {shortened(known)}")
