"""The command `words-and-images-page`, or `python -m app`: serve the page."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from words_and_images.common.commandline import Version, run_application
from words_and_images.common.errors import counted
from words_and_images.common.progress import be_quiet, say
from words_and_images.common.workspaces import workspace
from words_and_images_page.limits import Limits

# Gradio and the rest are imported by the command, so that --help and usage errors answer at once.
application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Given:
    """Paths of models, as `load_models` takes them."""

    vectors: Sequence[Path]
    classifiers: Sequence[Path]
    texts: Sequence[Path]


@application.command(context_settings={"help_option_names": ["--help", "-h"]})
def serve_command(
    vectors: Annotated[list[Path] | None, typer.Option(
        help="A folder of trained vectors or a file of word vectors; may be given several times.",
        show_default="every folder of models/vectors")] = None,
    classifier: Annotated[list[Path] | None, typer.Option(
        help="A folder that vision retrain wrote; may be given several times.",
        show_default="every classifier in models")] = None,
    texts: Annotated[list[Path] | None, typer.Option(
        help="A folder that texts retrain wrote; may be given several times.",
        show_default="every classifier in models/texts")] = None,
    host: Annotated[str, typer.Option(
        help="Where to listen; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 7860,
    max_megabytes: Annotated[float, typer.Option(
        help="Photos with more are refused.")] = Limits.megabytes,
    max_pixels: Annotated[int, typer.Option(
        help="Photos with more are refused.")] = Limits.pixels,
    version: Version = False,
) -> None:
    """Serve the page on which word vectors and classifiers answer."""
    limits = Limits(max_megabytes, max_pixels)
    with private_folder():
        answer_visitors(Given(vectors or [], classifier or [], texts or []), limits, host, port)


@contextmanager
def private_folder() -> Iterator[None]:
    """What Gradio and NumPy read of the environment, with a folder for what Gradio writes."""
    # One product at the speed of memory a question, and several people at once: more threads of
    # OpenBLAS would only stand in each other's way.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with workspace() as folder:
        os.environ["GRADIO_TEMP_DIR"] = str(folder)
        yield


def answer_visitors(given: Given, limits: Limits, host: str, port: int) -> None:
    """Load the models and serve the page until Ctrl-C."""
    from words_and_images_page.models import load_models
    from words_and_images_page.server import (
        LOOPBACK,
        address_of,
        listen,
        make_application,
        serve,
    )

    with listen(host, port) as listening:
        models = load_models(given.vectors, given.classifiers, given.texts, limits)
        if host not in LOOPBACK:
            say(f"everyone who can reach {host} can use the page")
        # What answers tell of their progress is for command lines.
        be_quiet()

        def ready() -> None:
            print(f"{counted(len(models.words), 'set')} of vectors, "
                  f"{counted(len(models.photos), 'classifier')} of photos and "
                  f"{len(models.texts):,} of texts; open {address_of(listening)}", flush=True)

        hosts = LOOPBACK if host in LOOPBACK else None
        with suppress(KeyboardInterrupt):
            serve(make_application(models, limits, hosts), listening, ready)


def main() -> None:
    """Entry point of the module."""
    try:
        run_application(application)
    except SystemExit as ending:
        # A thread that still looks at a photo, or waits for a visitor, must not keep the program.
        os._exit(int(ending.code or 0))
