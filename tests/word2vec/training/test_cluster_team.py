"""Training on the workers of a cluster gives the bytes of a training on this machine."""

import os
import signal
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

pytest.importorskip("distributed", reason="Dask is an extra")

from word2vec.corpus import EncodedCorpus, encode
from word2vec.parameters import MODEL_PARAMETERS, EncodeParameters, TrainParameters
from word2vec.training import cluster_replicas, cluster_team
from word2vec.training import loop as training
from words_and_images.common.engine import EngineParameters
from words_and_images.common.errors import UserError
from words_and_images.common.running import running

MODELS = ["skipgram", "cbow"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus") / "encoded"
    generator = np.random.default_rng(5)
    words = [f"w{number}" for number in range(1500)]
    shares = 1 / np.arange(1, 1501)
    lines = (" ".join(generator.choice(words, 40, p=shares / shares.sum())) for _ in range(500))
    encode(lines, folder, EncodeParameters(min_count=1, tokens="whitespace"))
    return EncodedCorpus.load(folder)


@pytest.fixture(scope="module")
def cluster():
    with running(EngineParameters("dask", processes=2)) as found:
        yield found


def parameters(**changed):
    return TrainParameters(**{"dim": 8, "epochs": 2, "step": 256, "replicas": 3, **changed})


def train(corpus, model="skipgram", cluster=None, checkpoint=None, **changed):
    return training.train(corpus, model, parameters(**changed), MODEL_PARAMETERS[model](),
                          checkpoint, cluster=cluster)


def same(found, wanted):
    assert found.tables.inputs.tobytes() == wanted.tables.inputs.tobytes()
    assert found.tables.outputs.tobytes() == wanted.tables.outputs.tobytes()
    assert found.losses == wanted.losses and found.record == wanted.record


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("replicas", [1, 2, 3, 5])
def test_the_bytes_are_those_of_this_machine(corpus, cluster, model, replicas):
    same(train(corpus, model, cluster, replicas=replicas), train(corpus, model, replicas=replicas))


@pytest.mark.parametrize("replicas", [2, 3])
def test_workers_that_do_not_read_each_others_memory_give_the_same_bytes(
        corpus, cluster, replicas, monkeypatch):
    monkeypatch.setattr(cluster_team, "machine_of", lambda worker: worker)
    same(train(corpus, cluster=cluster, replicas=replicas), train(corpus, replicas=replicas))


@pytest.mark.parametrize("replicas", [2, 3])
def test_workers_that_do_not_wait_for_each_other_by_themselves_give_the_same_bytes(
        corpus, cluster, replicas, monkeypatch):
    monkeypatch.setattr(cluster_team, "MISSES", 0)
    same(train(corpus, cluster=cluster, replicas=replicas), train(corpus, replicas=replicas))


@contextmanager
def at_round(monkeypatch, number, fault, later=0.01):
    """Have something happen while the workers learn the round of that number.

    On a busy machine `later` seconds can be after the last round; 0 is at once.
    """
    finish, rounds = cluster_team.ClusterTeam._finish_round, []

    def faulty(self):
        rounds.append(self._version)
        if len(rounds) == number:
            event = threading.Timer(later, fault, [sorted(self._placed)])
            (event.start if later else event.run)()
        finish(self)

    monkeypatch.setattr(cluster_team.ClusterTeam, "_finish_round", faulty)
    yield rounds
    assert len(rounds) > number  # the fault fell into the training


def pids(cluster):
    return cluster.client.run(os.getpid)


@pytest.mark.parametrize(("workers", "misses"), [(1, 3), (2, 3), (2, 0)])
def test_a_worker_that_is_killed_changes_no_byte(corpus, monkeypatch, workers, misses, capsys):
    monkeypatch.setattr(cluster_team, "MISSES", misses)
    wanted = train(corpus, epochs=4)
    with running(EngineParameters("dask", processes=workers)) as cluster:
        found = pids(cluster)
        with at_round(monkeypatch, 9,
                      lambda workers: os.kill(found[workers[0]], signal.SIGKILL), later=0):
            same(train(corpus, cluster=cluster, epochs=4), wanted)
    assert "going on from round" in capsys.readouterr().err


def test_a_worker_that_joins_late_is_given_a_share(corpus, monkeypatch):
    wanted, seen = train(corpus, epochs=4), []
    team = cluster_team.ClusterTeam
    prepare, changed = team._prepare, team._changed
    monkeypatch.setattr(cluster_team, "LOOK", 0)
    with (
        running(EngineParameters("dask", processes=1)) as cluster,
        at_round(monkeypatch, 5, lambda _: cluster.client.cluster.scale(2)) as rounds,
    ):
        def noting(self):
            prepare(self)
            seen.append(sorted(map(len, self._placed.values())))

        def waiting(self):
            if len(rounds) == 8:
                cluster.client.wait_for_workers(2, timeout=30)
            return changed(self)

        monkeypatch.setattr(team, "_prepare", noting)
        monkeypatch.setattr(team, "_changed", waiting)
        same(train(corpus, cluster=cluster, epochs=4), wanted)
    assert seen[0] == [3] and seen[-1] == [1, 2]


@pytest.mark.parametrize("patience", [cluster_replicas.PATIENCE, 0.2])
def test_a_worker_that_does_not_answer_for_a_while_is_waited_for(
        corpus, monkeypatch, patience, capsys):
    wanted = train(corpus)
    with running(EngineParameters("dask", processes=2)) as cluster:
        found = pids(cluster)
        cluster.client.run(exec, "from word2vec.training import cluster_replicas\n"
                                 f"cluster_replicas.PATIENCE = {patience}")

        def pause(workers):
            os.kill(found[workers[1]], signal.SIGSTOP)
            time.sleep(3)
            os.kill(found[workers[1]], signal.SIGCONT)

        with at_round(monkeypatch, 5, pause):
            same(train(corpus, cluster=cluster), wanted)
    assert ("for another; going on" in capsys.readouterr().err) == (patience < 3)


def test_what_was_kept_within_an_epoch_is_gone_on_from_by_this_machine_and_the_cluster(
        corpus, cluster, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(cluster_team, "KEPT_ROUNDS", 3)
    wanted = train(corpus)

    class StopError(Exception):
        pass

    def stop(self):
        if self._version == 8:
            raise StopError
        finish(self)

    finish = cluster_team.ClusterTeam._finish_round
    for going_on in (None, cluster):
        monkeypatch.setattr(cluster_team.ClusterTeam, "_finish_round", stop)
        with pytest.raises(StopError):
            train(corpus, cluster=cluster, checkpoint=tmp_path / "kept")
        monkeypatch.setattr(cluster_team.ClusterTeam, "_finish_round", finish)
        same(train(corpus, cluster=going_on, checkpoint=tmp_path / "kept"), wanted)
        assert "going on after epoch 0 and 6 rounds" in capsys.readouterr().err


def test_tables_that_a_worker_has_no_memory_for_are_refused(corpus, cluster, monkeypatch):
    monkeypatch.setattr(cluster_team, "size", lambda _: 5 * 10**15)
    with pytest.raises(UserError, match=r"2 replicas take 5000000\.0 GB and the worker tcp://\S+ "):
        train(corpus, cluster=cluster)


def test_replicas_are_given_out_evenly_and_stay_where_they_are():
    evenly = cluster_team.distributed_evenly
    assert evenly(3, ["a", "b"], {}) == {"a": {0, 2}, "b": {1}}
    assert evenly(3, ["b"], {"a": {0, 2}, "b": {1}}) == {"b": {0, 1, 2}}
    assert evenly(4, ["a", "b"], {"a": {0, 1, 2, 3}}) == {"a": {0, 1}, "b": {2, 3}}
    assert evenly(1, ["a", "b"], {"b": {0}}) == {"a": set(), "b": {0}}


def test_what_was_kept_is_gone_in_the_end(corpus, cluster, tmp_path):
    same(train(corpus, cluster=cluster, checkpoint=tmp_path / "kept"), train(corpus))
    assert not (tmp_path / "kept").exists()
