"""The study beside what a search has made: OUT.study beside OUT."""

from pathlib import Path

from words_and_images.common.errors import UserError
from words_and_images.common.files import refuse_unwritable, write_json
from words_and_images.common.own_files import Kind, refuse_foreign
from words_and_images.common.workspaces import PREFIX
from words_and_images.tuning.study import JOURNAL, STUDY_FILE, Study

PAGE_FILE = "tuning.html"
STUDY = Kind("a study", (JOURNAL, f"{JOURNAL}.lock*", STUDY_FILE, PAGE_FILE, f"{PREFIX}*"),
             (JOURNAL,), "remove it, and search again")


def study_folder(out: Path) -> Path:
    """Where the study of a search lies whose result is at `out`."""
    out = out.absolute()
    return out.with_name(f"{out.name}.study")


def refuse_other_study(folder: Path, joined: bool) -> None:
    """UserError, before any work, for a folder with other content, or none to join."""
    if joined and not (folder / JOURNAL).exists():
        raise UserError(f"{folder} holds no search that could be joined; begin one without --join, "
                        "and join it when it tries sets of values.")
    refuse_unwritable(folder / STUDY_FILE)
    refuse_foreign(folder, STUDY)


def keep_study(study: Study, folder: Path, heading: str, drawn: bool = True) -> None:
    """Write study.json and, where it is to be drawn, which takes a second, the page."""
    write_json(folder / STUDY_FILE, study.rows())
    if drawn:
        from words_and_images.tuning.page import write_page  # not above: it takes a while

        write_page([(heading, study.rows())], folder / PAGE_FILE)
