"""Folders and files that systems and programs leave among the files of people; and links out."""

import glob
import os
from itertools import takewhile
from pathlib import Path

# In lower case. Thumbnails of a NAS by Synology, waste bins of Windows, Synology and QNAP, what
# macOS adds to a zip, what the checks of file systems find: copies and remains, no one's choice.
SYSTEM_FOLDERS = frozenset({
    "__macosx", "@eadir", "@tmp", "@sharebin", "@recycle", "@recently-snapshot", "#recycle",
    "#snapshot", "$recycle.bin", "recycler", "recycled", "system volume information",
    "lost+found", "found.000", "__pycache__",
})
SYSTEM_FILES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})


def is_system_name(name: str) -> bool:
    """Whether a folder or file of that name is hidden, or one that a system keeps for itself."""
    return name.startswith(".") or name.lower() in SYSTEM_FOLDERS | SYSTEM_FILES


def leads_out(folder: Path, top: Path) -> bool:
    """Whether a folder below another is elsewhere, by a link on the way to it."""
    return not Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(top))


def top_of(pattern: str) -> Path:
    """The folder below which a glob looks: what of it has no wildcard."""
    return Path(*takewhile(lambda part: not glob.has_magic(part), Path(pattern).parts))
