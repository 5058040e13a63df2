"""How a text was read, kept with what was made of it, so that more text can be read alike."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from words_and_images.common.errors import UserError
from words_and_images.common.files import read_json, write_json, write_text
from words_and_images.common.stored_paths import stored_bytes

RECORD_FILE, PHRASES_FILE = "record.json", "phrases.txt"


@dataclass(frozen=True)
class Reading:
    """How a text was read.

    Parameters
    ----------
    encode : the values of `EncodeParameters`, tokens decided.
    phrases : the list of the phrases that were joined, as `phrases.phrases_text` writes it; empty
        where none were.
    """

    encode: dict[str, Any]
    phrases: str = ""

    def describe(self) -> dict[str, Any]:
        """What a record says of it."""
        return {"encode": self.encode, "phrases": PHRASES_FILE if self.phrases else None}

    def save(self, folder: Path) -> None:
        """Write a record of it alone, and the phrases."""
        write_json(folder / RECORD_FILE, self.describe())
        self.save_phrases(folder)

    def save_phrases(self, folder: Path) -> None:
        """Write the phrases, if there are any."""
        if self.phrases:
            write_text(folder / PHRASES_FILE, self.phrases)

    @classmethod
    def load(cls, folder: Path) -> "Reading | None":
        """What a folder says of it; None where it says nothing: an earlier version wrote it.

        Raises
        ------
        UserError
            Where the phrases that the record speaks of are not there, or not as they were written.
        OSError, ValueError
            For a record that is not there, or none.
        """
        record = read_json(folder / RECORD_FILE)
        if not isinstance(record, dict):
            raise ValueError(f"{RECORD_FILE} holds no record")
        if "encode" not in record:
            return None
        if not isinstance(record["encode"], dict) or not {"tokens", "turkish"} <= {
                *record["encode"]}:
            raise ValueError(f"{RECORD_FILE} does not say how the text was read")
        if not record.get("phrases"):
            return cls(record["encode"])
        try:
            return cls(record["encode"], stored_bytes(folder / PHRASES_FILE).decode("utf-8"))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no file of UTF-8"
            raise UserError(f"{folder / PHRASES_FILE}, the phrases that were joined, cannot be "
                            f"read ({reason}); put it back, or train anew.") from None
