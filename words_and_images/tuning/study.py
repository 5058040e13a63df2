"""A search: sets of values are tried, and the best confirmed with seeds that chose nothing.

The score that made a set the best of many is too good, by chance (the winner's curse). So the best
ones and the defaults are scored again with more seeds, and only these scores tell by how much one
is better. Two things make that uncertain: the seed, and which examples there are to be scored on.
The interval of the mean difference d of two sets of values, each scored with the same k seeds on
the same n examples, is

    d +- sqrt((t s / sqrt(k))^2 + (z r / sqrt(n))^2)

with s the standard deviation of the difference over seeds, t Student's quantile of k - 1 degrees of
freedom, r the standard deviation over examples of the difference that is the mean over seeds, and z
the normal quantile.
"""

import json
import math
import os
import platform
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from words_and_images.common.errors import UserError, counted
from words_and_images.common.extras import refuse_without
from words_and_images.common.progress import progress, say
from words_and_images.tuning.parameters import SearchParameters
from words_and_images.tuning.space import Space, Values, described, suggested

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial, Trial

Item = TypeVar("Item")
Result = TypeVar("Result")

BEST = 3  # sets of values that are confirmed
LEVEL = 0.95  # of intervals
STARTUP = 10  # trials at random, before the sampler and the pruning have something to go by
LARGEST_GRID = 10_000  # sets of values
JOURNAL = "journal.log"  # of Optuna, in a study's folder
STUDY_FILE = "study.json"
LINE = b'{"op_code"'  # how it begins
NAME = "search"  # of the study in its journal
WHOLE, PRUNED, FAILED = "whole", "pruned", "failed"  # how a trial ended
NO_BETTER = "no better than the defaults"
GRACE = 5  # seconds after which the lock of a killed process, held for one line, is taken away
LOOK = 1.0  # seconds between two looks at whether other processes have come to their end


@dataclass(frozen=True)
class Score:
    """What a set of values has scored so far.

    Parameters
    ----------
    value : the higher the better.
    also : other numbers of interest, by name.
    outcomes : (examples,) what is scored on each, whose mean is the value, if there are any.
    """

    value: float
    also: Mapping[str, float] = field(default_factory=dict)
    outcomes: NDArray[np.float32] | None = None


# Scores a set of values with a seed: after each part of the work (a fold, an epoch) the score so
# far; one that is not finite for what cannot be scored. May be called from several threads, and is
# closed where a trial is pruned.
Evaluate = Callable[[Values, int], Generator[Score, None, None]]


class Elsewhere(Protocol):
    """Processes that score trials, each of which has one at a time."""

    def __len__(self) -> int:
        """How many."""

    def stop(self) -> None:
        """End all trials that they are at."""


# The scores of a trial part by part, its seconds, and whether it was pruned.
_Scored = tuple[list[Score], float, bool]


@dataclass(frozen=True)
class Tried:
    """A trial.

    Parameters
    ----------
    number : its place in the search, from 0 on; -1: the defaults, where the space lacks them.
    state : WHOLE, PRUNED or FAILED.
    course : the scores so far, after each part.
    also : other numbers of the last score.
    """

    number: int
    values: Values
    state: str
    course: tuple[float, ...]
    also: dict[str, float]
    seconds: float

    @property
    def score(self) -> float:
        """That of all parts."""
        return self.course[-1]


@dataclass(frozen=True)
class Confirmed:
    """What a set of values has scored with further seeds.

    Parameters
    ----------
    number : of its trial.
    scores : one a seed.
    difference, interval : how much more than the defaults, and from where to where; None where
        there are too few seeds to tell, and for the defaults.
    """

    number: int
    values: Values
    scores: tuple[float, ...]
    difference: float | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Study:
    """A search that has come to its end, or so far.

    Parameters
    ----------
    measure : what the score is, in words.
    space : which values could be tried, as it is written in a file.
    defaults : the trial of the values that parameters have otherwise.
    tried : in their order.
    confirmed : the best ones, the best first, and the defaults last; empty without further seeds.
    identity : what the study is of.
    """

    measure: str
    space: dict[str, Any]
    defaults: Tried | None
    tried: tuple[Tried, ...]
    confirmed: tuple[Confirmed, ...]
    identity: dict[str, Any]

    @property
    def best(self) -> Values | None:
        """The values to keep: None, where none are better than the defaults by all that is known.

        Without further seeds these are the ones that scored best.
        """
        if not self.confirmed:
            whole = ranked(self.tried)
            better = bool(whole) and (self.defaults is None
                                      or whole[0].score > self.defaults.score)
            return whole[0].values if better else None
        first = self.confirmed[0]
        return first.values if first.interval and first.interval[0] > 0 else None

    @property
    def verdict(self) -> str:
        """What came out, in a sentence."""
        if not any(each.state == WHOLE for each in self.tried):
            return "nothing was tried to its end"
        if not self.confirmed:
            found = "the best scored higher than the defaults" if self.best else NO_BETTER
            return f"{found}, with one seed, which is not confirmed"
        first = self.confirmed[0]
        if first.difference is None or first.interval is None:
            return (NO_BETTER if len(first.scores) > 1 or first.number == _number(self.defaults)
                    else "one more seed cannot tell whether it is better than the defaults")
        low, high = first.interval
        told = (f"{first.difference:+.4f} in {self.measure}, {100 * LEVEL:.0f} % interval "
                f"{low:+.4f} to {high:+.4f}")
        return f"better than the defaults: {told}" if self.best else f"{NO_BETTER}: {told}"

    def rows(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "measure": self.measure, "space": self.space, "verdict": self.verdict,
            "best": self.best,
            "defaults": self.defaults and _row(self.defaults),
            "trials": [_row(each) for each in self.tried],
            "confirmed": [vars(each) for each in self.confirmed],
            "identity": self.identity,
        }


def _number(tried: Tried | None) -> int | None:
    return tried.number if tried else None


def _row(tried: Tried) -> dict[str, Any]:
    score = tried.score if tried.state == WHOLE else None
    return {**vars(tried), "score": score}


def ranked(tried: Sequence[Tried]) -> list[Tried]:
    """Those that were tried to their end, the best first, without repetitions."""
    whole = sorted((each for each in tried if each.state == WHOLE),
                   key=lambda each: (-each.score, each.number))
    found: dict[str, Tried] = {}
    for each in whole:
        found.setdefault(json.dumps(each.values, sort_keys=True), each)
    return list(found.values())


def difference_of(
    some: Sequence[Score], others: Sequence[Score]
) -> tuple[float, tuple[float, float] | None]:
    """How much more some score than others with the same seeds, and the interval of that.

    None instead of an interval for fewer than two seeds.
    """
    from scipy.stats import norm, t

    by_seed = np.array([one.value - other.value
                        for one, other in zip(some, others, strict=True)])
    mean, seeds = float(by_seed.mean()), len(by_seed)
    if seeds < 2:
        return mean, None
    wide = float(t.ppf((1 + LEVEL) / 2, seeds - 1)) * by_seed.std(ddof=1) / math.sqrt(seeds)
    outcomes = [(one.outcomes, other.outcomes) for one, other in zip(some, others, strict=True)]
    by_example = np.mean([one - other for one, other in outcomes
                          if one is not None and other is not None] or [np.zeros(2)], axis=0)
    if len(by_example) > 1:
        by_chance = (float(norm.ppf((1 + LEVEL) / 2)) * by_example.std(ddof=1)
                     / math.sqrt(len(by_example)))
        wide = math.hypot(wide, by_chance)
    return mean, (mean - float(wide), mean + float(wide))


class Search:
    """A search whose trials are kept in a folder, from where a later one goes on.

    Parameters
    ----------
    evaluate : scores a set of values.
    space : of them.
    defaults : the values of the same parameters otherwise.
    parameters : SearchParameters
    folder : of the study; several processes may search with one at the same time.
    measure : what the score is, in words.
    identity : what else a trial's score depends on, for JSON, such as a hash of the data.
    side_by_side : trials at once, in threads.
    workers : of a cluster on which `evaluate` scores; then so many trials as there are of them.

    Raises
    ------
    UserError
        Without Optuna, for a folder of something else, and for a study of another identity.
    """

    def __init__(
        self, evaluate: Evaluate, space: Space, defaults: Values, parameters: SearchParameters,
        folder: Path, measure: str, identity: dict[str, Any], side_by_side: int = 1,
        workers: Elsewhere | None = None,
    ) -> None:
        self._evaluate, self._space, self._defaults = evaluate, space, defaults
        self._parameters, self._folder, self._measure = parameters, folder, measure
        self._identity = json.loads(json.dumps(
            {**identity, "space": described(space), "defaults": defaults,
             "seed": parameters.seed, "sampler": parameters.sampler}))
        self._side_by_side = side_by_side if workers is None else max(1, len(workers))
        self._workers, self._stopped = workers, False
        self._confirmed: tuple[Confirmed, ...] = ()
        self._study = _opened(folder)
        self._claim()

    def run(self, keep: Callable[[Study], None], joined: bool = False) -> Study:
        """Search to the end.

        Parameters
        ----------
        keep : is given the study now and then, and where the search is interrupted.
        joined : whether another process leads the search: the end is left to it.
        """
        try:
            self._try_all(keep)
            if not joined:
                self._wait_for_others()
                if self.study().defaults is None:
                    self._try_defaults()
                self._confirm()
        except BaseException as error:
            self._fail(lambda trial: trial.user_attrs.get("process") == _process())
            study = self.study()
            with suppress(OSError, UserError):  # what ended it is told
                keep(study)
            if not isinstance(error, Exception):  # Ctrl-C and its kind
                self._tell_the_best(study)
            raise
        study = self.study()
        keep(study)
        return study

    def study(self) -> Study:
        """What is known so far."""
        from optuna.trial import TrialState

        tried = tuple(_tried(trial) for trial in self._study.get_trials(
            deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)))
        outside = self._study.user_attrs.get("defaults")
        defaults = (Tried(**{**outside, "course": tuple(outside["course"])}) if outside else
                    next((each for each in tried if each.values == self._defaults
                          and each.state == WHOLE), None))
        return Study(self._measure, described(self._space), defaults, tried, self._confirmed,
                     self._identity)

    # ---- trials ----

    def _claim(self) -> None:
        """See that the study is of this search, begin it, or free what killed processes had."""
        kept = self._study.user_attrs.get("identity")
        if kept is None:
            self._study.set_user_attr("identity", self._identity)
            with suppress(ValueError):  # the space does not have the defaults
                self._study.enqueue_trial(
                    {name: self._space[name].known(value)
                     for name, value in self._defaults.items()})
        elif kept != self._identity:
            other = sorted(name for name in {*kept, *self._identity}
                           if kept.get(name) != self._identity.get(name))
            raise UserError(f"{self._folder} is a study with another {' and '.join(other)}; name "
                            "another place, or remove it.")
        if self._parameters.sampler == "grid":
            self._line_up()
        self._fail(_is_dead)

    def _fail(self, whose: "Callable[[FrozenTrial], bool]") -> None:
        """Give up trials that have not ended, and line up their values to be tried again."""
        from optuna.trial import TrialState

        for trial in self._running():
            if whose(trial):
                self._study.tell(trial.number, state=TrialState.FAIL)
                if trial.params:
                    self._study.enqueue_trial(trial.params)

    def _try_all(self, keep: Callable[[Study], None]) -> None:
        begun = time.monotonic()
        seconds = 60 * self._parameters.minutes or math.inf
        done = self._counted()
        if done:
            say(f"going on with {counted(done, 'trial')} of {self._folder}")
        with (progress("searching", self._parameters.trials - done, "trials") as counter,
              ThreadPoolExecutor(self._side_by_side) as threads):
            while ((left := self._parameters.trials - self._counted()) > 0
                   and time.monotonic() - begun < seconds):
                trials = self._ask(min(left, self._side_by_side))
                if not trials:
                    return  # of a grid all are tried
                with closing(self._each(self._try, trials, threads)) as scored:
                    for trial, found in zip(trials, scored, strict=True):
                        self._tell(trial, *found)
                study = self.study()
                best = ranked(study.tried)
                counter.advance(len(trials), f"best {best[0].score:.4f}" if best else "")
                keep(study)

    def _each(
        self, work: Callable[[Item], Result], items: Sequence[Item], threads: ThreadPoolExecutor
    ) -> Generator[Result, None, None]:
        """The results of work side by side; one alone in this thread, where Ctrl-C ends it at once.
        """
        if min(len(items), self._side_by_side) == 1:
            yield from map(work, items)
            return
        running = [threads.submit(work, item) for item in items]
        try:
            for each in running:
                yield each.result()
        except BaseException:
            self._stopped = True  # the others end after their part
            if self._workers is not None:
                self._workers.stop()
            for each in running:
                each.cancel()
            raise

    def _wait_for_others(self) -> None:
        """Until the trials of other processes have ended."""
        others = self._running()
        if others:
            say(f"waiting for {counted(len(others), 'trial')} of other processes")
        while self._running():
            time.sleep(LOOK)
            self._fail(_is_dead)

    def _running(self) -> "list[FrozenTrial]":
        from optuna.trial import TrialState

        return self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))

    def _counted(self) -> int:
        """Trials that have been, or are being, tried; not those of which a kill was the end."""
        from optuna.trial import TrialState

        return len(self._study.get_trials(deepcopy=False, states=(
            TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)))

    def _ask(self, count: int) -> "list[Trial]":
        """The next trials, which are the same whenever all before them are known."""
        trials = []
        for _ in range(count):
            number = len(self._study.get_trials(deepcopy=False))
            self._study.sampler = self._sampler(number)
            if self._parameters.sampler == "grid" and not self._waiting():
                break
            trial = self._study.ask()
            trial.set_user_attr("process", _process())
            trial.set_user_attr("values", suggested(self._space, trial))
            trials.append(trial)
        return trials

    def _sampler(self, number: int) -> Any:
        """The sampler of the trial of that number, whose draws are its own."""
        from optuna.samplers import RandomSampler, TPESampler

        seed = int(np.random.default_rng((self._parameters.seed, number)).integers(1 << 31))
        if self._parameters.sampler == "tpe":
            return TPESampler(n_startup_trials=STARTUP, multivariate=True, seed=seed)
        return RandomSampler(seed)

    def _waiting(self) -> bool:
        """Whether trials are left whose values are given."""
        from optuna.trial import TrialState

        return bool(self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,)))

    def _line_up(self) -> None:
        """Put the values of a grid in a line, in an order that is drawn."""
        grid = [each.grid() for each in self._space.values()]
        size = math.prod(map(len, grid))
        if size > LARGEST_GRID:
            raise UserError(f"sampler is 'grid' and the grid has {size:,} sets of values; give a "
                            f"smaller space (at most {LARGEST_GRID:,}), or sampler tpe.")
        order = np.random.default_rng(self._parameters.seed).permutation(size)
        for place in order[: self._parameters.trials]:
            places = np.unravel_index(place, [len(values) for values in grid])
            self._study.enqueue_trial(
                {name: values[int(at)]
                 for name, values, at in zip(self._space, grid, places, strict=True)},
                skip_if_exists=True)

    def _try(self, trial: "Trial") -> _Scored:
        begun, scores, pruned = time.monotonic(), list[Score](), False
        with closing(self._evaluate(trial.user_attrs["values"], self._parameters.seed)) as parts:
            for score in parts:
                scores.append(score)
                if not math.isfinite(score.value) or self._stopped:
                    break
                trial.report(score.value, len(scores))
                pruned = self._parameters.prune and trial.should_prune()
                if pruned:
                    break
        return scores, time.monotonic() - begun, pruned

    def _tell(self, trial: "Trial", scores: list[Score], seconds: float, pruned: bool) -> None:
        from optuna.trial import TrialState

        trial.set_user_attr("seconds", seconds)
        if not scores or not math.isfinite(scores[-1].value):
            trial.set_user_attr("failed", True)  # from one that was pruned the sampler learns
            self._study.tell(trial, state=TrialState.PRUNED)
            return
        trial.set_user_attr("also", dict(scores[-1].also))
        if pruned:
            self._study.tell(trial, state=TrialState.PRUNED)
        else:
            self._study.tell(trial, scores[-1].value)

    def _try_defaults(self) -> None:
        """Score the defaults, which the space does not have, or were not reached."""
        begun = time.monotonic()
        scores = list(self._evaluate(self._defaults, self._parameters.seed))
        if not scores or not math.isfinite(scores[-1].value):
            return
        self._study.set_user_attr("defaults", {
            "number": -1, "values": self._defaults, "state": WHOLE,
            "course": [score.value for score in scores], "also": dict(scores[-1].also),
            "seconds": time.monotonic() - begun})

    # ---- further seeds ----

    def _confirm(self) -> None:
        """Score the best, and the defaults, with seeds that have chosen nothing."""
        study, seeds = self.study(), self._parameters.confirm
        best = ranked(study.tried)[:BEST]
        if not seeds or not best or study.defaults is None:
            return
        others = [each for each in best if each.values != study.defaults.values]
        wanted = [(each, further) for each in (*others, study.defaults)
                  for further in range(1, seeds + 1)]
        scores: dict[int, list[Score]] = {}
        with (progress("confirming", len(wanted), "trainings") as counter,
              ThreadPoolExecutor(self._side_by_side) as threads,
              closing(self._each(self._scored_with, wanted, threads)) as scored_with):
            for (each, further), score in zip(wanted, scored_with, strict=True):
                self._keep_score(each, further, score)
                scores.setdefault(each.number, []).append(score)
                counter.advance()
        # With a further seed learning may diverge where it did not.
        scored = {number: of_seeds for number, of_seeds in scores.items()
                  if np.isfinite(_values(of_seeds)).all()}
        usual = scored.get(study.defaults.number)
        if usual is None:
            return
        found = [Confirmed(each.number, each.values, _values(scored[each.number]),
                           *difference_of(scored[each.number], usual))
                 for each in others if each.number in scored]
        found.sort(key=lambda each: -float(np.mean(each.scores)))
        defaults = Confirmed(study.defaults.number, study.defaults.values, _values(usual))
        self._confirmed = (*found, defaults)

    def _scored_with(self, wanted: tuple[Tried, int]) -> Score:
        """What a set of values scores with a further seed, which the journal may have."""
        tried, further = wanted
        kept = self._study.user_attrs.get(_further(tried, further))
        if kept:
            outcomes = kept["outcomes"]
            return Score(kept["value"], kept["also"],
                         None if outcomes is None else np.array(outcomes, np.float32))
        last = Score(math.nan)
        with closing(self._evaluate(tried.values, self._parameters.seed + further)) as parts:
            for score in parts:
                last = score
                if self._stopped:
                    break
        return last

    def _keep_score(self, tried: Tried, further: int, score: Score) -> None:
        """Write it into the journal, if it is not there."""
        name = _further(tried, further)
        if math.isfinite(score.value) and name not in self._study.user_attrs:
            self._study.set_user_attr(name, {
                "value": score.value, "also": dict(score.also),
                "outcomes": None if score.outcomes is None else score.outcomes.tolist()})

    def _tell_the_best(self, study: Study) -> None:
        best = ranked(study.tried)
        told = (f"the best so far scored {best[0].score:.4f} with {json.dumps(best[0].values)}"
                if best else "nothing was tried to its end")
        say(f"{told}; {counted(len(study.tried), 'trial')} kept in {self._folder}, from where the "
            "same command goes on")


def _further(tried: Tried, further: int) -> str:
    """By what name the journal has a score."""
    return f"{tried.number} with seed +{further}"


def _values(scores: Sequence[Score]) -> tuple[float, ...]:
    return tuple(score.value for score in scores)


def _tried(trial: "FrozenTrial") -> Tried:
    states = {"COMPLETE": WHOLE, "PRUNED": PRUNED}
    course = tuple(value for _, value in sorted(trial.intermediate_values.items()))
    state = FAILED if trial.user_attrs.get("failed") else states[trial.state.name]
    return Tried(trial.number, trial.user_attrs["values"], state, course,
                 trial.user_attrs.get("also", {}), trial.user_attrs.get("seconds", 0.0))


def _opened(folder: Path) -> "optuna.Study":
    """The study of a folder, begun where there is none."""
    refuse_without("optuna")
    import warnings

    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / JOURNAL
    name = str(path.absolute())  # the age of a lock is looked up where its link leads to
    lock = JournalFileSymlinkLock(name, GRACE)
    try:
        lock.acquire()
        try:
            _drop_half_a_line(path)
        finally:
            lock.release()
        return optuna.create_study(
            storage=JournalStorage(JournalFileBackend(name, lock)), study_name=NAME,
            load_if_exists=True, direction="maximize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is no journal of a study ({error}); remove {folder}, or name "
                        "another place.") from None


def _drop_half_a_line(path: Path) -> None:
    """A process that was killed while it wrote left a line without an end.

    ValueError for what does not begin as a journal does: Optuna would write into it.
    """
    content = path.read_bytes() if path.exists() else b""
    if not content.startswith(LINE[: len(content)]):
        raise ValueError(f"it begins with {content[:len(LINE)]!r}")
    if content and not content.endswith(b"\n"):
        os.truncate(path, content.rfind(b"\n") + 1)


def _process() -> list[Any]:
    """Which process this is."""
    import psutil

    return [platform.node(), os.getpid(), psutil.Process().create_time()]


def _is_dead(trial: "FrozenTrial") -> bool:
    """Whether the process that had a trial is no more; one elsewhere cannot be told."""
    import psutil

    node, pid, created = trial.user_attrs.get("process", [platform.node(), 0, 0.0])
    if node != platform.node():
        return False
    try:
        return bool(psutil.Process(pid).create_time() != created)
    except psutil.NoSuchProcess:
        return True
