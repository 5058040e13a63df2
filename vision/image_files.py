"""Which files are images, by name, and the images below a folder."""

import os
from collections.abc import Iterator
from pathlib import Path

from common.errors import UserError

# HEIC and AVIF are listed so that a photo Pillow cannot read is named instead of passed over.
IMAGE_SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm",
    ".pgm", ".heic", ".heif", ".avif",
})

VARIANTS_MARK = "_nohash_"  # what follows it in a name tells variants of one thing apart
RUBBISH = "__MACOSX"  # what macOS adds to a zip


def is_image_name(path: Path) -> bool:
    """Whether a file of that name is taken for an image."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def images_below(folder: Path) -> list[Path]:
    """The image files of a folder and of all folders in it, sorted; hidden ones are left out."""
    return sorted(path for path in visible_files(folder) if is_image_name(path))


def visible_files(folder: Path) -> Iterator[Path]:
    """All files below a folder but hidden ones and what macOS adds to a zip."""
    seen: set[str] = set()
    for here, folders, files in os.walk(folder, onerror=_refuse, followlinks=True):
        # Folders may be links; a link to a folder above would go round for ever.
        if (real := os.path.realpath(here)) in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if is_visible(name))
        for name in sorted(files):
            if is_visible(name):
                yield Path(here) / name


def is_visible(name: str) -> bool:
    """Whether a file or folder of that name is meant to be seen."""
    return not name.startswith(".") and name != RUBBISH


def _refuse(error: OSError) -> None:
    """A folder passed over in silence would be images missing in silence."""
    reason = (error.strerror or "no access").lower()
    raise UserError(f"the folder {error.filename} cannot be read ({reason}); mend its permissions "
                    "or take it out.")
