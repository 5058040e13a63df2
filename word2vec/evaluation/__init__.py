"""Vectors in, scores and pictures out: analogy questions, judged word pairs, maps of words."""

from typing import TYPE_CHECKING

from words_and_images.common.exports import on_demand

if TYPE_CHECKING:
    from word2vec.evaluation.evaluation import EvaluateParameters, evaluate
    from word2vec.evaluation.plots import COUNTRIES_AND_CAPITALS, pair_rows, plot_pairs
    from word2vec.evaluation.word_map import WordMap, locate_words, map_table
else:
    __getattr__, __dir__ = on_demand(__name__)
