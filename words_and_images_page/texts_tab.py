"""The tab of texts: one is pasted, and answered with its label and the words that decided."""

from collections.abc import Mapping

import gradio as gr

from words_and_images_page import html
from words_and_images_page.gate import SLOW
from words_and_images_page.texts import LONGEST, TextModel
from words_and_images_page.words_tab import AT_ONCE, answered

# A browser cuts what is pasted where a field's length ends, and tells nobody. A field that holds
# more than a text may have shows that something was cut; some, as it cuts between letters only.
CUT = LONGEST + 100


def build_texts_tab(models: Mapping[str, TextModel]) -> None:
    """Lay the tab out within the open Blocks."""
    if not models:
        gr.HTML(html.NO_TEXTS)
        return
    first = next(iter(models))
    model = gr.Dropdown(list(models), value=first, label="Classifier of texts",
                        elem_id="text-classifier", interactive=True, filterable=False)
    about = gr.HTML(html.about_texts(models[first]))
    field = gr.Textbox(label="Text", elem_id="text", lines=8, max_lines=20, max_length=CUT,
                       info=f"Up to {LONGEST:,} characters. It is kept nowhere.")
    button = gr.Button("Classify", variant="primary", elem_id="text-ask")
    found = gr.HTML(elem_id="text-answer")

    def choose(name: str) -> list[str]:
        """What the new classifier is, and no answer of the old one below it."""
        return [html.about_texts(models[name]), ""]

    def answer(name: str, text: str) -> str:
        return answered(lambda: html.classified(models[name].answer(text), name), "text-ask", {})

    model.change(choose, model, [about, found], **AT_ONCE)
    gr.on([button.click, field.submit], answer, [model, field], found, concurrency_id=SLOW,
          **AT_ONCE)
