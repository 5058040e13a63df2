"""What an upload may have at most."""

from dataclasses import dataclass

from words_and_images.common.errors import UserError


@dataclass(frozen=True)
class Limits:
    """What an upload may have at most.

    Attributes
    ----------
    megabytes : of the file, 10^6 bytes each.
    pixels : of the picture, width times height.
    """

    megabytes: float = 20.0
    pixels: int = 50_000_000

    def __post_init__(self) -> None:
        from vision.photos import PIXEL_CAP

        if not 0 < self.megabytes < float("inf"):
            raise UserError(f"--max-megabytes is {self.megabytes:g}; give more than 0.")
        if not 1 <= self.pixels <= PIXEL_CAP:
            raise UserError(f"--max-pixels is {self.pixels}; give 1 to {PIXEL_CAP:,}.")

    @property
    def bytes(self) -> int:
        """The same as `megabytes`."""
        return int(self.megabytes * 1e6)

    @property
    def too_many_bytes(self) -> str:
        """What is said of a larger file."""
        return f"This file is larger than {self.megabytes:g} MB; choose a smaller one."
