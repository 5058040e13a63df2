"""Backbones by name and by address, fetched from a server of our own; nobody else is asked."""

import hashlib
import io
import socket
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from vision.backbones import BackboneRecord, handles, load_backbone, normalise_backbone
from vision.backbones.record import OpenedBackbone
from words_and_images.common import catalogue, fetching
from words_and_images.common.catalogue import Source
from words_and_images.common.errors import UserError
from words_and_images.common.fetching import CACHE_VARIABLE, MIRROR_VARIABLE, cache_folder

SIZE = 75  # the smallest image of Inception-v3
NO_TOP = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"
HANDLE = "google/imagenet/quarters/feature_vector/5"
PAGE = b"<!DOCTYPE html><html><body>Sign in to go on</body></html>"


# --- A server that can misbehave ----------------------------------------------------------------

@dataclass
class Answer:
    """What a path answers with; once, where `then` says what follows."""

    content: bytes = b""
    status: int = 200
    location: str = ""
    cut_at: int | None = None  # breaks off after so many bytes of what it announced
    says_length: bool = True
    then: "Answer | None" = None


@dataclass
class Request:
    path: str
    query: str
    range: str | None


class Server(ThreadingHTTPServer):
    """Answers by path, and remembers what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Answer] = {}
        self.requests: list[Request] = []
        self.address = f"http://127.0.0.1:{self.server_port}"

    def url(self, path: str, answer: Answer) -> str:
        """Let a path answer so; its address."""
        self.answers[f"/{path}"] = answer
        return f"{self.address}/{path}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:  # noqa: N802
        address = urlsplit(self.path)
        wanted = self.headers.get("Range")
        self.server.requests.append(Request(address.path, address.query, wanted))
        answer = self.server.answers.get(address.path, Answer(status=404))
        if answer.then is not None:
            self.server.answers[address.path] = answer.then
        if answer.status == 404:
            self.send_error(404)
            return
        first = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if first > len(answer.content):
            self.send_error(416)
            return
        self.send_response(206 if first else answer.status)
        if answer.location:
            self.send_header("Location", answer.location)
        if first:
            last = len(answer.content) - 1
            self.send_header("Content-Range", f"bytes {first}-{last}/{last + 1}")
        if answer.says_length:
            self.send_header("Content-Length", str(len(answer.content) - first))
        self.end_headers()
        self.wfile.write(answer.content[first:answer.cut_at])

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """A cache folder of the test's own, no mirror or proxy beside the server, and no second try."""
    monkeypatch.setattr(fetching, "WAITS", ())
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", MIRROR_VARIABLE,
                 "TFHUB_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def nobody_else_is_asked(monkeypatch) -> Iterator[None]:
    """Let no other host be looked up or connected to."""
    asked = []

    def guarded(real: Callable, place: int) -> Callable:
        def call(*arguments, **named):
            host = arguments[place]
            host = host[0] if isinstance(host, tuple) else host
            if host not in ("127.0.0.1", "localhost"):
                asked.append(host)
                raise OSError(f"{host} was asked for")
            return real(*arguments, **named)
        return call

    monkeypatch.setattr(socket, "getaddrinfo", guarded(socket.getaddrinfo, 0))
    monkeypatch.setattr(socket.socket, "connect", guarded(socket.socket.connect, 1))
    yield
    assert asked == []


def kept(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.rglob("*") if path.is_file())


def normalise(source: str, folder: Path) -> BackboneRecord:
    """`normalise_backbone`, after which no file stands beside the result."""
    record = normalise_backbone(source, folder)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    return record


def refusal(source: str, folder: Path) -> str:
    """The one sentence with which a source is refused; no backbone is left behind."""
    with pytest.raises(UserError) as caught:
        normalise_backbone(source, folder)
    assert not folder.parent.exists() or list(folder.parent.iterdir()) == []
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".") and ". " not in message
    return message


# --- Keras' weights of Inception-v3, by name -----------------------------------------------------

@dataclass
class KerasWeights:
    """The file as Keras Applications serves it, with other weights."""

    content: bytes = field(repr=False)

    @property
    def md5(self) -> str:
        return hashlib.md5(self.content).hexdigest()


@pytest.fixture(scope="module")
def keras_weights(tmp_path_factory) -> KerasWeights:
    """Inception-v3 without its top, untrained, in the format before Keras 3."""
    import h5py
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    from vision.backbones.runtime import tf

    tf.keras.utils.set_random_seed(1)
    model = tf.keras.applications.InceptionV3(
        include_top=False, weights=None, input_shape=(SIZE, SIZE, 3))
    path = tmp_path_factory.mktemp("keras") / NO_TOP
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, model)
    return KerasWeights(path.read_bytes())


@pytest.fixture
def publish(server, keras_weights, monkeypatch) -> Callable[[Answer], str]:
    """Let the catalogue's inception_v3 stand on our server, and there answer so."""
    def publish(answer: Answer) -> str:
        url = server.url(f"keras-applications/{NO_TOP}", answer)
        source = Source("inception_v3", "backbone", "about", "MIT", "Szegedy", urls=(url,),
                        md5=keras_weights.md5)
        monkeypatch.setattr(catalogue, "load_catalogue",
                            lambda path=catalogue.CATALOGUE: {source.name: source})
        return url

    return publish


def open_by_name() -> OpenedBackbone:
    """The network by its name, at the smallest size; freezing it would take seconds a test."""
    from vision.backbones.inception import open_inception
    return open_inception(catalogue.find("inception_v3", "backbone"), SIZE)


def test_the_catalogue_fetches_the_file_that_keras_applications_would(monkeypatch):
    """Address, size and md5 of the real file: Keras states the first and the last in its code."""
    import inspect

    from keras.src.applications import inception_v3
    source = catalogue.find("inception_v3", "backbone")
    assert source.urls == (inception_v3.WEIGHTS_PATH_NO_TOP,)
    assert f'file_hash="{source.md5}"' in inspect.getsource(inception_v3)
    assert Path(urlsplit(source.urls[0]).path).name == NO_TOP


def test_inception_v3_is_fetched_by_name_once_and_gives_keras_own_features(
        publish, server, keras_weights, cache, tmp_path):
    from vision.backbones.runtime import tf
    publish(Answer(keras_weights.content))
    record = normalise_backbone("inception_v3", tmp_path / "backbone", image_size=SIZE)
    assert (record.name, record.source, record.feature_width) == (
        "inception_v3", "inception_v3", 2048)
    assert (record.licence, record.citation) == ("MIT", "Szegedy")
    images = np.random.default_rng(1).random((2, SIZE, SIZE, 3), dtype=np.float32)
    path = next(cache.glob(f"*-{NO_TOP}"))
    model = tf.keras.applications.InceptionV3(
        include_top=False, weights=str(path), pooling="avg", input_shape=(SIZE, SIZE, 3))
    expected = model(2 * images - 1, training=False).numpy()
    features = load_backbone(tmp_path / "backbone").features(images)
    # The backbone may round its weights to 8 bits.
    np.testing.assert_allclose(features, expected, atol=0.03 * expected.max())
    open_by_name()
    assert len(server.requests) == 1


def test_keras_weights_that_break_off_are_continued_the_next_time(
        publish, server, keras_weights, cache, tmp_path):
    whole = Answer(keras_weights.content)
    url = publish(Answer(keras_weights.content, cut_at=200_000, then=whole))
    message = refusal("inception_v3", tmp_path / "made" / "backbone")
    assert url in message and "broke" in message and "connect to the network" in message
    open_by_name()
    # What had come by then was kept, but for a block.
    assert server.requests[1].range is not None
    assert 100_000 < int(server.requests[1].range.removeprefix("bytes=").rstrip("-")) <= 200_000
    assert len(kept(cache)) == 1


def test_keras_weights_with_a_wrong_checksum_are_refused_and_not_kept(
        publish, keras_weights, cache, tmp_path):
    damaged = bytearray(keras_weights.content)
    damaged[len(damaged) // 2] ^= 1
    url = publish(Answer(bytes(damaged)))
    message = refusal("inception_v3", tmp_path / "made" / "backbone")
    assert f"{url} does not have the md5 {keras_weights.md5}" in message
    assert "fetch it again" in message
    assert kept(cache) == []
    publish(Answer(keras_weights.content))
    open_by_name()


def test_keras_weights_are_fetched_through_a_redirect(
        publish, server, keras_weights):
    server.url("moved", Answer(keras_weights.content))
    publish(Answer(status=302, location="/moved"))
    open_by_name()
    assert [request.path for request in server.requests] == [
        f"/keras-applications/{NO_TOP}", "/moved"]


@pytest.mark.parametrize(("answer", "told"), [
    (Answer(PAGE), "(a web page came, such as one to log in)"),
    (Answer(b""), "does not have the md5")])
def test_a_web_page_or_nothing_in_place_of_keras_weights_is_refused_and_not_kept(
        publish, cache, tmp_path, answer, told):
    url = publish(answer)
    assert f"{url} {told}" in refusal("inception_v3", tmp_path / "made" / "backbone")
    assert kept(cache) == []


def test_keras_weights_that_are_not_there_name_the_address_the_reason_and_the_alternatives(
        publish, cache, tmp_path):
    url = publish(Answer(status=404))
    message = refusal("inception_v3", tmp_path / "made" / "backbone")
    for part in (url, "HTTP status 404", MIRROR_VARIABLE, "a Keras weights file",
                 "efficientnet_lite2", "TF-Hub handle"):
        assert part in message
    assert kept(cache) == []


def test_a_mirror_folder_stands_in_for_the_network(
        publish, server, keras_weights, tmp_path, monkeypatch):
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / NO_TOP).write_bytes(keras_weights.content)
    monkeypatch.setenv(MIRROR_VARIABLE, str(tmp_path / "mirror"))
    publish(Answer(status=404))
    open_by_name()
    assert server.requests == []


def test_weights_of_another_network_by_the_right_checksum_are_refused(
        server, tmp_path, monkeypatch):
    from vision.backbones.runtime import tf
    model = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(2)])
    model.save_weights(tmp_path / "dense.weights.h5")
    content = (tmp_path / "dense.weights.h5").read_bytes()
    source = Source("inception_v3", "backbone", "about", "MIT",
                    urls=(server.url("dense.weights.h5", Answer(content)),),
                    sha256=hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(catalogue, "load_catalogue",
                        lambda path=catalogue.CATALOGUE: {source.name: source})
    message = refusal("inception_v3", tmp_path / "made" / "backbone")
    assert "does not hold the weights of Inception-v3" in message


# --- TF-Hub handles ------------------------------------------------------------------------------

def packed(folder: Path, name: str = ".") -> bytes:
    """A folder as TF-Hub sends it: a .tar.gz of its content."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        archive.add(folder, arcname=name)
    return stream.getvalue()


@pytest.fixture(scope="module")
def module(small_saved_model) -> bytes:
    """The archive of a module that gives the mean colours of an image's quarters."""
    return packed(small_saved_model)


def quarters(images: np.ndarray) -> np.ndarray:
    return images.reshape(-1, 2, 8, 2, 8, 3).mean(axis=(2, 4)).reshape(-1, 12)


def test_a_handle_is_asked_for_as_tf_hub_asks_once_and_becomes_a_backbone(
        server, module, cache, tmp_path):
    handle = server.url(HANDLE, Answer(module))
    record = normalise(handle, tmp_path / "made" / "backbone")
    assert (record.name, record.source) == (HANDLE, handle)
    assert (record.height, record.width, record.feature_width) == (16, 16, 12)
    images = np.random.default_rng(1).random((3, 16, 16, 3), dtype=np.float32)
    features = load_backbone(tmp_path / "made" / "backbone").features(images)
    np.testing.assert_allclose(features, quarters(images), rtol=1e-2)
    server.answers.clear()
    assert normalise(handle, tmp_path / "again" / "backbone") == record
    assert [request.query for request in server.requests] == ["tf-hub-format=compressed"]
    assert len(kept(cache)) == 1


def test_a_handle_with_a_query_of_its_own_keeps_it(server, module, tmp_path):
    normalise(server.url(HANDLE, Answer(module)) + "?key=1", tmp_path / "made" / "backbone")
    assert server.requests[0].query == "key=1&tf-hub-format=compressed"


def test_a_handle_is_followed_through_redirects(server, module, tmp_path):
    """As tfhub.dev sends on to kaggle.com and that to a store of archives."""
    server.url("store/archive.tar.gz", Answer(module))
    server.url("models/quarters", Answer(status=302, location="/store/archive.tar.gz"))
    handle = server.url(HANDLE, Answer(status=302, location="/models/quarters"))
    record = normalise(handle, tmp_path / "made" / "backbone")
    assert (record.name, record.source) == (HANDLE, handle)
    assert [request.path for request in server.requests][1:] == [
        "/models/quarters", "/store/archive.tar.gz"]


def test_redirects_in_a_circle_are_refused(server, cache, tmp_path):
    handle = server.url(HANDLE, Answer(status=302, location=f"/{HANDLE}"))
    assert f"{handle} cannot be fetched" in refusal(handle, tmp_path / "made" / "backbone")
    assert kept(cache) == []


def test_a_module_packed_with_its_folder_serves_as_well(server, small_saved_model, tmp_path):
    handle = server.url(HANDLE, Answer(packed(small_saved_model, "quarters")))
    assert normalise(handle, tmp_path / "made" / "backbone").feature_width == 12


def test_a_handle_with_the_checksum_of_its_archive_is_verified(server, module, cache, tmp_path):
    right, wrong = hashlib.sha256(module).hexdigest(), "0" * 64
    handle = server.url(HANDLE, Answer(module))
    message = refusal(f"{handle}#sha256={wrong}", tmp_path / "made" / "backbone")
    assert handle in message and f"sha256 {wrong} that backbone.source gives" in message
    assert kept(cache) == []
    record = normalise(f"{handle}#sha256={right}", tmp_path / "made" / "backbone")
    assert record.source == handle


def test_a_module_that_breaks_off_is_continued_the_next_time(server, module, cache, tmp_path):
    half = len(module) // 2
    handle = server.url(HANDLE, Answer(module, cut_at=half, then=Answer(module)))
    message = refusal(handle, tmp_path / "made" / "backbone")
    assert f"{handle} cannot be fetched" in message and "broke off" in message
    assert normalise(handle, tmp_path / "made" / "backbone").feature_width == 12
    assert len(server.requests) == 2 and len(kept(cache)) == 1


def test_a_module_cut_short_without_a_length_is_refused_and_does_not_poison_the_next_try(
        server, module, cache, tmp_path):
    """Such a break cannot be seen while fetching: only the archive tells."""
    cut = Answer(module[:len(module) // 2], says_length=False, then=Answer(module))
    handle = server.url(HANDLE, cut)
    message = refusal(handle, tmp_path / "made" / "backbone")
    assert message.startswith(f"{handle} gives no SavedModel (")
    assert "give the address of" in message
    assert kept(cache) == []
    assert normalise(handle, tmp_path / "made" / "backbone").feature_width == 12


def archive_of(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.mark.parametrize(("content", "reason"), [
    (b"<?xml version='1.0'?><Error/>", "a web page came"),
    (b"", "neither a zip nor a tar"),
    (b"\x00\x01 no archive", "neither a zip nor a tar"),
    (archive_of({"readme.txt": b"no model"}), r"the archive holds no saved_model.pb"),
    (archive_of({"saved_model.pb": b"no protocol buffer"}), "no SavedModel that TensorFlow"),
    (archive_of({"../saved_model.pb": b"outside"}), "leads out of the folder"),
])
def test_what_is_no_saved_model_is_refused_with_the_reason_and_does_not_poison_the_next_try(
        server, module, cache, tmp_path, content, reason):
    handle = server.url(HANDLE, Answer(content, then=Answer(module)))
    message = refusal(handle, tmp_path / "made" / "backbone")
    assert message.startswith(f"{handle} gives no SavedModel (") and reason in message
    # Neither our files nor our folders concern a reader.
    assert str(cache) not in message and "/tmp" not in message
    assert kept(cache) == []
    assert normalise(handle, tmp_path / "made" / "backbone").feature_width == 12


def test_a_handle_that_nobody_serves_names_the_address_the_reason_and_the_alternatives(
        server, cache, tmp_path):
    handle = f"{server.address}/unknown/1"
    message = refusal(handle, tmp_path / "made" / "backbone")
    for part in (f"{handle} cannot be fetched", "HTTP status 404", MIRROR_VARIABLE,
                 "efficientnet_lite2"):
        assert part in message
    assert kept(cache) == []


def test_a_handle_whose_server_is_down_is_refused(tmp_path):
    with Server() as closed:
        handle = f"{closed.address}/{HANDLE}"
    assert f"{handle} cannot be fetched" in refusal(handle, tmp_path / "made" / "backbone")


def test_a_module_in_the_mirror_folder_is_taken_from_there(
        server, module, tmp_path, monkeypatch):
    """Under the name it has in the cache: the last part of its address is only a version."""
    handle = server.url(HANDLE, Answer(module))
    record = normalise(handle, tmp_path / "made" / "backbone")
    cache_folder().rename(tmp_path / "mirror")
    server.answers.clear()
    monkeypatch.setenv(MIRROR_VARIABLE, str(tmp_path / "mirror"))
    assert normalise(handle, tmp_path / "again" / "backbone") == record


# --- Kaggle's handles ----------------------------------------------------------------------------

KAGGLE_HANDLE = "google/quarters/tensorFlow2/feature-vector/1"
COMPRESSED = "tf-hub-format=compressed"


@pytest.fixture
def kaggle(server, monkeypatch) -> Server:
    """Our server in the place of kaggle.com."""
    monkeypatch.setattr(handles, "KAGGLE", server.address)
    return server


@pytest.mark.parametrize("path", [
    f"models/{KAGGLE_HANDLE}",
    "models/google/quarters/frameworks/tensorFlow2/variations/feature-vector/versions/1",
])
def test_an_address_at_kaggle_is_asked_for_as_tf_hub_asks_and_named_by_its_model(
        kaggle, module, tmp_path, path):
    handle = kaggle.url(path, Answer(module))
    record = normalise(handle, tmp_path / "made" / "backbone")
    assert (record.name, record.source) == (KAGGLE_HANDLE, handle)
    assert [(request.path, request.query) for request in kaggle.requests] == [
        (f"/{path}", COMPRESSED)]


def test_the_query_with_which_tf_hub_sends_on_to_kaggle_does_no_harm(kaggle, module, tmp_path):
    handle = kaggle.url(f"models/{KAGGLE_HANDLE}", Answer(module)) + "?tfhub-redirect=true"
    assert normalise(handle, tmp_path / "made" / "backbone").name == KAGGLE_HANDLE
    assert kaggle.requests[0].query == f"tfhub-redirect=true&{COMPRESSED}"


def test_a_short_handle_stands_for_the_address_at_kaggle(kaggle, module, tmp_path):
    kaggle.url(f"models/{KAGGLE_HANDLE}", Answer(module))
    record = normalise(KAGGLE_HANDLE, tmp_path / "made" / "backbone")
    assert (record.name, record.source) == (KAGGLE_HANDLE, KAGGLE_HANDLE)
    assert kaggle.requests[0].path == f"/models/{KAGGLE_HANDLE}"


def test_a_folder_of_a_short_handles_name_wins(kaggle, small_saved_model, tmp_path, monkeypatch):
    (tmp_path / KAGGLE_HANDLE).parent.mkdir(parents=True)
    (tmp_path / KAGGLE_HANDLE).symlink_to(small_saved_model)
    monkeypatch.chdir(tmp_path)
    assert normalise(KAGGLE_HANDLE, tmp_path / "made" / "backbone").feature_width == 12
    assert kaggle.requests == []


def test_kaggles_own_interface_is_asked_where_the_page_has_no_model(kaggle, module, tmp_path):
    """As kagglehub asks."""
    kaggle.url(f"api/v1/models/{KAGGLE_HANDLE}/download", Answer(module))
    assert normalise(KAGGLE_HANDLE, tmp_path / "made" / "backbone").feature_width == 12
    assert [request.path for request in kaggle.requests] == [
        f"/models/{KAGGLE_HANDLE}", f"/api/v1/models/{KAGGLE_HANDLE}/download"]


def test_a_model_that_kaggle_does_not_give_is_named_with_one_reason(kaggle, tmp_path):
    message = refusal(KAGGLE_HANDLE, tmp_path / "made" / "backbone")
    assert message.startswith(f"{kaggle.address}/models/{KAGGLE_HANDLE} cannot be fetched")
    assert message.count("HTTP status 404") == 1


def test_a_model_of_kaggle_is_verified_mirrored_and_fetched_again_as_others(
        kaggle, module, tmp_path, monkeypatch):
    kaggle.url(f"models/{KAGGLE_HANDLE}", Answer(module, cut_at=len(module) // 2,
                                                 then=Answer(module)))
    right, wrong = hashlib.sha256(module).hexdigest(), "0" * 64
    assert "broke off" in refusal(KAGGLE_HANDLE, tmp_path / "made" / "backbone")
    message = refusal(f"{KAGGLE_HANDLE}#sha256={wrong}", tmp_path / "made" / "backbone")
    assert f"sha256 {wrong} that backbone.source gives" in message
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "1").write_bytes(module)
    monkeypatch.setenv(MIRROR_VARIABLE, str(tmp_path / "mirror"))
    kaggle.answers.clear()
    normalise(f"{KAGGLE_HANDLE}#sha256={right}", tmp_path / "made" / "backbone")


@pytest.mark.parametrize(("model", "reason"), [
    ("google/quarters", "does not name one version"),
    ("google/quarters/tensorFlow2/feature-vector", "does not name one version"),
    ("google/quarters/tfLite/feature-vector/1", "is a model for tfLite"),
])
def test_a_handle_of_kaggle_that_is_no_version_for_tensorflow_is_refused_without_asking(
        kaggle, tmp_path, model, reason):
    handle = f"{kaggle.address}/models/{model}"
    assert f"{handle} {reason}" in refusal(handle, tmp_path / "made" / "backbone")
    assert kaggle.requests == []


def test_a_short_handle_without_a_version_is_refused(kaggle, tmp_path):
    message = refusal("google/quarters/tensorFlow2/feature-vector", tmp_path / "made" / "backbone")
    assert "does not name one version" in message and kaggle.requests == []


def test_the_hosts_of_kaggle_are_known_with_and_without_www():
    for host in ("www.kaggle.com", "kaggle.com"):
        address = f"https://{host}/models/{KAGGLE_HANDLE}"
        assert handles.name_of(address) == KAGGLE_HANDLE
        assert handles.downloads_of(address) == (
            f"{address}?{COMPRESSED}",
            f"https://www.kaggle.com/api/v1/models/{KAGGLE_HANDLE}/download")
    assert handles.name_of(f"https://example.org/models/{KAGGLE_HANDLE}").startswith("models/")


# --- TFHUB_CACHE_DIR -----------------------------------------------------------------------------

@pytest.fixture
def hub_cache(tmp_path, monkeypatch) -> Path:
    """The folder in which tensorflow_hub keeps models, of the test's own and not yet there."""
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub" / "cache"))
    return tmp_path / "hub" / "cache"


def resolved_by_tensorflow_hub(handle: str) -> Path:
    import tensorflow_hub
    return Path(tensorflow_hub.resolve(handle))


def test_a_model_that_tensorflow_hub_has_kept_is_taken_without_a_network(
        server, module, hub_cache, cache, tmp_path):
    handle = server.url(HANDLE, Answer(module))
    resolved_by_tensorflow_hub(handle)
    server.answers.clear()
    record = normalise(handle, tmp_path / "made" / "backbone")
    assert (record.name, record.source, record.feature_width) == (HANDLE, handle, 12)
    assert len(server.requests) == 1 and kept(cache) == []


def test_a_model_that_was_fetched_is_found_by_tensorflow_hub_without_a_network(
        server, small_saved_model, hub_cache, tmp_path):
    """Also one that tensorflow_hub could not take itself, as its folder is packed with it."""
    handle = server.url(HANDLE, Answer(packed(small_saved_model, "quarters")))
    normalise(handle, tmp_path / "made" / "backbone")
    server.answers.clear()
    folder = resolved_by_tensorflow_hub(handle)
    assert folder.parent == hub_cache and (folder / "saved_model.pb").is_file()
    assert folder.stat().st_mode & 0o777 == hub_cache.stat().st_mode & 0o777
    assert f"Module: {handle}" in folder.with_name(f"{folder.name}.descriptor.txt").read_text()
    assert normalise(handle, tmp_path / "again" / "backbone").feature_width == 12
    assert len(server.requests) == 1


def test_kaggles_short_handle_is_kept_under_its_address(kaggle, module, hub_cache, tmp_path):
    address = kaggle.url(f"models/{KAGGLE_HANDLE}", Answer(module))
    normalise(KAGGLE_HANDLE, tmp_path / "made" / "backbone")
    kaggle.answers.clear()
    assert resolved_by_tensorflow_hub(address).parent == hub_cache


def test_what_is_to_be_verified_is_not_taken_from_where_it_cannot_be(
        server, module, hub_cache, tmp_path):
    handle = server.url(HANDLE, Answer(module))
    resolved_by_tensorflow_hub(handle)
    wrong = "0" * 64
    assert wrong in refusal(f"{handle}#sha256={wrong}", tmp_path / "made" / "backbone")


def test_what_is_no_model_is_not_kept(server, hub_cache, tmp_path):
    handle = server.url(HANDLE, Answer(PAGE))
    assert "a web page came" in refusal(handle, tmp_path / "made" / "backbone")
    assert not hub_cache.exists()


def test_a_broken_model_that_was_kept_is_named_and_fetched_again_once_it_is_removed(
        server, module, hub_cache, tmp_path):
    handle = server.url(HANDLE, Answer(module))
    folder = resolved_by_tensorflow_hub(handle)
    (folder / "saved_model.pb").write_bytes(b"no protocol buffer")
    message = refusal(handle, tmp_path / "made" / "backbone")
    assert message.startswith(f"{folder}, kept for {handle} in TFHUB_CACHE_DIR, is no SavedModel")
    assert message.endswith("remove it, and it is fetched again.")
    folder.rename(tmp_path / "removed")
    assert normalise(handle, tmp_path / "made" / "backbone").feature_width == 12


def test_a_cache_that_cannot_be_written_is_refused_before_anything_is_fetched(
        server, module, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        monkeypatch.setenv("TFHUB_CACHE_DIR", str(place))
        message = refusal(server.url(HANDLE, Answer(module)), tmp_path / "made" / "backbone")
        assert message == (f"TFHUB_CACHE_DIR is {place}, which cannot be used (it takes no new "
                           "folder); name a folder that can be written, or unset it.")
    assert server.requests == []
