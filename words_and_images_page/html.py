"""Answers as HTML. Everything that is not written here is escaped.

What is read is made printable too (`text`); what page.js reads in an attribute stays as it is.
"""

import json
from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from vision.photos import IMAGE_SUFFIXES, READ_KINDS
from word2vec.vectors import Similar
from words_and_images.common.errors import counted, printable
from words_and_images_page.photos import PhotoModel
from words_and_images_page.texts import TextAnswer, TextModel
from words_and_images_page.words import Analogy, Neighbours, OddOneOut, Similarity, WordModel

TRAIN_WORDS = """
<details class="own"><summary>Train on your own text</summary>
<p>A text file, or a folder of them, one document a line:</p>
<pre>word2vec train my-texts/ models/vectors/mine
words-and-images-page</pre>
<p>Every folder of <code>models/vectors</code> is in the list above. Vectors from elsewhere, in
word2vec's or fastText's formats:
<code>words-and-images-page --vectors PATH</code>.</p></details>"""

TRAIN_PHOTOS = """
<details class="own"><summary>Train on your own photos</summary>
<p>A folder with one folder of photos a class, a few dozen photos each or more:</p>
<pre>vision retrain my-photos/ models/mine --not-sure 0.8
words-and-images-page</pre>
<p>Every classifier in <code>models</code> is in the list above; one from elsewhere:
<code>words-and-images-page --classifier FOLDER</code>.</p></details>"""

TRAIN_TEXTS = """
<details class="own"><summary>Train on your own documents</summary>
<p>A folder with one folder of .txt files a class, or a table with columns of texts and labels:</p>
<pre>texts retrain my-documents/ models/texts/mine --not-sure 0.5
words-and-images-page</pre>
<p>Every classifier in <code>models/texts</code> is in the list above; one from elsewhere:
<code>words-and-images-page --texts FOLDER</code>.</p></details>"""

NO_WORDS = """<p class="refusal">There are no word vectors here.</p>
<p>Make some with <code>make run</code>, or train them on your own text and start the page again:
</p>""" + TRAIN_WORDS.replace("<details ", "<details open ")

NO_PHOTOS = """<p class="refusal">There is no classifier here.</p>
<p>Make one with <code>make run</code>, or train one on your own photos and start the page again:
</p>""" + TRAIN_PHOTOS.replace("<details ", "<details open ")

NO_TEXTS = """<p class="refusal">There is no classifier of texts here.</p>
<p>Train one on your own documents and start the page again:
</p>""" + TRAIN_TEXTS.replace("<details ", "<details open ")

DROP = """
<div class="drop" id="drop">
<input type="file" id="photo-files" multiple accept="image/*,{suffixes}"
aria-describedby="photo-limits">
<label for="photo-files"><strong>Choose photos</strong>, drop them here, or paste one with
Ctrl&nbsp;V</label>
<p id="photo-limits">{kinds}, up to {megabytes:g} MB and {pixels:g}
million pixels each. They are looked at by this computer and kept nowhere.</p></div>"""

CARDS = '<div id="photo-cards" role="region" aria-label="Answers" aria-live="polite"></div>'


def text(shown: str) -> str:
    """A text between tags, or in an attribute that is read out."""
    return escape(printable(shown))


def refusal(sentence: str) -> str:
    """Why there is no answer."""
    return f'<p class="refusal" role="alert">{text(sentence)}</p>'


def ask_button(name: str, values: Mapping[str, str], press: str, label: str = "") -> str:
    """A button that fills fields in and asks.

    Parameters
    ----------
    name : on the button.
    values : of fields, by their elements' names.
    press : the name of the button that asks.
    label : for a screen reader, where the name is not enough.
    """
    spoken = f' aria-label="{text(label)}"' if label else ""
    return (f'<button type="button" class="ask" data-press="{escape(press)}" '
            f'data-values="{escape(json.dumps(dict(values)))}"{spoken}>{text(name)}</button>')


def suggestions(sentence: str, buttons: Sequence[str]) -> str:
    """A refusal with other words to ask for."""
    return f'{refusal(sentence)}<p class="chips">{"".join(buttons)}</p>'


def examples(buttons: Sequence[str]) -> str:
    """Questions to try."""
    return f'<p class="chips"><span>Try</span>{"".join(buttons)}</p>' if buttons else ""


def neighbours(found: Neighbours) -> str:
    """The words most similar to a word; each can be asked for in turn."""
    rows = [(ask_button(word, {"neighbours-word": word}, "neighbours-ask",
                        f"{word}: show its neighbours"), score) for word, score in found.nearest]
    return table(f"nearest to {found.word}", "cosine", rows)


def analogy(found: Analogy) -> str:
    """The answers of both methods side by side."""
    question = (f"{text(found.a)} is to {text(found.b)} as {text(found.c)} is to "
                f"<strong>{text(found.added[0][0] if found.added else 'nothing')}</strong>")
    return (f'<p class="sentence">{question}</p><div class="side">'
            f'{table("3CosAdd", "cos(d, b - a + c)", plain(found.added))}'
            f'{table("3CosMul", "cos b cos c / cos a", plain(found.multiplied))}</div>')


def odd_one_out(found: OddOneOut) -> str:
    """The word, and how well each fits."""
    return (f'<p class="sentence"><strong>{text(found.word)}</strong> fits the others least</p>'
            + table("word", "cosine with the mean", plain(found.fits)))


def similarity(found: Similarity, words: int) -> str:
    """The cosine, and what it means."""
    a, b = text(found.a), text(found.b)
    place = (f"{b} is number {found.rank:,} of the {counted(words - 1, 'word')} nearest to {a}"
             if found.rank else "a word is as similar to itself as can be")
    return (f'<p class="sentence"><strong class="number">{found.cosine:.3f}</strong> '
            f'is the cosine of {a} and {b}, from -1 to 1</p><p class="soft">{place}</p>')


def plain(ranked: Similar) -> list[tuple[str, float]]:
    """Escaped words with their scores."""
    return [(text(word), score) for word, score in ranked]


def table(title: str, measure: str, rows: Sequence[tuple[str, float]]) -> str:
    """Words, already HTML, with a bar for each score from 0 to the largest."""
    largest = max([1e-9, *(score for _, score in rows)])
    lines = "".join(
        f'<tr><th scope="row">{word}</th><td class="bar"><span style="width:'
        f'{100 * max(score, 0) / largest:.0f}%"></span></td><td class="score">{score:.3f}</td></tr>'
        for word, score in rows)
    return (f'<table class="ranked"><thead><tr><th scope="col">{text(title)}</th>'
            f'<th scope="col" colspan="2" class="score">{text(measure)}</th></tr></thead>'
            f"<tbody>{lines}</tbody></table>")


def about_words(model: WordModel) -> str:
    """Which model and which corpus answer."""
    sources = "".join(f"<li>{text(source)}</li>" for source in model.sources)
    corpus = f"<details><summary>What the corpus holds</summary><ul>{sources}</ul></details>" \
        if sources else ""
    return (f'<div class="about"><p><strong>{text(model.name)}</strong> answers: '
            f"{text(model.size)}, {text(model.origin)}.</p>{corpus}{TRAIN_WORDS}</div>")


def about_photos(model: PhotoModel) -> str:
    """Which model and which images answer, and examples to click."""
    labels = ", ".join(model.classifier.labels)
    return (f'<div class="about" id="photo-model" data-model="{escape(model.name)}" '
            f'data-bytes="{model.limits.bytes}" '
            f'data-too-large="{escape(model.limits.too_many_bytes)}">'
            f"<p><strong>{text(model.name)}</strong> answers: {text(model.made_of)}. "
            f"On its test, {text(model.tested)}. It tells apart: {text(labels)}.</p>"
            f"{TRAIN_PHOTOS}</div>")


def about_texts(model: TextModel) -> str:
    """Which model and which documents answer."""
    labels = "".join(f"<li>{text(label)}</li>" for label in model.classifier.labels)
    return (f'<div class="about"><p><strong>{text(model.name)}</strong> answers: '
            f"{text(model.made_of)}. On its test, {text(model.tested)}.</p><details><summary>"
            f"The {len(model.classifier.labels):,} labels that it tells apart</summary>"
            f"<ul>{labels}</ul></details>{TRAIN_TEXTS}</div>")


def classified(found: TextAnswer, name: str) -> str:
    """The label of a text with its scores, and the text with the words that decided marked.

    `name` is the classifier's: another one may be chosen while this one thinks.
    """
    explained = found.explanation
    marked = "" if explained.is_feeble else f'<pre class="marked">{explained.marked_html()}</pre>'
    note = f'<p class="soft">{text(_sentence(explained.note))}</p>' if explained.note else ""
    return ('<div class="card"><div class="text">'
            f'<p class="answer{"" if found.sure else " unsure"}">{text(found.answer)}</p>'
            f"{refusal(found.warning) if found.warning else ''}"
            f'<p class="evaluation">{text(found.sentence)}</p>'
            f"{table(f'labels of {name}', 'score', plain(found.scores))}"
            f"<h3>What decided</h3><p class=\"soft\">Green pieces speak for "
            f"<strong>{text(explained.label)}</strong>, underlined red ones against it, the more "
            "the stronger their colour: by how much its score falls or rises when they are left "
            f"out.</p>{note}{marked}</div></div>")


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}."


def photo_examples(model: PhotoModel) -> str:
    """Pictures to click."""
    if not model.examples:
        return ""
    pictures = "".join(
        f'<button type="button" class="example" data-example="{number}" '
        f'aria-label="Example {number + 1} of {len(model.examples)}">'
        f'<img src="photos/example?model={quote(model.name, safe="")}&amp;number={number}" alt="" '
        'loading="lazy"></button>' for number in range(len(model.examples)))
    return ('<p class="soft">Or click one of the test images:</p>'
            f'<div class="examples">{pictures}</div>')


def drop_zone(model: PhotoModel) -> str:
    """Where photos are dropped, pasted or chosen."""
    # Systems that do not know a kind, HEIC for one, would not let it be chosen as an image.
    return DROP.format(megabytes=model.limits.megabytes, pixels=model.limits.pixels / 1e6,
                       kinds=READ_KINDS, suffixes=",".join(sorted(IMAGE_SUFFIXES)))
