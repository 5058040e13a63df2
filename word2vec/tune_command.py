"""The command `word2vec tune`."""

import time
from pathlib import Path
from typing import Annotated

import typer

from word2vec.parameters import (
    LOSSES,
    NOISE,
    THRESHOLDS,
    TOKENS,
    EncodeParameters,
    MeasureParameters,
    ModelName,
    OwnParameters,
    PhraseParameters,
    ReadingParameters,
    TrainParameters,
)
from words_and_images.common.commandline import (
    AsJson,
    Engine,
    EngineKind,
    Quiet,
    Scheduler,
    print_json,
)
from words_and_images.common.engine import FILES, EngineParameters
from words_and_images.common.options import Options, given_options, spread_parameters
from words_and_images.common.tables import print_lines
from words_and_images.tuning.parameters import SAMPLERS, SearchParameters


@spread_parameters
def tune_command(
    context: typer.Context,
    corpus: Annotated[str, typer.Argument(
        metavar="CORPUS", help="Text, as for `train`, but no pipe: it is read several times.")],
    out: Annotated[str, typer.Argument(
        metavar="OUT", help="Where the vectors are written, as for `train`; the search is kept in "
        "the folder OUT.study.")],
    search: Annotated[SearchParameters, Options("Search", choices=(("sampler", SAMPLERS),))],
    measure: Annotated[MeasureParameters, Options("Score")],
    reading: Annotated[ReadingParameters, Options("Text")],
    encode: Annotated[EncodeParameters, Options(
        "Text", without=("shuffle",), choices=(("tokens", TOKENS),))],
    joined: Annotated[PhraseParameters, Options(
        "Phrases", without=("passes",), prefix="phrase_", choices=(("scoring", THRESHOLDS),))],
    parameters: Annotated[TrainParameters, Options("Training", choices=(("loss", LOSSES),))],
    own: Annotated[OwnParameters, Options("Training", choices=(("noise", NOISE),))],
    placed: Annotated[EngineParameters, Options(
        "Engine", without=("kind",), prefix="engine_", choices=(("files", FILES),))],
    model: Annotated[ModelName, typer.Option(help="Which model.")] = ModelName.SKIPGRAM,
    phrases: Annotated[str | None, typer.Option(
        metavar="PASSES|FILE", show_default="0", help="Join words to phrases, as for `train`."
    )] = None,
    trials: Annotated[int, typer.Option(
        help="Sets of values that are tried.", rich_help_panel="Search")] = 20,
    space: Annotated[Path | None, typer.Option(
        metavar="FILE", rich_help_panel="Search", show_default="dim, window, negative, sample, "
        "learning_rate, epochs and min_count", help="YAML that says which values are tried: "
        "train.dim: [100, 200], or train.window: {low: 2, high: 10}.")] = None,
    join: Annotated[bool, typer.Option(
        "--join", help="Try sets of values for a search that another process has begun, which "
        "writes the vectors.", rich_help_panel="Search")] = False,
    seed: Annotated[int, typer.Option(
        help="What everything random is drawn from.")] = TrainParameters.seed,
    engine: Engine = EngineKind.LOCAL,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Search for the parameters with which word vectors of CORPUS score best, and train with them.

    What is given as an option and is not in the space stays as it is. A search that is cut off goes
    on when it is begun again.
    """
    from word2vec.idle_options import refuse_idle
    from word2vec.train_text import Recipe
    from word2vec.tune_text import tune_text
    from words_and_images.tuning.tables import study_table, study_text

    recipe = Recipe(model.value, encode, parameters, own, phrases, joined, reading=reading,
                    engine=placed.chosen(engine.value))
    refuse_idle(given_options(context), recipe)
    begun = time.monotonic()
    study = tune_text(corpus, out, recipe, search, measure, space, join)
    if as_json:
        print_json(study.rows())
    else:
        print(study_table(study))
        print_lines("", study_text(study, time.monotonic() - begun))
