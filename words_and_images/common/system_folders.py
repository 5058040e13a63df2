"""Folders and files that systems and programs leave among the files of people."""

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
