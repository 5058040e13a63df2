"""The tab of photos. What is dropped, pasted or chosen is sent and shown by page.js."""

from collections.abc import Mapping
from typing import Any

import gradio as gr

from words_and_images_page import html
from words_and_images_page.photos import PhotoModel
from words_and_images_page.words_tab import AT_ONCE


def build_photos_tab(models: Mapping[str, PhotoModel]) -> None:
    """Lay the tab out within the open Blocks."""
    if not models:
        gr.HTML(html.NO_PHOTOS)
        return
    first = next(iter(models))
    model = gr.Dropdown(list(models), value=first, label="Classifier", elem_id="classifier",
                        interactive=True, filterable=False)
    about = gr.HTML(html.about_photos(models[first]))
    gr.HTML(html.drop_zone(models[first]))
    examples = gr.HTML(html.photo_examples(models[first]))
    gr.HTML(html.CARDS)

    def choose(name: str) -> list[Any]:
        return [html.about_photos(models[name]), html.photo_examples(models[name])]

    # The photos that are there already are shown to the new model too.
    model.change(choose, model, [about, examples], **AT_ONCE).then(
        None, model, None, js="(name) => { window.askAgain(name); return []; }", queue=False)
