"""A corpus of a few hundred sentences, made by a grammar: words of a kind stand in like places."""

import numpy as np

KINDS: dict[str, tuple[str, ...]] = {
    "animal": ("cat", "dog", "horse", "cow", "sheep", "goat"),
    "person": ("king", "queen", "man", "woman", "boy", "girl"),
    "food": ("bread", "cheese", "apple", "soup", "rice", "fish"),
    "place": ("garden", "field", "house", "castle", "village", "forest"),
    "time": ("morning", "evening", "spring", "summer", "autumn", "winter"),
    "motion": ("walks", "runs", "comes", "goes"),
    "meal": ("eats", "likes", "wants", "finds"),
}
PATTERNS = (
    "the {person} {meal} the {food} in the {time}",
    "the {person} {meal} {food} and {food}",
    "the {animal} {motion} to the {place}",
    "in the {time} the {animal} {motion} through the {place}",
    "the {person} and the {person} live in the {place}",
    "every {time} the {person} {motion} to the {place}",
    "the {animal} of the {person} sleeps in the {place}",
    "the {person} cooks {food} for the {person}",
    "the {person} feeds the {animal} every {time}",
)


def make_sentences(count: int, generator: np.random.Generator) -> list[list[str]]:
    """So many sentences, each a random pattern filled with random words of its kinds."""
    return [_filled(PATTERNS[generator.integers(len(PATTERNS))], generator) for _ in range(count)]


def _filled(pattern: str, generator: np.random.Generator) -> list[str]:
    words = []
    for part in pattern.split():
        kind = KINDS.get(part.strip("{}")) if part.startswith("{") else None
        words.append(kind[generator.integers(len(kind))] if kind else part)
    return words


def kind_of(word: str) -> str | None:
    """The kind of a word; None for what only holds sentences together."""
    return next((kind for kind, words in KINDS.items() if word in words), None)
