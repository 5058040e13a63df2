"""Training from Python, under the names that gensim gave it."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import InitVar, asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from word2vec.corpus.sentences import (
    LineSentences,
    Sentences,
    count_words,
    encode_sentences,
    refuse_odd_counts,
    refuse_unsuitable,
    vocabulary_of,
)
from word2vec.corpus.vocabulary import Vocabulary
from word2vec.parameters import (
    MODEL_PARAMETERS,
    EncodeParameters,
    SkipgramParameters,
    TrainParameters,
)
from word2vec.training import loop as training
from word2vec.training.continuation import Earlier, unite
from word2vec.training.loop import Trained
from word2vec.training.models import Floats
from word2vec.training.tables import Tables, begin
from word2vec.vectors.formats.vector_files import refuse_place
from word2vec.vectors.subword_vectors import SubwordVectors
from word2vec.vectors.vectors import Similar, WordVectors
from words_and_images.common.errors import UserError, counted, did_you_mean
from words_and_images.common.files import AnyPath, path_of
from words_and_images.common.parameters import build, require
from words_and_images.common.progress import say
from words_and_images.common.workspaces import workspace
from words_and_images.neural.softmax import log_softmax

# gensim's names of our parameters.
NAMES = {"dim": "vector_size", "learning_rate": "alpha", "minimum_learning_rate": "min_alpha",
         "noise_exponent": "ns_exponent", "threads": "workers", "dynamic_window": "shrink_windows",
         "max_words": "max_final_vocab", "max_counted": "max_vocab_size"}
OLD_NAMES = {"size": "vector_size", "iter": "epochs"}  # of gensim 3
# What has no counterpart here: the value that may stand there, and why there is no other.
USUAL: dict[str, tuple[Any, str]] = {
    "hashfxn": (hash, "all that is random follows from seed"),
    "null_word": (0, "what would lie beyond the ends of a sentence is left out, not padded"),
    "trim_rule": (None, "words not to be kept can be left out of the sentences, or of the counts "
                        "for build_vocab_from_freq"),
    "sorted_vocab": (1, "the most frequent words always come first"),
    "batch_words": (10_000, "the tokens of a step follow from the length of the text"),
    "callbacks": ((), "the losses of all epochs are in losses when training has ended"),
    "cbow_mean": (1, "cbow takes the mean of its contexts"),
    "progress_per": (10_000, "progress is told by time"),
    "keep_raw_vocab": (False, "counts of words that are left out are not kept"),
    "word_count": (0, "training begins with the first word"),
    "queue_factor": (2, "there is no queue between reading and training"),
    "report_delay": (1.0, "progress is told every 15 seconds"),
}
OUTPUTS = ("syn1neg", "syn1")  # output vectors, without and with hierarchical softmax
GONE = {
    "score": "there is no likelihood of sentences",
    "scan_vocab": "call build_vocab",
    "prepare_vocab": "call build_vocab",
    "reset_from": "call build_vocab_from_freq with the words and counts of the other model",
    "init_sims": "call wv.get_normed_vectors()",
    "estimate_memory": "two replicas take 16 bytes for each word and dimension",
}

KEPT = "of its words only the composed vectors are kept"
CHOSEN = ("step", "replicas")  # by the text, where nothing is said


class MissingError(UserError, AttributeError):
    """A name of gensim's that has no counterpart; for `hasattr` it is not there."""


@dataclass(eq=False, repr=False)
class Word2Vec:
    """Word vectors of lists of tokens, trained at once where sentences are given.

    The names are those of gensim 4; docs/words.md says what differs.

    Parameters
    ----------
    sentences : lists of tokens: any iterable that can be gone over again. A token is a word, as it
        stands.
    corpus_file : in their place, a text whose lines are sentences of words between white space.
    vector_size : length of a word vector.
    alpha, min_alpha : learning rate at the beginning, the model's own where it is None, and at the
        end.
    window, shrink_windows : largest distance between a centre and its contexts, and whether it is
        drawn from 1 up to that.
    min_count, max_final_vocab : words that occur less often are left out; where more words than
        max_final_vocab would be left, min_count rises.
    max_vocab_size : with more distinct words than this while counting, the rarest are forgotten.
    sample : share of the tokens above which a word is thinned out; None is the model's own.
    seed : one seed gives one result.
    workers : at most so many processes, with the same result; 0 takes one for each core.
    sg : 1 trains skip-gram, 0 CBOW.
    hs, negative, ns_exponent : hierarchical softmax (hs=1, negative=0), or so many noise words for
        each word that is predicted, drawn in proportion to count^ns_exponent.
    epochs : passes over the sentences.
    compute_loss : losses are computed in any case.
    comment : kept with the vectors.
    subwords, buckets : shortest and longest n-gram, as "3-6": a word's vector is the mean of a row
        of its own and of those of its character n-grams, hashed into so many rows, and words never
        seen have vectors, too. gensim's FastText calls them min_n, max_n and bucket.
    cbow_mean, hashfxn, null_word, trim_rule, sorted_vocab, batch_words, callbacks : nothing but
        gensim's default.

    Attributes
    ----------
    wv : WordVectors, the words and their vectors; another object after each training.
    losses : the loss of each epoch so far.
    syn1neg, syn1 : output vectors (words, dim), of negative sampling and of the tree's inner nodes
        with hierarchical softmax.
    corpus_count, corpus_total_words : sentences and tokens that the vocabulary was built from.

    Raises
    ------
    UserError
        For a value that cannot be, and for what are no sentences.
    """

    sentences: InitVar[Sentences | None] = None
    corpus_file: InitVar[Path | str | None] = None
    vector_size: int = 100
    alpha: float | None = None
    window: int = 5
    min_count: int = 5
    max_vocab_size: int | None = None
    sample: float | None = None
    seed: int = 1
    workers: int = 0
    min_alpha: float = 1e-4
    sg: int = 0
    hs: int = 0
    negative: int = 5
    ns_exponent: float = 0.75
    cbow_mean: InitVar[int] = 1
    hashfxn: InitVar[Any] = hash
    epochs: int = 5
    null_word: InitVar[int] = 0
    trim_rule: InitVar[Any] = None
    sorted_vocab: InitVar[int] = 1
    batch_words: InitVar[int] = 10_000
    compute_loss: bool = False
    callbacks: InitVar[Any] = ()
    comment: str | None = None
    max_final_vocab: int | None = None
    shrink_windows: bool = True
    subwords: str | None = None
    buckets: int = 200_000

    def __new__(cls, *_: Any, **given: Any) -> "Word2Vec":
        known = cls.__dataclass_fields__
        for name in given:
            if name not in known:
                remedy = (f"it is called {OLD_NAMES[name]}." if name in OLD_NAMES
                          else did_you_mean(name, known))
                raise UserError(f"Word2Vec has no parameter {name!r}; {remedy}")
        return super().__new__(cls)

    def __post_init__(
        self, sentences: Sentences | None, corpus_file: Path | str | None, cbow_mean: int,
        hashfxn: Any, null_word: int, trim_rule: Any, sorted_vocab: int, batch_words: int,
        callbacks: Any,
    ) -> None:
        refuse_others(cbow_mean=cbow_mean, hashfxn=hashfxn, null_word=null_word,
                      trim_rule=trim_rule, sorted_vocab=sorted_vocab, batch_words=batch_words,
                      callbacks=callbacks)
        for field in fields(self):
            value = getattr(self, field.name)
            setattr(self, field.name, value.item() if isinstance(value, np.generic) else value)
        self._vocabulary: Vocabulary | None = None
        self._vectors: WordVectors | None = None
        self._outputs: Floats = np.zeros((0, 0), np.float32)
        self._trainings = self.corpus_count = self.corpus_total_words = 0
        self.losses: list[float | None] = []
        self.__dict__["load"] = _refuse_load  # who calls it here would go on with the old model
        self._encode_parameters(), self._parameters()  # before any sentence is read
        if sentences is not None or corpus_file is not None:
            self.build_vocab(sentences, corpus_file)
            self.train(sentences, corpus_file, total_examples=self.corpus_count)

    @property
    def wv(self) -> WordVectors:
        """The words and their vectors."""
        if self._vectors is None:
            _refuse_unbuilt()
        return self._vectors

    @property
    def layer1_size(self) -> int:
        """The same as `vector_size`."""
        return self.vector_size

    def build_vocab(
        self, corpus_iterable: Sentences | None = None, corpus_file: Path | str | None = None,
        update: bool = False, progress_per: int = 10_000, keep_raw_vocab: bool = False,
        trim_rule: Any = None,
    ) -> None:
        """Count words and begin with vectors for them.

        Parameters
        ----------
        corpus_iterable, corpus_file : sentences, as for the class.
        update : add the words that are new here, with vectors of their own, and the counts of
            those that are known; without it, all begins anew.
        """
        refuse_others(progress_per=progress_per, keep_raw_vocab=keep_raw_vocab,
                      trim_rule=trim_rule)
        sentences = _source(corpus_iterable, corpus_file)
        counts = count_words(sentences, self._encode_parameters().max_counted)
        self._begin(counts.words, update)
        self.corpus_count, self.corpus_total_words = counts.sentences, counts.tokens

    def build_vocab_from_freq(
        self, word_freq: Mapping[str, int], keep_raw_vocab: bool = False,
        corpus_count: int | None = None, trim_rule: Any = None, update: bool = False,
    ) -> None:
        """The same with counts that are known already, and the number of sentences."""
        refuse_others(keep_raw_vocab=keep_raw_vocab, trim_rule=trim_rule)
        refuse_odd_counts(word_freq)
        self._begin(word_freq, update)
        self.corpus_count, self.corpus_total_words = corpus_count or 0, sum(word_freq.values())

    def train(
        self, corpus_iterable: Sentences | None = None, corpus_file: Path | str | None = None,
        total_examples: int | None = None, total_words: int | None = None,
        epochs: int | None = None, start_alpha: float | None = None,
        end_alpha: float | None = None, word_count: int = 0, queue_factor: int = 2,
        report_delay: float = 1.0, compute_loss: bool = False, callbacks: Any = (),
    ) -> tuple[int, int]:
        """Train on sentences, going on from the vectors as they are.

        Parameters
        ----------
        corpus_iterable, corpus_file : sentences, as for the class.
        total_examples, total_words : what is expected; another number is said.
        epochs, start_alpha, end_alpha : those of the model where they are None.

        Returns
        -------
        Tokens of known words, and all tokens, that were gone over in all epochs.

        Raises
        ------
        UserError
            Before build_vocab, where no token is in the vocabulary, and when learning diverges.
        """
        refuse_others(word_count=word_count, queue_factor=queue_factor, report_delay=report_delay,
                      callbacks=callbacks)
        model, parameters, own = self._parameters(epochs, start_alpha, end_alpha)
        parameters = replace(parameters, seed=self.seed + self._trainings)  # not the same draws
        if self.subwords and self._trainings:
            raise UserError(f"subwords is {self.subwords} and this model is trained: {KEPT}; train "
                            "on all sentences anew.")
        vocabulary, start = self._start()
        if self.subwords:
            none = np.zeros((self.buckets, self.vector_size), np.float32)
            start = Tables(np.concatenate([start.inputs, none]), start.outputs)
        sentences = _source(corpus_iterable, corpus_file)
        with workspace() as folder, gensim_names():
            corpus, counts = encode_sentences(sentences, vocabulary, folder, self.seed)
            _compare(total_examples, counts.sentences, "total_examples")
            _compare(total_words, counts.tokens, "total_words")
            known = len(corpus.ids) * parameters.epochs
            trained = training.train(corpus, model, parameters, own, start=start)
        self._keep(vocabulary, trained.tables, trained.subwords)
        self.losses += trained.losses
        self._trainings += 1
        return known, counts.tokens * parameters.epochs

    def get_latest_training_loss(self) -> float:
        """The loss of the last epoch, per pair (skip-gram) or centre (CBOW); 0 before training."""
        return (self.losses[-1] if self.losses else None) or 0.0

    def predict_output_word(self, context_words_list: Iterable[str], topn: int = 10) -> Similar:
        """The words most probable as the centre of contexts, as CBOW sees it.

        Parameters
        ----------
        context_words_list : words; those without a vector are left out.
        topn : answers wanted.

        Returns
        -------
        list of (word, probability), the most probable first: the softmax of the products of the
        contexts' mean with all output vectors.
        """
        if self.hs:
            raise UserError("hs is 1 and predict_output_word is for negative sampling; train with "
                            "hs=0.")
        require(topn >= 1, "topn", topn, "at least 1")
        given = [context_words_list] if isinstance(context_words_list, str) else [
            *context_words_list]
        rows = [self.wv.index(word) for word in given if word in self.wv]
        if not rows:
            raise UserError(f"none of {given} has a vector; give a context with a known word.")
        hidden = self.wv.vectors[rows].mean(axis=0, dtype=np.float64)
        probabilities = np.exp(log_softmax(self._outputs.astype(np.float64) @ hidden))
        best = np.argsort(-probabilities, kind="stable")[:topn].tolist()
        return [(self.wv.index_to_key[row], float(probabilities[row])) for row in best]

    def save(self, path: AnyPath) -> None:
        """Write a folder with vectors, vocabulary and settings; `load_vectors` reads it too."""
        vocabulary, tables = self._start()
        folder = path_of("path", path)
        refuse_place(os.path.join(folder, ""))  # with a slash at its end any name is a folder's
        model, parameters, own = self._parameters()
        record = {"model": model, "parameters": {**asdict(parameters), **asdict(own)},
                  "settings": asdict(self), "trainings": self._trainings}
        Trained(tables, vocabulary, self.losses, record, self.wv.subwords).save(folder, {
            "source": "sentences", "origins": [], "sentences": self.corpus_count,
            "words": self.corpus_total_words})

    @classmethod
    def load(cls, path: AnyPath) -> "Word2Vec":
        """Open what `save` or ``word2vec train`` wrote, to go on with it."""
        folder = path_of("path", path)
        if folder.is_file():
            raise UserError(f"{folder} is a file and a model is a folder here; vectors of a file "
                            "are opened by word2vec.vectors.load_vectors.")
        earlier = Earlier.load(folder)
        record = earlier.record
        loaded = cls(**record["settings"] if "settings" in record else _settings_of(record))
        loaded._refuse_another_way(record["parameters"], folder)
        inputs, outputs = (np.array(each) for each in (earlier.tables.inputs,
                                                       earlier.tables.outputs))
        loaded._keep(earlier.vocabulary, Tables(inputs, outputs))
        loaded.losses, loaded._trainings = list(record["losses"]), record.get("trainings", 1)
        loaded.corpus_count = record["corpus"].get("sentences", 0)
        loaded.corpus_total_words = record["corpus"].get("words", 0)
        return loaded

    def __repr__(self) -> str:
        words = len(self._vocabulary) if self._vocabulary else 0
        own = self._parameters()[2]
        return (f"Word2Vec<vocab={words}, vector_size={self.vector_size}, "
                f"alpha={own.learning_rate}>")

    def __getattr__(self, name: str) -> Any:
        if name in OUTPUTS:
            return self._output_vectors(name)
        if name in GONE:
            raise MissingError(f"Word2Vec has no {name} here; {GONE[name]}.")
        if not name.startswith("_") and hasattr(WordVectors, name):
            raise MissingError(f"{name} is asked of the vectors: wv.{name}.")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _output_vectors(self, name: str) -> Floats:
        there = OUTPUTS[bool(self.hs)]
        if name != there:
            raise MissingError(f"hs is {self.hs}, so that there is no {name}; ask for {there}.")
        return self._outputs

    def _encode_parameters(self) -> EncodeParameters:
        values = {"min_count": self.min_count or 1, "seed": self.seed,
                  "max_words": self.max_final_vocab, "max_counted": self.max_vocab_size}
        with gensim_names():
            return build(EncodeParameters, values, "Word2Vec")

    def _parameters(
        self, epochs: int | None = None, alpha: float | None = None, min_alpha: float | None = None
    ) -> tuple[str, TrainParameters, SkipgramParameters]:
        """The model and its parameters, as they are now."""
        require(self.sg in (0, 1), "sg", self.sg, "1 for skip-gram, or 0 for cbow")
        own = {"learning_rate": self.alpha if alpha is None else alpha, "sample": self.sample,
               "minimum_learning_rate": self.min_alpha if min_alpha is None else min_alpha}
        values = {
            "dim": self.vector_size, "window": self.window, "seed": self.seed,
            "dynamic_window": bool(self.shrink_windows), "threads": self.workers,
            "noise_exponent": self.ns_exponent, "epochs": self.epochs if epochs is None else epochs,
            "subwords": self.subwords, "buckets": self.buckets, **self._loss()}
        model = "skipgram" if self.sg else "cbow"
        with gensim_names():
            return (model, build(TrainParameters, values, "Word2Vec"), build(
                MODEL_PARAMETERS[model],
                {name: value for name, value in own.items() if value is not None}, "Word2Vec"))

    def _loss(self) -> dict[str, Any]:
        if bool(self.hs) == bool(self.negative):
            both = ("only one of the two is trained here" if self.hs
                    else "nothing would be trained")
            raise UserError(f"hs is {self.hs} and negative is {self.negative}: {both}; set hs=0 "
                            "and negative=5, or hs=1 and negative=0.")
        if self.hs:
            return {"loss": "hierarchical_softmax"}
        return {"loss": "negative_sampling", "negative": self.negative}

    def _begin(self, counts: Mapping[str, int], update: bool) -> None:
        """A vocabulary and vectors to begin with, or more of both."""
        parameters, encode = self._parameters()[1], self._encode_parameters()
        if update:
            self._add(counts, parameters, encode)
            return
        vocabulary = vocabulary_of(counts, encode.min_count, encode.max_words)
        self.losses, self._trainings = [], 0
        self._keep(vocabulary, begin(len(vocabulary), parameters))

    def _add(
        self, counts: Mapping[str, int], parameters: TrainParameters, encode: EncodeParameters
    ) -> None:
        before, tables = self._start()
        if self.hs:
            raise UserError("update is True and hs is 1: the tree is that of the earlier counts; "
                            "train on all sentences anew.")
        if self.subwords:
            raise UserError(f"update is True and subwords is {self.subwords}: {KEPT}; train on all "
                            "sentences anew.")
        kept = [word for word, count in counts.items()
                if word in before.index or count >= encode.min_count]
        vocabulary = unite(before, Vocabulary(kept, np.array([counts[word] for word in kept])))
        more = begin(len(vocabulary), parameters)
        rows = [vocabulary.index[word] for word in before.words]
        more.inputs[rows], more.outputs[rows] = tables.inputs, tables.outputs
        self._keep(vocabulary, more)

    def _keep(
        self, vocabulary: Vocabulary, tables: Tables, subwords: SubwordVectors | None = None
    ) -> None:
        self._vocabulary, self._outputs = vocabulary, tables.outputs
        self._vectors = WordVectors(vocabulary.words, tables.inputs, vocabulary.counts, subwords)
        self._built = self._shape()

    def _shape(self) -> dict[str, int]:
        """What the tables are made for."""
        return {"vector_size": self.vector_size, "sg": self.sg, "hs": self.hs}

    def _start(self) -> tuple[Vocabulary, Tables]:
        """The vocabulary, and the tables as they are now."""
        if self._vocabulary is None:
            _refuse_unbuilt()
        for name, value in self._shape().items():
            if value != self._built[name]:
                raise UserError(f"{name} is {value} and was {self._built[name]} when the "
                                "vocabulary was built; call build_vocab anew.")
        if self.wv.index_to_key != self._vocabulary.words:
            raise UserError(f"wv has {counted(len(self.wv), 'word')} that are not those of the "
                            "vocabulary; add words with build_vocab(..., update=True).")
        return self._vocabulary, Tables(np.asarray(self.wv.vectors), self._outputs)

    def _refuse_another_way(self, recorded: Mapping[str, Any], path: Path) -> None:
        """Refuse to go on in another way than the folder's vectors were trained."""
        _, parameters, own = self._parameters()
        for name, value in {**asdict(parameters), **asdict(own)}.items():
            if name not in CHOSEN and recorded.get(name, value) != value:
                raise UserError(f"{path} was trained with {name} {recorded[name]}, which Word2Vec "
                                "has no parameter for; go on with `word2vec train --continue-from`,"
                                " or ask the vectors with word2vec.vectors.load_vectors.")


def refuse_others(**given: Any) -> None:
    """Refuse values of what has no counterpart, other than those that may stand there."""
    for name, value in given.items():
        usual, reason = USUAL[name]
        if value != usual and (value or usual):
            shown = getattr(value, "__name__", repr(value))
            raise UserError(f"{name} is {shown} and has no counterpart here: {reason}; leave it "
                            "out.")


@contextmanager
def gensim_names() -> Iterator[None]:
    """Errors of a block speak of parameters by their names of gensim's."""
    try:
        yield
    except UserError as error:
        ours = rf"\b({'|'.join(NAMES)})\b"
        raise UserError(re.sub(ours, lambda found: NAMES[found[0]], str(error))) from None


def _refuse_load(*_: Any) -> NoReturn:
    raise UserError("load makes a new model; call it of the class: model = Word2Vec.load(path).")


def _refuse_unbuilt() -> NoReturn:
    raise UserError("this model has no vocabulary yet; call build_vocab first, or give Word2Vec "
                    "sentences.")


def _source(sentences: Sentences | None, corpus_file: Path | str | None) -> Sentences:
    """Where sentences come from."""
    if (sentences is None) == (corpus_file is None):
        given = ("neither sentences nor corpus_file is" if sentences is None
                 else "both sentences and corpus_file are")
        raise UserError(f"{given} given; give one of them.")
    if corpus_file is not None:
        return LineSentences(corpus_file)
    refuse_unsuitable(sentences)
    assert sentences is not None
    return sentences


def _compare(expected: int | None, found: int, name: str) -> None:
    if expected is not None and expected != found:
        say(f"warning: {name} is {expected:,} and {found:,} came; the learning rate follows from "
            "those that came.")


def _settings_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that train in the way of a record that has none."""
    parameters, hs = record["parameters"], record["parameters"]["loss"] == "hierarchical_softmax"
    ours = {NAMES.get(name, name): value for name, value in parameters.items()}
    known = {field.name for field in fields(Word2Vec)} - {"negative"}
    return {**{name: value for name, value in ours.items() if name in known},
            "sg": int(record["model"] == "skipgram"), "hs": int(hs),
            "negative": 0 if hs else parameters["negative"]}
