"""What is to be said of the files of a corpus, one warning for all of a kind."""

from dataclasses import dataclass, field

from words_and_images.common.errors import counted
from words_and_images.common.progress import say

_NAMED = 3


@dataclass
class _Remark:
    sentence: str
    names: list[str] = field(default_factory=list)
    part: int = 0
    whole: int = 0

    def __str__(self) -> str:
        return self.sentence.format(files=_listed(self.names), share=share(self.part, self.whole),
                                    part=f"{self.part:,}", whole=f"{self.whole:,}")


class Remarks:
    """Remarks on files, gathered while these are read."""

    def __init__(self) -> None:
        self._remarks: dict[str, _Remark] = {}

    def add(self, kind: str, sentence: str, name: str, part: int = 0, whole: int = 0) -> None:
        """Remark on a file; of one kind the first sentence stands for all.

        Parameters
        ----------
        kind : which files are told together.
        sentence : in which ``{files}`` stands for the names, ``{part}``, ``{whole}`` and
            ``{share}`` for the sums of `part` and `whole` and the share.
        name : of the file.
        """
        remark = self._remarks.setdefault(kind, _Remark(sentence))
        remark.names.append(name)
        remark.part += part
        remark.whole += whole

    def text(self, kind: str) -> str:
        """The remark of a kind, empty where there is none."""
        return str(self._remarks.get(kind, ""))

    def say(self) -> None:
        """Say all of them, as warnings."""
        for remark in self._remarks.values():
            say(f"warning: {remark}")


def quoted(text: str) -> str:
    """Text of others for a sentence of `Remarks.add`."""
    return text.replace("{", "{{").replace("}", "}}")


def share(part: int, whole: int) -> str:
    """A share in per cent, with as many digits as are wanted to see it."""
    percent = 100 * part / whole if whole else 0.0
    if 0 < percent < 0.01:
        return "less than 0.01 %"
    return f"{percent:.2g} %" if percent < 10 else f"{percent:.0f} %"


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    listed = ", ".join(names[:_NAMED])
    return f"{listed} and {counted(more, 'more file')}" if more > 0 else listed
