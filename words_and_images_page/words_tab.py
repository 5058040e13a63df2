"""The tab of words: what is asked with, and what becomes of an answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components.plot import PlotData

from words_and_images.common.errors import UserError
from words_and_images_page import html
from words_and_images_page.word_plot import analogy_figure
from words_and_images_page.words import UnknownWordError, WordModel

# A question is a millisecond: it waits in no queue, and its answer replaces the old one at once.
AT_ONCE: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private",
                           "trigger_mode": "always_last"}
LONGEST = 2000  # letters of a field

MAP_CAPTION = """<h3>Map</h3><p class="soft">The most frequent words along the first two principal
components of their vectors, with the arrows from a to b and from c to the answer of 3CosAdd: where
the vectors have learnt the relation, and two of their many dimensions can show it, they run
alike.</p>"""
TRY_NEIGHBOURS = ("queen", "paris", "computer", "bread", "river")
TRY_ANALOGIES = (("man", "king", "woman"), ("japan", "tokyo", "russia"),
                 ("france", "french", "spain"), ("good", "better", "bad"))
TRY_ODD = ("breakfast lunch dinner bicycle", "rome berlin paris river", "red green monday blue")
TRY_SIMILAR = (("king", "queen"), ("coffee", "tea"), ("coffee", "parliament"))


@dataclass(frozen=True)
class Section:
    """Fields, the button that asks, and where the answer stands."""

    fields: list[gr.Textbox]
    button: gr.Button
    answer: gr.HTML


@dataclass(frozen=True)
class Question:
    """What of a section changes with the vectors: its examples, and its answer."""

    chips: gr.HTML
    answer: gr.HTML


def build_words_tab(models: Mapping[str, WordModel]) -> None:
    """Lay the tab out within the open Blocks."""
    if not models:
        gr.HTML(html.NO_WORDS)
        return
    first = next(iter(models))
    model = gr.Dropdown(list(models), value=first, label="Vectors", elem_id="vectors",
                        interactive=True, filterable=False)
    about = gr.HTML(html.about_words(models[first]))
    questions, room = _questions(model, models)
    chips, answers = [each.chips for each in questions], [each.answer for each in questions]

    def choose(name: str) -> list[Any]:
        """What the new vectors are, and no answers of the old ones below it."""
        cleared = [""] * len(answers)
        return [html.about_words(models[name]), *tried(models[name]), *cleared,
                gr.Column(visible=False)]

    model.change(choose, model, [about, *chips, *answers, room], **AT_ONCE)


def _questions(
    model: gr.Dropdown, models: Mapping[str, WordModel]
) -> tuple[list[Question], gr.Column]:
    """All kinds of questions, in the order of `tried`, and the place of the map."""
    shown = tried(models[str(model.value)])
    with gr.Row(elem_classes="questions"):
        with gr.Column(min_width=320):
            questions = [_neighbours(model, models, shown[0])]
        with gr.Column(min_width=320):
            questions += [_similarity(model, models, shown[1]),
                          _odd_one_out(model, models, shown[2])]
    analogy, room = _analogy(model, models, shown[3])
    return [*questions, analogy], room


def tried(model: WordModel) -> list[str]:
    """Examples of questions whose words the vectors know: one HTML for each section."""
    def chips(texts: Sequence[str], fields: Sequence[Sequence[str]], names: Sequence[str],
              press: str) -> str:
        return html.examples([
            html.ask_button(text, dict(zip(names, values, strict=True)), press)
            for text, values in zip(texts, fields, strict=True)
            if all(model.vectors.find(word) for value in values for word in value.split())])

    return [
        chips(TRY_NEIGHBOURS, [(word,) for word in TRY_NEIGHBOURS], ("neighbours-word",),
              "neighbours-ask"),
        chips([f"{a}, {b}" for a, b in TRY_SIMILAR], TRY_SIMILAR,
              ("similarity-a", "similarity-b"), "similarity-ask"),
        chips(TRY_ODD, [(words,) for words in TRY_ODD], ("odd-words",), "odd-ask"),
        chips([f"{a} : {b} = {c} : ?" for a, b, c in TRY_ANALOGIES], TRY_ANALOGIES,
              ("analogy-a", "analogy-b", "analogy-c"), "analogy-ask"),
    ]


def _neighbours(model: gr.Dropdown, models: Mapping[str, WordModel], shown: str) -> Question:
    gr.HTML("<h2>Neighbours</h2><p class='soft'>Which words are used like this one?</p>")
    section = _section("neighbours", {"neighbours-word": "Word"}, "Find")
    chips = gr.HTML(shown)

    def answer(name: str, word: str) -> str:
        return answered(lambda: html.neighbours(models[name].neighbours(word)), "neighbours-ask",
                        {"neighbours-word": word})

    _asks(section, answer, model)
    return Question(chips, section.answer)


def _similarity(model: gr.Dropdown, models: Mapping[str, WordModel], shown: str) -> Question:
    gr.HTML("<h2>Similarity</h2><p class='soft'>How alike are two words?</p>")
    section = _section("similarity", {"similarity-a": "One word", "similarity-b": "Another"},
                       "Compare")
    chips = gr.HTML(shown)

    def answer(name: str, a: str, b: str) -> str:
        vectors = models[name]
        return answered(lambda: html.similarity(vectors.similarity(a, b), len(vectors.vectors)),
                        "similarity-ask", {"similarity-a": a, "similarity-b": b})

    _asks(section, answer, model)
    return Question(chips, section.answer)


def _odd_one_out(model: gr.Dropdown, models: Mapping[str, WordModel], shown: str) -> Question:
    gr.HTML("<h2>Odd one out</h2><p class='soft'>Which word does not fit the others?</p>")
    section = _section("odd", {"odd-words": "Words, three or more"}, "Pick")
    chips = gr.HTML(shown)

    def answer(name: str, words: str) -> str:
        listed = words.replace(",", " ").replace(";", " ").split()
        return answered(lambda: html.odd_one_out(models[name].odd_one_out(listed)), "odd-ask",
                        {"odd-words": " ".join(listed)})

    _asks(section, answer, model)
    return Question(chips, section.answer)


def _analogy(
    model: gr.Dropdown, models: Mapping[str, WordModel], shown: str
) -> tuple[Question, gr.Column]:
    gr.HTML("<h2>Analogy</h2><p class='soft'>a is to b as c is to which word?</p>")
    section = _section("analogy", {"analogy-a": "a", "analogy-b": "is to b", "analogy-c": "as c"},
                       "is to ?")
    chips = gr.HTML(shown)
    with gr.Column(visible=False, elem_id="map") as room:
        gr.HTML(MAP_CAPTION)
        plot = gr.Plot(label="Map of the words", show_label=False, container=False)

    def answer(name: str, a: str, b: str, c: str) -> str:
        return answered(lambda: html.analogy(models[name].analogy(a, b, c)), "analogy-ask",
                        {"analogy-a": a, "analogy-b": b, "analogy-c": c})

    def draw(name: str, a: str, b: str, c: str) -> Any:
        return map_of(models[name], a, b, c)

    # The answer is there at once; the map follows.
    for event in _asks(section, answer, model):
        event.then(draw, [model, *section.fields], [room, plot], **AT_ONCE)
    return Question(chips, section.answer), room


def map_of(model: WordModel, a: str, b: str, c: str) -> Any:
    """Room and map with the arrows of an analogy; hidden where there is no answer."""
    try:
        found = model.analogy(a, b, c)
        words = [found.a, found.b, found.c, *(word for word, _ in found.added[:1])]
        placed = model.placed(words)
    except UserError:
        return gr.Column(visible=False), None
    figure = PlotData(type="plotly", plot=analogy_figure(placed))
    return gr.Column(visible=True), figure


def answered(ask: Callable[[], str], press: str, values: Mapping[str, str]) -> str:
    """An answer as HTML, or why there is none, with near spellings to click.

    Parameters
    ----------
    ask : gives the answer.
    press : the button that asks.
    values : of the fields as they were; a near spelling takes the unknown word's place in them.
    """
    try:
        return ask()
    except UnknownWordError as error:
        return html.suggestions(str(error), [
            html.ask_button(near, corrected(values, error.word, near), press)
            for near in error.near])
    except UserError as error:
        return html.refusal(str(error))


def corrected(values: Mapping[str, str], word: str, near: str) -> dict[str, str]:
    """Fields with an unknown word replaced, where it is all of them or one of their words."""
    return {name: near if value.strip() == word else " ".join(
        near if each == word else each for each in value.split())
        for name, value in values.items()}


def _section(name: str, labels: Mapping[str, str], button: str) -> Section:
    """Fields in a row with the button, and room for the answer."""
    with gr.Row(elem_classes="ask-row"):
        fields = [gr.Textbox(label=label, elem_id=element, max_lines=1, max_length=LONGEST,
                             scale=3, min_width=90)
                  for element, label in labels.items()]
        pressed = gr.Button(button, variant="primary", elem_id=f"{name}-ask", scale=1,
                            min_width=90)
    return Section(fields, pressed, gr.HTML(elem_id=f"{name}-answer"))


def _asks(section: Section, answer: Callable[..., str], model: gr.Dropdown) -> list[Any]:
    """Let the button and Enter in any field ask; the events."""
    triggers = [section.button.click, *(field.submit for field in section.fields)]
    return [gr.on(triggers, answer, [model, *section.fields], section.answer, **AT_ONCE)]
