"""Options of `word2vec train` that others of the same call leave without any effect."""

from collections.abc import Collection, Iterator

from word2vec.train_text import Recipe
from words_and_images.common.errors import UserError

FINDING = ("phrase_scoring", "phrase_threshold", "phrase_min_count", "phrase_discount")
NOISE = ("negative", "noise_exponent", "noise", "group", "shared_negatives")


def refuse_idle(given: Collection[str], recipe: Recipe) -> None:
    """Refuse an option that is given and would change nothing.

    Parameters
    ----------
    given : names of the options that the command line gives.
    recipe : what they and the defaults come to.
    """
    for names, reason in _idle(recipe):
        for name in names:
            if name in given:
                raise UserError(f"{name} is given and changes nothing: {reason}.")


def _idle(recipe: Recipe) -> Iterator[tuple[Collection[str], str]]:
    """Options without effect, and why they have none."""
    phrases = recipe.phrases or "0"
    if not phrases.isdecimal():
        yield FINDING, f"the phrases of {phrases} are found already; leave it out"
    elif int(phrases) == 0:
        yield FINDING, "no phrases are looked for; leave it out, or give --phrases 1 or more"
    if recipe.joined.scoring != "count":
        yield ("phrase_discount",), f"{recipe.joined.scoring} takes no discount; leave it out"
    if recipe.train.subwords is None:
        yield ("buckets",), "words have no n-grams; leave it out, or give --subwords 3-6"
    if recipe.train.loss != "negative_sampling":
        yield NOISE, f"{recipe.train.loss} has no noise words; leave it out"
    elif getattr(recipe.own.of(recipe.model), "noise", "drawn") == "batch":
        yield ("shared_negatives",), "cbow draws none; leave it out, or set --noise drawn"
