"""What a cluster does that loses workers, its scheduler, or its patience."""

import operator
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

pytest.importorskip("distributed", reason="Dask is an extra")

import hosts
import psutil
from dask_processes import (
    dask_processes,
    ending,
    refusing,
    slowly_measured,
    slowly_negated,
)

from words_and_images.common import cluster as clusters
from words_and_images.common.engine import EngineParameters
from words_and_images.common.errors import UserError
from words_and_images.common.running import running


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with (
        dask_processes(tmp_path_factory.mktemp("two"), 2) as processes,
        running(EngineParameters("dask", processes.address)) as cluster,
    ):
        cluster.client.wait_for_workers(2, timeout=30)
        yield cluster


def refusal(address):
    """The sentence by which a cluster is refused."""
    with pytest.raises(UserError) as caught, running(EngineParameters("dask", address)):
        pass
    return str(caught.value)


def test_results_come_in_the_order_of_the_items(two):
    assert list(two.in_order(operator.neg, range(50))) == [-number for number in range(50)]
    assert list(two.in_order(len, [b"x" * size for size in (5, 10**6, 0)], sent=True)) == [
        5, 10**6, 0]
    assert list(two.in_order(operator.neg, [])) == []


def test_items_are_taken_only_a_few_ahead(two):
    taken = []
    items = (taken.append(number) or number for number in range(100))
    results = two.in_order(slowly_negated, items)
    next(results)
    assert len(taken) <= clusters.AHEAD * 2 + 1
    results.close()


def test_what_the_work_refuses_is_refused_here(two):
    with pytest.raises(UserError, match="number is 3; give another."):
        list(two.in_order(refusing, [3]))
    assert list(two.in_order(operator.neg, [1])) == [-1]


@pytest.mark.parametrize("sent", [False, True])
def test_what_a_killed_worker_had_is_done_by_others(tmp_path, sent):
    with (
        dask_processes(tmp_path, 2) as processes,
        running(EngineParameters("dask", processes.address)) as cluster,
    ):
        cluster.client.wait_for_workers(2, timeout=30)
        threading.Timer(0.5, processes.workers[0].kill).start()
        found = (cluster.in_order(slowly_measured, [b"x" * n for n in range(20)], sent=True)
                 if sent else cluster.in_order(slowly_negated, range(20)))
        assert list(map(abs, found)) == list(range(20))
        assert len(cluster.workers()) == 1


def test_work_that_takes_its_workers_with_it_is_one_sentence(tmp_path):
    with (
        dask_processes(tmp_path, clusters.DEATHS + 2) as processes,
        running(EngineParameters("dask", processes.address)) as cluster,
    ):
        cluster.client.wait_for_workers(clusters.DEATHS + 2, timeout=30)
        with pytest.raises(UserError, match="4 workers died over the same piece of work"):
            list(cluster.in_order(ending, [1]))


def test_without_workers_the_wait_has_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "STARTING", 2)
    with dask_processes(tmp_path, 0) as processes:
        assert "has had no worker for 2 s; start some with: dask worker tcp:" in refusal(
            processes.address)
        processes.add_worker()
        monkeypatch.setattr(clusters, "STARTING", 30)
        with running(EngineParameters("dask", processes.address)) as cluster:
            processes.workers[0].kill()
            monkeypatch.setattr(clusters, "STARTING", 2)
            with pytest.raises(UserError, match="has had no worker for 2 s"):
                list(cluster.in_order(slowly_negated, range(20)))


def test_a_scheduler_that_is_killed_is_one_sentence_within_half_a_minute(tmp_path, capfd):
    with (
        dask_processes(tmp_path, 1) as processes,
        running(EngineParameters("dask", processes.address)) as cluster,
    ):
        threading.Timer(0.5, processes.scheduler.kill).start()
        begun = time.monotonic()
        with pytest.raises(UserError, match=f"the scheduler {processes.address} is gone"):
            list(cluster.in_order(slowly_negated, range(100)))
        assert time.monotonic() - begun < 30
    assert "distributed" not in capfd.readouterr().err


def listening() -> set[tuple[str, int]]:
    """Where this process and those that it has started listen."""
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return {tuple(each.laddr) for process in processes
            for each in process.net_connections("tcp") if each.status == psutil.CONN_LISTEN}


def test_a_cluster_that_is_started_here_listens_on_this_computer_alone():
    before = listening()
    with running(EngineParameters("dask", processes=1)) as cluster:
        assert list(cluster.in_order(operator.neg, [1])) == [-1]
        hosts_of_it = {host for host, _ in listening() - before}
    assert hosts_of_it == {"127.0.0.1"}


def test_a_scheduler_that_is_not_there_is_one_sentence(monkeypatch):
    monkeypatch.setattr(clusters, "CONNECTING", 1)
    assert "tcp://127.0.0.1:9 cannot be reached" in refusal("tcp://127.0.0.1:9")


def test_a_worker_that_is_paused_is_waited_for(tmp_path):
    with (
        dask_processes(tmp_path, 2) as processes,
        running(EngineParameters("dask", processes.address)) as cluster,
    ):
        cluster.client.wait_for_workers(2, timeout=30)
        threading.Timer(0.5, processes.workers[0].send_signal, [signal.SIGSTOP]).start()
        threading.Timer(3.5, processes.workers[0].send_signal, [signal.SIGCONT]).start()
        assert list(cluster.in_order(slowly_negated, range(20))) == [-n for n in range(20)]


def test_a_worker_with_other_code_is_refused_before_any_work(two, monkeypatch):
    monkeypatch.setattr(clusters, "versions", lambda: {"numpy": "1.0"})
    with pytest.raises(UserError, match=r"tcp://\S+ has numpy 2\S+ and this process 1"):
        two.check()


def test_a_worker_that_joins_late_with_other_code_is_refused(two, monkeypatch):
    monkeypatch.setattr(two, "_expected", "another")
    with pytest.raises(UserError, match="joined late has another version"):
        list(two.in_order(operator.neg, [1]))


def test_a_worker_without_the_project_is_refused(tmp_path):
    (tmp_path / "elsewhere" / "words_and_images").mkdir(parents=True)
    (tmp_path / "elsewhere" / "words_and_images" / "__init__.py").write_text(
        "raise ModuleNotFoundError('it is not installed')")
    with dask_processes(tmp_path, 0) as processes:
        processes.add_worker(PYTHONPATH=os.pathsep.join(
            [str(tmp_path / "elsewhere"), os.environ.get("PYTHONPATH", "")]))
        assert "the worker tcp:" in (said := refusal(processes.address))
        assert "cannot import this project" in said


def test_what_is_sent_arrives_as_it_is(two):
    for value in ((1, "two"), [3], {"four": 5}, b"six"):
        assert two.result(two.submit(repr, two.send(value))) == repr(value)
    (worker, *_) = two.workers()
    assert two.result(two.submit(len, two.send((1, 2), worker), only=worker)) == 2


# ---- hosts of their own ----


def test_a_host_that_is_cut_off_for_a_while_costs_no_result(tmp_path):
    with hosts.hosts(2) as names:
        if not names:
            pytest.skip("this system makes no network namespaces (that needs Linux and root)")
        with dask_processes(tmp_path, 0, host=hosts.HERE) as processes:
            for name in names:
                processes.add_worker(within=hosts.within(name))
            with running(EngineParameters("dask", processes.address)) as cluster:
                cluster.client.wait_for_workers(2, timeout=30)
                assert len({address.rpartition(":")[0] for address in cluster.workers()}) == 2
                threading.Timer(0.5, hosts.cut, [names[0]]).start()
                threading.Timer(4.5, hosts.join, [names[0]]).start()
                found = cluster.in_order(slowly_measured, [b"x" * n for n in range(40)], sent=True)
                assert list(found) == list(range(40))


# ---- certificates ----


def certificates(folder):
    """An authority, and a certificate that it has signed."""
    commands = (
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=cluster",
        "req -newkey rsa:2048 -nodes -keyout node.key -out node.csr -subj /CN=node",
        "x509 -req -in node.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out node.pem -days 2")
    for command in commands:
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    return [str(folder / name) for name in ("ca.pem", "node.pem", "node.key")]


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificates")
def test_with_certificates_both_sides_know_each_other_and_strangers_are_refused(
        tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "CONNECTING", 2)
    for name in ("own", "strange"):
        (tmp_path / name).mkdir()
    own, strange = (certificates(tmp_path / name) for name in ("own", "strange"))
    options = tuple(part for pair in zip(
        ("--tls-ca-file", "--tls-cert", "--tls-key"), own, strict=True) for part in pair)
    with dask_processes(tmp_path, 1, options, "tls") as processes:
        engine = EngineParameters("dask", processes.address, 0, "sent", *own)
        with running(engine) as cluster:
            assert list(cluster.in_order(len, [b"abc"], sent=True)) == [3]
            assert all(address.startswith("tls://") for address in cluster.workers())
        for wrong in (EngineParameters("dask", processes.address, 0, "sent", *strange),
                      EngineParameters("dask", processes.address.replace("tls", "tcp"))):
            with pytest.raises(UserError, match="cannot be reached"), running(wrong):
                pass


@pytest.mark.parametrize(("changed", "told"), [
    ({"kind": "dusk"}, "kind is 'dusk'; did you mean dask?"),
    ({"scheduler": "10.0.0.1:8786"}, "scheduler is '10.0.0.1:8786'; it must be tcp://host:port"),
    ({"scheduler": "tls://h:1"}, "tls:// needs all three"),
    ({"key": "a.pem"}, "nothing else any of them"),
    ({"files": "copied"}, "files is 'copied'; choose from sent, shared."),
    ({"processes": -1}, "processes is -1; it must be 0 or more"),
])
def test_an_engine_that_cannot_be_is_one_sentence(changed, told):
    with pytest.raises(UserError) as caught:
        EngineParameters(**{"kind": "dask", **changed})
    assert told in str(caught.value)


def test_a_certificate_that_is_not_there_is_one_sentence():
    engine = EngineParameters("dask", "tls://127.0.0.1:9", 0, "sent", "no.pem", "no.pem", "no.key")
    with pytest.raises(UserError, match="ca_file is 'no.pem', which is no file"), running(engine):
        pass


def test_dask_without_its_extra_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    told = r"needs distributed, which is not installed; .*\[cluster\]"
    with pytest.raises(UserError, match=told), running(EngineParameters("dask")):
        pass
