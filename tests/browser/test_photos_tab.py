"""The tab of photos, as a person uses it."""

import base64
import re
import struct
import tarfile
import zlib

import pytest

from tests.browser.conftest import PHONE, ROOT, THRESHOLD, lacking

expect = pytest.importorskip("playwright.sync_api").expect

DRAWINGS = ROOT / "data" / "images"
PHOTOS = ROOT.parent / "shared" / "data" / "photos" / "hotdog_heldout.tar"
# Files as a person's hand brings them: {name, type, content in base64}.
FILES = """(files) => {
  const transfer = new DataTransfer();
  for (const { name, type, content } of files) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type }));
  }
  return transfer;
}"""
PASTE = """(element, transfer) => document.activeElement.dispatchEvent(
  new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }))"""


@pytest.fixture(scope="session")
def drawings():
    """A drawing of a hot dog and one of something else, as the pipeline made them."""
    found = [next(iter(sorted((DRAWINGS / label).glob("*.jpg"))), None)
             for label in ("hotdog", "nothotdog")]
    if None in found:
        lacking(f"no drawings in {DRAWINGS}: make run makes them")
    return found


@pytest.fixture
def photos(page, site, open_photos):
    open_photos(page, site)
    return page


def given(name: str, content: bytes, kind: str) -> dict:
    """A file as Playwright chooses it."""
    return {"name": name, "mimeType": kind, "buffer": content}


def transfer_of(page, *files):
    """A DataTransfer of (name, content, type)."""
    return page.evaluate_handle(FILES, [
        {"name": name, "content": base64.b64encode(content).decode(), "type": kind}
        for name, content, kind in files])


def drop(page, *files):
    transfer = transfer_of(page, *files)
    for event in ("dragover", "drop"):
        page.dispatch_event("#drop", event, {"dataTransfer": transfer})


def card(page, name: str):
    return page.get_by_role("article", name=name, exact=True)


def huge_png() -> bytes:
    """A PNG of a few bytes that claims 40,000 x 30,000 pixels."""
    def chunk(content: bytes) -> bytes:
        return struct.pack(">I", len(content) - 4) + content + struct.pack(
            ">I", zlib.crc32(content))

    header = b"IHDR" + struct.pack(">IIBBBBB", 40_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(header) + chunk(b"IDAT")


def test_a_chosen_photo_is_answered_with_score_and_interval(photos, drawings, screenshot):
    photos.set_input_files("#photo-files", drawings[0])
    shown = card(photos, drawings[0].name)
    expect(shown.locator(".answer")).to_have_text("HOT DOG")
    expect(shown.locator(".score")).to_have_text(re.compile(r"^score [01]\.\d{3}$"))
    expect(shown.locator(".evaluation")).to_have_text(re.compile(
        r"^Of \d+ test images? of drawings with a score of 0\.\d to \d\.\d, \d+ (was|were) right "
        r"\(95 % interval \d+ to \d+ %\)\. Those were drawings: .*$"
        r"|the evaluation tells nothing about it\.$"))
    expect(shown.locator("img")).to_have_js_property("complete", True)
    screenshot(photos, "photos-one")


def test_several_dropped_files_are_answered_each_by_itself(photos, drawings, screenshot):
    drop(photos, (drawings[0].name, drawings[0].read_bytes(), "image/jpeg"),
         ("notes.txt", b"no image at all", "text/plain"),
         ("huge.png", huge_png(), "image/png"),
         ("large.jpg", b"x" * 20_000_001, "image/jpeg"),
         ("empty.png", b"", "image/png"),
         ("cut.jpg", drawings[1].read_bytes()[:2000], "image/jpeg"),
         (drawings[1].name, drawings[1].read_bytes(), "image/jpeg"))
    expect(card(photos, drawings[0].name).locator(".answer")).to_have_text("HOT DOG")
    expect(card(photos, drawings[1].name).locator(".answer")).to_have_text("NOT HOT DOG")
    for name, sentence in {
        "notes.txt": "This file cannot be read as an image (not a JPEG, PNG, GIF, WebP, BMP, "
                     "TIFF, HEIC or AVIF image); choose another one.",
        "huge.png": "This picture has far too many pixels; at most 50 million are looked at: make "
                    "it smaller.",
        "large.jpg": "This file is larger than 20 MB; choose a smaller one.",
        "empty.png": "This file cannot be read as an image (the file is empty); choose another "
                     "one.",
        "cut.jpg": "This file cannot be read as an image (the file is cut short); choose another "
                   "one.",
    }.items():
        expect(card(photos, name).get_by_role("alert")).to_have_text(sentence)
        expect(card(photos, name).locator(".answer")).to_have_count(0)
    assert photos.locator("#photo-cards .card").first.get_attribute(
        "aria-label") == drawings[0].name
    expect(photos.get_by_text("Error", exact=True)).to_have_count(0)
    screenshot(photos, "photos-several")


def test_a_pasted_picture_is_answered(photos, drawings):
    photos.locator("body").evaluate(PASTE, transfer_of(
        photos, ("image.png", drawings[1].read_bytes(), "image/png")))
    expect(card(photos, "image.png").locator(".answer")).to_have_text("NOT HOT DOG")


def test_a_picture_pasted_on_the_other_tab_is_left_alone(photos, drawings):
    photos.get_by_role("tab", name="Words").click()
    photos.get_by_label("Word", exact=True).click()
    photos.locator("body").evaluate(PASTE, transfer_of(
        photos, ("image.png", drawings[1].read_bytes(), "image/png")))
    photos.get_by_role("tab", name="Photos").click()
    expect(photos.locator(".card")).to_have_count(0)


def test_the_keyboard_opens_the_choice_of_files(photos, drawings):
    with photos.expect_file_chooser() as chooser:
        photos.locator("#photo-files").focus()
        photos.wait_for_timeout(200)  # until the browser passes its dialog on to the test
        photos.keyboard.press("Enter")
    assert chooser.value.is_multiple()
    chooser.value.set_files(drawings)
    expect(photos.locator(".card .where")).to_have_count(2)


def test_an_example_is_answered_by_a_click(photos, drawings):
    examples = photos.locator("button.example")
    expect(examples).to_have_count(8)
    examples.nth(0).click()
    examples.nth(1).click()
    expect(card(photos, "example 1").locator(".answer")).to_have_text("HOT DOG")
    expect(card(photos, "example 2").locator(".answer")).to_have_text("NOT HOT DOG")


def test_the_map_is_drawn_on_request(photos, drawings, screenshot):
    photos.set_input_files("#photo-files", drawings[0])
    photos.get_by_role("button", name="Where does it look?").click()
    picture = photos.locator(".card .map img")
    picture.wait_for(timeout=20_000)
    assert picture.evaluate("(image) => image.naturalWidth") > 400
    expect(photos.locator(".map")).to_contain_text(re.compile("rests most on|falls nowhere"))
    screenshot(photos, "photos-map")


def test_a_photo_can_be_removed(photos, drawings):
    photos.set_input_files("#photo-files", drawings)
    expect(photos.locator(".card .where")).to_have_count(2)
    photos.get_by_role("button", name=f"Remove {drawings[0].name}").click()
    expect(photos.locator(".card")).to_have_count(1)


def test_another_model_answers_for_the_photos_that_are_there(photos, drawings, choose, screenshot):
    photos.set_input_files("#photo-files", drawings[0])
    answer = photos.locator(".card .answer")
    expect(answer).to_have_text("HOT DOG")
    choose(photos, "Classifier", "pets")
    expect(photos.get_by_text("It tells apart: my_cat, big-dog.")).to_be_visible()
    expect(answer).to_have_text("MY CAT")
    expect(photos.locator("button.example")).to_have_count(0)
    choose(photos, "Classifier", "doubtful")
    expect(answer).to_have_text("NOT SURE")
    expect(photos.locator(".card .score")).to_have_text(re.compile("^best: HOT DOG 0"))
    expect(photos.locator(".evaluation")).to_contain_text(f"Scores below {THRESHOLD:g} are no")
    screenshot(photos, "photos-not-sure")


def test_the_model_its_images_and_the_way_to_ones_own_are_told(photos):
    expect(photos.get_by_text("classifier answers: the backbone efficientnet_lite2, trained on "
                              "drawings")).to_be_visible()
    expect(photos.get_by_text(re.compile(r"\d+ of \d+ test images right"))).to_be_visible()
    photos.get_by_text("Train on your own photos").click()
    expect(photos.get_by_text("vision retrain my-photos/ models/mine")).to_be_visible()


def test_a_file_name_is_shown_as_it_is(photos):
    name = "<img src=x onerror=alert(1)>.png"
    drop(photos, (name, b"nothing", "image/png"))
    expect(card(photos, name).locator(".name")).to_have_text(name)


@pytest.mark.skipif(not PHOTOS.exists(), reason=f"{PHOTOS} is not there")
def test_real_photos_are_answered(photos, screenshot):
    with tarfile.open(PHOTOS) as archive:
        names = [name for name in archive.getnames() if name.endswith(".jpg")]
        files = [given(name.replace("/", "-"), archive.extractfile(name).read(), "image/jpeg")
                 for name in (*names[:3], *names[-3:])]
    photos.set_input_files("#photo-files", files)
    expect(photos.locator(".card .where")).to_have_count(6)
    assert set(photos.locator(".card .answer").all_inner_texts()) <= {"HOT DOG", "NOT HOT DOG"}
    screenshot(photos, "photos-real")


@pytest.mark.parametrize("kind", ["dark", "phone"])
def test_it_looks_well(open_page, site, open_photos, drawings, screenshot, kind):
    page = open_page(**(PHONE if kind == "phone" else {"color_scheme": "dark"}))
    open_photos(page, site)
    page.set_input_files("#photo-files", drawings)
    expect(page.locator(".card .where")).to_have_count(2)
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    screenshot(page, f"photos-{kind}")
