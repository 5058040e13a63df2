"""One document with its label, and what was no document of the source."""

from dataclasses import dataclass, field

from words_and_images.common.errors import UserError, counted
from words_and_images.common.progress import WARNING, say
from words_and_images.retraining.labels import comparable, label_of
from words_and_images.retraining.recalls import shortened
from words_and_images.retraining.split import TEST, TRAINING, VALIDATION

NOUN = "document"
LARGEST = 1 << 26  # bytes or characters of one document
LONGEST_LABEL = 200  # characters; longer ones are texts
EMPTY, NO_LABEL = "empty", "without a label"
# What people call the parts of a set that is divided already.
PARTS = {**dict.fromkeys(("train", "training"), TRAINING),
         **dict.fromkeys(("test", "testing"), TEST),
         **dict.fromkeys(("val", "valid", "validation", "dev", "development"), VALIDATION)}


@dataclass(frozen=True)
class Document:
    """A text, the label that it has, its name, and the part of a divided set that it is of."""

    name: str
    label: str
    text: str = field(repr=False)
    split: str | None = None


@dataclass
class Found:
    """What is in a source.

    Attributes
    ----------
    documents : in their order.
    passed_over : names of what is none, by the reason.
    emptied : labels of empty documents, with the name of the first.
    """

    documents: list[Document] = field(default_factory=list)
    passed_over: dict[str, list[str]] = field(default_factory=dict)
    emptied: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, label: str, text: str, split: str | None = None) -> None:
        """A document; one that is empty or has no label is passed over.

        Raises
        ------
        UserError
            For one of more than `LARGEST` characters, and a label that is a text.
        """
        label = label_of(label)
        if len(text) > LARGEST:
            raise UserError(f"{name} has more than {LARGEST:,} characters; divide it into several "
                            "documents, or take it out.")
        if len(label) > LONGEST_LABEL:
            raise UserError(f"{name} has a label of {len(label):,} characters, "
                            f"{label[:40]!r}...; name the right columns, or shorten it.")
        if not text.strip():
            self.pass_over(name, EMPTY)
            self.emptied.setdefault(label, name)
        elif not label:
            self.pass_over(name, NO_LABEL)
        else:
            self.documents.append(Document(name, label, text, split))

    def pass_over(self, name: str, reason: str) -> None:
        """Something that is no document, or cannot be one."""
        self.passed_over.setdefault(reason, []).append(name)

    def refuse_emptied(self, source: str) -> None:
        """UserError for a class that was there and has no document left: it would be lost."""
        full = {comparable(document.label) for document in self.documents}
        for label, name in self.emptied.items():
            if label and comparable(label) not in full:
                raise UserError(f"the class {label!r} of {source} has no document with a text, the "
                                f"first is {name}; mend it, or take the class out.")

    def tell(self) -> None:
        """Say what was passed over, with names."""
        for reason, names in self.passed_over.items():
            say(f"{WARNING}passed over {counted(len(names), NOUN)} ({reason}): "
                f"{shortened(names)}")


def part_called(name: str) -> str | None:
    """The split that a folder or a value of that name stands for, if it does for one."""
    return PARTS.get(name.strip().lower())
