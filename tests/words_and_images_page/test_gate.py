import asyncio
import json
from types import SimpleNamespace

import pytest

testclient = pytest.importorskip("starlette.testclient", reason="the extra app is not installed")
gr = pytest.importorskip("gradio", reason="the extra app is not installed")

from words_and_images.common.errors import UserError  # noqa: E402
from words_and_images.common.workers import cores  # noqa: E402
from words_and_images_page import gate, texts  # noqa: E402
from words_and_images_page.limits import Limits  # noqa: E402
from words_and_images_page.models import Models  # noqa: E402
from words_and_images_page.server import make_application  # noqa: E402
from words_and_images_page.texts_tab import CUT  # noqa: E402

ASKED = "/gradio_api/run/predict"
QUESTION_SCOPE = {"type": "http", "method": "POST", "path": ASKED, "query_string": b"",
                  "headers": [(b"host", b"x"), (b"content-type", b"application/json")]}
# A question about the neighbours of a word.
FUNCTIONS = {7: SimpleNamespace(inputs=[
    gr.Dropdown(["cbow"], value="cbow", render=False), gr.Textbox(max_length=5, render=False)])}


def upload(path) -> dict:
    """What Gradio takes for a file that was uploaded, and reads."""
    return {"meta": {"_type": "gradio.FileData"}, "path": str(path)}


@pytest.fixture
def application(word_model, text_model):
    return make_application(Models({"tiny": word_model}, {}, {"tiny": text_model}), Limits())


@pytest.fixture
def client(application):
    with testclient.TestClient(application, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def number(client) -> int:
    """Of the function that answers with a word's neighbours."""
    return number_of(client, "vectors", "neighbours-word")


@pytest.fixture
def text_number(client) -> int:
    """Of the function that classifies a text."""
    return number_of(client, "text-classifier", "text")


def number_of(client, *fields) -> int:
    """Of the one function that takes these."""
    config = client.get("/config").json()
    names = {each["id"]: each["props"].get("elem_id") for each in config["components"]}
    found, = [each["id"] for each in config["dependencies"]
              if [names[field] for field in each["inputs"]] == [*fields]]
    return found


def test_a_question_is_answered(client, number):
    body = {"data": ["tiny", "king"], "fn_index": number, "event_data": None, "trigger_id": 3,
            "session_hash": "x"}
    response = client.post(ASKED, json=body)
    assert response.status_code == 200
    assert "nearest to king" in response.json()["data"][0]


def test_a_text_is_answered_or_refused_with_a_sentence(client, text_number):
    for text, part in (("The team won the match", ">sport</p>"), ("", texts.MISSING),
                       ("x" * (texts.LONGEST + 1), texts.TOO_LONG)):
        response = client.post(ASKED, json={"fn_index": text_number, "data": ["tiny", text]})
        assert response.status_code == 200
        assert part in response.json()["data"][0]


@pytest.mark.parametrize("data", [
    ["tiny", upload("/etc/hostname")], [upload("/x"), "goal"], ["other", "goal"], ["tiny", None],
    ["tiny", 3], ["tiny", ["goal"]], ["tiny"], ["tiny", "goal", "x"], ["goal", "tiny"],
    ["tiny", "x" * (CUT + 1)], ["tiny", "\ud800"]])
def test_other_values_than_a_text_are_refused(client, text_number, data):
    response = client.post(ASKED, content=json.dumps({"fn_index": text_number, "data": data}),
                           headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()) == (400, {"error": gate.NO_QUESTION})


def test_exactly_the_functions_of_the_tabs_are_admitted(application):
    named = [[field.elem_id for field in function.inputs]
             for function in application._functions.values()]
    assert sorted(named) == sorted([
        ["vectors"], ["vectors", "neighbours-word"], ["vectors", "similarity-a", "similarity-b"],
        ["vectors", "odd-words"], *[["vectors", "analogy-a", "analogy-b", "analogy-c"]] * 2,
        ["text-classifier"], ["text-classifier", "text"]])


def test_texts_have_turns_of_their_own(client, number, text_number, monkeypatch):
    word = {"fn_index": number, "data": ["tiny", "king"]}
    text = {"fn_index": text_number, "data": ["tiny", "goal"]}
    for bound, refused, answered in (("MOST_SLOW", text, word), ("MOST_QUESTIONS", word, text)):
        with monkeypatch.context() as patched:
            patched.setattr(gate, bound, 0)
            assert client.post(ASKED, json=refused).status_code == 503
            assert client.post(ASKED, json=answered).status_code == 200


def test_what_is_handed_on_is_made_anew_of_the_texts():
    body = {"session_hash": upload("/x"), "event_data": upload("/x"), "trigger_id": upload("/x"),
            "batched": True, "simple_format": True, "event_id": "x", "oauth_token": "x",
            "data": ["cbow", "猫"], "fn_index": 7}
    number, made = gate.question_of(json.dumps(body).encode(), FUNCTIONS)
    assert number == 7
    assert json.loads(made) == {"fn_index": 7, "data": ["cbow", "猫"], "session_hash": gate.SESSION}


@pytest.mark.parametrize("data", [
    ["cbow", upload("/x")], [upload("/x"), "king"], ["cbow", [{"a": upload("/x")}]],
    ["other", "king"], [None, "king"], ["cbow", None], ["cbow", 3], ["cbow", True],
    ["cbow", ["king"]], ["cbow"], ["cbow", "king", "x"], ["cbow", "kings!"], [["cbow"], ["king"]],
    ["cbow", "\ud800"], "ab", {"cbow": 1, "king": 2}, None])
def test_other_values_than_texts_of_the_page_are_no_question(data):
    with pytest.raises(UserError, match="no question"):
        gate.question_of(json.dumps({"fn_index": 7, "data": data}).encode(), FUNCTIONS)


@pytest.mark.parametrize("number", [None, 8, -1, "7", [7], {}, 1e400])
def test_other_functions_are_no_question(number):
    with pytest.raises(UserError, match="no question"):
        gate.question_of(json.dumps({"fn_index": number, "data": ["cbow", "a"]}).encode(),
                         FUNCTIONS)


@pytest.mark.parametrize("body", [
    b"", b"hello", b"\xff\xfe{", b"null", b"[1]", b'{"data": []}', b"[" * 99_000,
    b'{"fn_index": 7, "data": ["cbow", ' + b'{"a": ' * 15_000,
    b'{"fn_index": ' + b"9" * 5_000 + b', "data": ["cbow", "a"]}',
    b'{"fn_index": 7, "data": ["cbow", "a"], "data": ["cbow", {}]}'])
def test_malformed_bodies_are_no_question(body):
    with pytest.raises(UserError, match="no question"):
        gate.question_of(body, FUNCTIONS)


def test_no_file_that_a_question_names_is_read(client, number, tmp_path, monkeypatch, capfd):
    copies = tmp_path / "gradio"
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(copies))
    (tmp_path / "secret.txt").write_text("secret")
    for data in (["tiny", upload(tmp_path / "secret.txt")], [upload("/dev/zero"), "king"],
                 ["tiny", upload("http://nowhere.invalid/x")]):
        response = client.post(ASKED, json={"fn_index": number, "data": data})
        assert response.status_code == 400
        assert response.json() == {"error": gate.NO_QUESTION}
    assert not [path for path in copies.rglob("*") if path.is_file()]
    assert capfd.readouterr() == ("", "")


def test_questions_are_taken_on_one_route_only(client, number):
    body = {"fn_index": number, "data": ["tiny", "king"], "session_hash": "x"}
    for path in ("queue/join", "call/answer", "call/v2/answer", "run/answer", "api/predict",
                 "component_server", "upload", "run/predict/", "stream/x", "cancel", "reset"):
        assert client.post(f"/gradio_api/{path}", json=body).status_code == 404


def test_questions_are_json(client):
    for headers, status in (
            ({"Content-Type": "text/plain"}, 415), ({"Content-Type": "multipart/form-data"}, 415),
            ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, 400)):
        response = client.post(ASKED, content=b"\x1f\x8b", headers=headers)
        assert response.status_code == status
        assert response.json()["error"].endswith(".")


def test_the_page_and_its_parts_can_only_be_read(client):
    for path in ("/", "/config", "/assets/x", "/theme.css"):
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
            assert client.request(method, path).status_code == 405


def test_gradio_is_not_told_what_it_need_not_know(client):
    named = {"X-Gradio-Server": "http://elsewhere.example", "X-Forwarded-Host": "proxy.example"}
    assert client.get("/?page=nothing&deep_link=x").status_code == 200
    text = client.get("/config", headers=named).text
    assert "elsewhere.example" not in text and "http://proxy.example" in text


def test_a_malformed_host_is_one_sentence(client):
    for host in ("[", "[::", "[::::]", "[v1.x]", "a:x", "a:99999", "a/b", "u@a", "999.1.1.1", "a b",
                 "a\u00e9"):
        for name in (b"host", b"x-forwarded-host"):
            headers = {b"host": b"testserver", name: host.encode()}
            for path in ("/", "/photos/example?model=x&number=0"):
                response = client.get(path, headers=headers)
                assert response.status_code == 400
                assert response.text.endswith("ask for the page by its address.")


def test_a_malformed_origin_is_one_sentence(client):
    for origin in ("http://[", "[", "http://[::1", "x", "http://a\u2100b"):
        response = client.get("/", headers=[(b"origin", origin.encode())])
        assert (response.status_code, response.text) == (403, "Other sites cannot ask here.")


def test_more_questions_than_may_wait_are_refused_with_a_sentence(client, number, monkeypatch):
    body = {"fn_index": number, "data": ["tiny", "king"]}
    monkeypatch.setattr(gate, "MOST_QUESTIONS", 1)
    for _ in range(3):  # each leaves its place to the next
        assert client.post(ASKED, json=body).status_code == 200
    monkeypatch.setattr(gate, "MOST_QUESTIONS", 0)
    response = client.post(ASKED, json=body)
    assert (response.status_code, response.json()) == (503, {"error": gate.BUSY})


def test_a_body_that_does_not_end_is_given_up(client, monkeypatch):
    monkeypatch.setattr(gate, "UPLOAD_SECONDS", 0.05)

    async def receive():
        await asyncio.sleep(10)

    sent = []

    async def send(message):
        sent.append(message)

    client.portal.call(client.app, QUESTION_SCOPE, receive, send)
    assert sent[0]["status"] == 408


def test_few_questions_are_worked_on_at_once_and_who_reads_slowly_keeps_none_waiting():
    running, most, read = 0, 0, 0

    async def gradio(scope, receive, send):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x"})
        running -= 1

    async def send_slowly(message):
        nonlocal read
        while read < 5:  # until the others have their answers
            await asyncio.sleep(0.001)

    async def send(message):
        nonlocal read
        read += message["type"] == "http.response.body"

    async def ask(respond):
        body = json.dumps({"fn_index": 7, "data": ["cbow", "king"]}).encode()
        parts = iter([{"type": "http.request", "body": body}])

        async def receive():
            return next(parts)

        await gated(QUESTION_SCOPE, receive, respond)

    async def ask_together():
        await asyncio.wait_for(asyncio.gather(
            *(ask(send_slowly) for _ in range(cores() + 1)), *(ask(send) for _ in range(5))), 10)

    gated = gate.Gate(gradio, FUNCTIONS)
    asyncio.run(ask_together())
    assert read == 5
    assert most == cores()
