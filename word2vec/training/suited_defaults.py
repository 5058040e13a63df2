"""What training chooses by the text where a parameter leaves it open, and how far a row may move.

Text of few different words, or short text, is another matter than an encyclopedia. A step then
meets the same rows again and again, all of whose gradients are taken at the same point; with few
words to a row's name every one of them counts. docs/trainer.md has what was measured.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.vocabulary import keep_probabilities
from word2vec.parameters import (
    BLOCK,
    SEGMENT,
    CbowParameters,
    SkipgramParameters,
    TrainParameters,
    in_batch,
)

# Tokens from which a text bears so many replicas; a shorter one learns best with one.
REPLICAS = {1 << 23: 2, 25_000_000: 4, 50_000_000: 8, 250_000_000: 16, 1_000_000_000: 32}
TOGETHER = 1 << 15  # tokens of all replicas' steps, which know nothing of each other, at most
MEETINGS = 8  # of a step's token with its own word, on average, at most
PAIRS = 50  # meetings of each pair of words in the training up to which the rate stays
PAIRS_IN_BATCH = 5  # the same with negatives in the batch, of all words alike
GRADIENTS = 0.7  # of a token's with one word, up to which the rate stays
NOISE_OF_SOFTMAX = 11  # what moves all rows at once counts as so many noise words
STEPS_AN_EPOCH = 64  # at least, where the text has tokens for them
LONGEST_STEP, COMPOSED_STEP = 1 << 12, 1 << 10  # tokens, and with n-grams, at most
COMPOSED_RATE = 0.7  # of skip-gram's, where output rows then move by sums (worker.py)


def suited(
    counts: NDArray[np.int64], tokens: int, parameters: TrainParameters, own: SkipgramParameters
) -> tuple[TrainParameters, float]:
    """The parameters with what suits the text in the place of every 0 that leaves it open.

    Parameters
    ----------
    counts : (words,) how often each word occurs.
    tokens : of the text.
    parameters, own : what both models have in common, and the model's own.

    Returns
    -------
    parameters : with replicas and step.
    damping : what the learning rate is to be multiplied by.
    """
    kept = counts * keep_probabilities(counts, own.sample, parameters.least_kept)
    shares = kept / kept.sum()
    least = BLOCK * own.group if in_batch(parameters, own) else SEGMENT
    replicas = parameters.replicas or suitable_replicas(tokens)
    most = 1 << int(np.log2(max(1, TOGETHER // replicas)))
    longest = COMPOSED_STEP if parameters.subwords else LONGEST_STEP
    step = min(suitable_step(tokens, shares, longest), most)
    chosen = replace(parameters, replicas=replicas, step=parameters.step or max(least, step))
    summed = parameters.subwords and parameters.loss == "negative_sampling"
    slower = COMPOSED_RATE if summed and not isinstance(own, CbowParameters) else 1.0
    return chosen, slower * damping(round(tokens * kept.sum() / counts.sum()), shares, chosen, own)


def suitable_replicas(tokens: int) -> int:
    """How many replicas a text of so many tokens bears.

    Never how many the machine has cores for, so that the result is the same on any.
    """
    return max((number for least, number in REPLICAS.items() if tokens >= least), default=1)


def suitable_step(
    tokens: int, shares: NDArray[np.float64], longest: int = LONGEST_STEP
) -> int:
    """Tokens a step for a text of so many, whose words have these shares: a power of two.

    Large steps are faster, and a short text has too few of them: a 4,096th of the text, between 512
    and 4,096, but no more than leaves it 64 steps. And a step in which a token meets its own word
    more than eight times on average, step * sum of p^2 of them, moves rows too far.

    Parameters
    ----------
    tokens : of the text.
    shares : (words,) p of each word.
    longest : in the place of these 4,096.
    """
    by_length = min(2.0 ** max(round(np.log2(max(tokens, 1) / 4096)), 9), longest)
    by_words = MEETINGS / float(np.sum(shares**2))
    most = min(by_length, by_words, tokens / STEPS_AN_EPOCH)
    return 1 << max(int(np.log2(max(most, 1))), int(np.log2(SEGMENT)))


def damping(
    tokens: int, shares: NDArray[np.float64], parameters: TrainParameters, own: SkipgramParameters
) -> float:
    """What the learning rate is multiplied by, above 0 and at most 1: less for few different words.

    The smallest of

    - V / step with the perplexity V = exp(-sum of p log p), the number of different words: where a
      step meets all rows often, a row's gradients over sqrt(m) (updates.py) move it too far;
    - sqrt(50 / r), with r = tokens * epochs * contexts / V^2, how often the training meets each
      pair of words: smaller steps then come nearer to what there is to learn;
    - sqrt(5 / r) with negatives in the batch, and the number of words in the place of V;
    - sqrt(0.7 / g), with g = contexts * (1 + negative) * the largest p, how many of the gradients
      that a token gets at once are from one and the same row.

    Parameters
    ----------
    tokens : of an epoch, after subsampling.
    shares : (words,) p of each word.
    parameters : with the step.
    own : the model's own.
    """
    met = shares[shares > 0]
    perplexity = float(np.exp(-np.sum(met * np.log(met))))
    contexts = parameters.window + 1 if parameters.dynamic_window else 2 * parameters.window
    pairs = max(1, tokens * parameters.epochs * contexts)
    noise = parameters.negative if parameters.loss == "negative_sampling" else NOISE_OF_SOFTMAX
    gradients = contexts * (1 + noise) * float(shares.max())
    squares = [1.0, (perplexity / parameters.step) ** 2, PAIRS * perplexity**2 / pairs,
               GRADIENTS / gradients]
    if in_batch(parameters, own):
        squares.append(PAIRS_IN_BATCH * len(met) ** 2 / pairs)
    return float(np.sqrt(min(squares)))
