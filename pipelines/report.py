"""Write the report: one self-contained page over everything."""

from pathlib import Path

from reporting.content import gather
from reporting.page import write_page
from words_and_images.common.commandline import run_stage


def main(data: str, models: str, results: str, parameters: str, page: str) -> None:
    """Gather what the stages wrote and write the page."""
    write_page(gather(Path(data), Path(models), Path(results), Path(parameters)), Path(page))


if __name__ == "__main__":
    run_stage(main)
