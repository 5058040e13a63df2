import io
from dataclasses import replace

import pytest
from PIL import Image

testclient = pytest.importorskip("starlette.testclient", reason="the extra app is not installed")
pytest.importorskip("gradio", reason="the extra app is not installed")

from words_and_images_page.gate import QUESTION_BYTES  # noqa: E402
from words_and_images_page.limits import Limits  # noqa: E402
from words_and_images_page.models import Models  # noqa: E402
from words_and_images_page.server import LOOPBACK, PHOTOS_HELD, make_application  # noqa: E402
from words_and_images_page.workers import Workers  # noqa: E402

TYPE = {"Content-Type": "application/octet-stream"}
LIMITS = Limits(megabytes=0.01, pixels=5000)


def content_of(colour, size=(20, 10)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def client(word_model, photo_model, tmp_path):
    (tmp_path / "example.png").write_bytes(content_of("red"))
    photos = replace(photo_model(LIMITS), examples=[tmp_path / "example.png"])
    application = make_application(Models({"tiny": word_model}, {"tiny": photos}), LIMITS)
    with testclient.TestClient(application, raise_server_exceptions=False) as client:
        yield client


def ask(client, content, path="answer", model="tiny", headers=TYPE):
    return client.post(f"/photos/{path}?model={model}", content=content, headers=headers)


def test_a_photo_is_answered(client):
    response = ask(client, content_of("red"))
    assert response.status_code == 200
    assert response.json()["answer"] == "HOT DOG"


def test_a_map_is_a_picture_within_the_answer(client):
    found = ask(client, content_of("red"), "map").json()
    assert found["picture"].startswith("data:image/png;base64,iVBOR")


@pytest.mark.parametrize("content, sentence", [
    (b"hello", "This file cannot be read as an image"),
    (content_of("red", (100, 51)), "This picture has 100 x 51 pixels; at most 0.005 million")])
def test_no_image_is_one_sentence(client, content, sentence):
    assert ask(client, content).json()["refused"].startswith(sentence)


def test_too_large_a_file_is_refused_whether_or_not_its_length_is_told(client):
    large = b"x" * 10_001
    told = ask(client, large)
    untold = ask(client, iter([large[:6000], large[6000:]]))
    for response in (told, untold):
        assert response.status_code == 413
        assert response.json() == {"refused": LIMITS.too_many_bytes}


def test_an_unknown_classifier_is_refused(client):
    assert ask(client, content_of("red"), model="other").status_code == 404


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:3000", "null"])
def test_other_sites_cannot_ask_for_a_visitor(client, origin):
    headers = {**TYPE, "Origin": origin}
    assert ask(client, content_of("red"), headers=headers).status_code == 403
    allowed = client.options("/photos/answer?model=tiny", headers={
        "Origin": origin, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type"})
    assert allowed.status_code == 403 and "access-control-allow-origin" not in allowed.headers
    asked = client.post("/gradio_api/run/predict", json={}, headers={"Origin": origin})
    assert asked.status_code == 403


def test_the_page_itself_may_ask(client):
    headers = {**TYPE, "Origin": "http://testserver"}
    assert ask(client, content_of("red"), headers=headers).status_code == 200


def test_a_form_cannot_send_a_photo(client):
    for kind in ("text/plain", "multipart/form-data", "application/x-www-form-urlencoded"):
        assert ask(client, content_of("red"), headers={"Content-Type": kind}).status_code == 415


@pytest.mark.parametrize("host, status", [
    ("127.0.0.1:7860", 200), ("localhost", 200), ("[::1]:7860", 200),
    ("evil.example", 403), ("127.0.0.1.evil.example:7860", 403), ("", 403)])
def test_on_loopback_the_page_answers_to_its_own_names_only(word_model, photo_model, host, status):
    application = make_application(Models({"tiny": word_model}, {"tiny": photo_model()}), LIMITS,
                                   LOOPBACK)
    with testclient.TestClient(application) as client:
        assert client.get("/", headers={"Host": host}).status_code == status


def test_more_than_may_wait_is_refused_with_a_sentence(client, monkeypatch):
    monkeypatch.setattr(Workers, "full", True)
    for path in ("answer", "map"):
        response = ask(client, content_of("red"), path)
        assert response.status_code == 503
        assert response.json()["refused"].startswith("Too many photos are waiting")


@pytest.mark.parametrize("content, status", [(b"x" * 10_001, 413), (content_of("red"), 200)])
def test_photos_leave_their_room_whatever_becomes_of_them(client, content, status):
    for _ in range(2 * PHOTOS_HELD):
        assert ask(client, iter([content])).status_code == status


def test_examples_are_given_by_number_only(client):
    assert client.get("/photos/example?model=tiny&number=0").content == content_of("red")
    for number, status in ((1, 404), (-1, 404), ("../x", 422)):
        assert client.get(f"/photos/example?model=tiny&number={number}").status_code == status


@pytest.mark.parametrize("path", [
    "/gradio_api/file=/etc/passwd", "/gradio_api/file=params.yaml", "/file=/etc/passwd",
    "/gradio_api/info", "/gradio_api/openapi.json", "/gradio_api/proxy=http://example.org/",
    "/openapi.json", "/docs", "/monitoring", "/gradio_api/deep_link", "/gradio_api/mcp/sse",
    f"/static/{'x' * 300}", "/assets/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/static/%2fetc%2fpasswd", "/svelte/../routes.py"])
def test_no_file_of_the_machine_and_no_other_service_is_given(client, path):
    response = client.get(path)
    assert response.status_code in (403, 404)
    assert "root:" not in response.text


def test_nothing_can_be_uploaded(client):
    files = {"files": ("x.txt", b"hello")}
    assert client.post("/gradio_api/upload", files=files).status_code == 404


def test_too_long_a_question_is_refused(client):
    response = client.post("/gradio_api/run/predict", content=b"x" * (QUESTION_BYTES + 1),
                           headers={"Content-Type": "application/json"})
    assert response.status_code == 413


def test_too_long_a_question_of_untold_length_is_refused(client):
    half = b"x" * (QUESTION_BYTES // 2 + 1)
    response = client.post("/gradio_api/run/predict", content=iter([half, half]),
                           headers={"Content-Type": "application/json"})
    assert response.status_code == 413


def first_page(models) -> str:
    with testclient.TestClient(make_application(models, LIMITS)) as client:
        return client.get("/").text


def test_a_tab_without_a_model_says_how_to_make_one(word_model, photo_model):
    without_photos = first_page(Models({"tiny": word_model}, {}))
    assert "There is no classifier here." in without_photos
    assert "vision retrain my-photos/" in without_photos
    without_words = first_page(Models({}, {"tiny": photo_model()}))
    assert "There are no word vectors here." in without_words
    assert "word2vec train my-texts/" in without_words
    assert "There is no classifier of texts here." in without_words
    assert "texts retrain my-documents/ models/texts/mine" in without_words


def test_the_first_page_names_no_other_host_to_load_from(client):
    text = client.get("/").text
    for tag in ('<script src="http', '<link rel="stylesheet" href="http', "fonts.googleapis"):
        assert tag not in text
