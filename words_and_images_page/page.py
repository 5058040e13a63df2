"""The page: three tabs, in Gradio."""

from pathlib import Path
from typing import Any

import gradio as gr

from words_and_images_page.models import Models
from words_and_images_page.photos_tab import build_photos_tab
from words_and_images_page.texts_tab import build_texts_tab
from words_and_images_page.words_tab import build_words_tab

TITLE = "Words, photos and texts"
HERE = Path(__file__).parent
HEADING = f"""<h1>{TITLE}</h1>
<p class="soft">Word vectors and classifiers of photos and texts that answer on this
computer.</p>"""


def build_page(models: Models) -> gr.Blocks:
    """The page with its models."""
    with gr.Blocks(title=TITLE, analytics_enabled=False) as blocks:
        gr.HTML(HEADING)
        with gr.Tabs():
            with gr.Tab("Words", id="words"):
                build_words_tab(models.words)
            with gr.Tab("Photos", id="photos"):
                build_photos_tab(models.photos)
            with gr.Tab("Texts", id="texts"):
                build_texts_tab(models.texts)
    return blocks


def look() -> dict[str, Any]:
    """Theme, style and script: everything from this machine, its own fonts included."""
    theme = gr.themes.Default(primary_hue="blue", neutral_hue="slate",
                              font=["system-ui", "sans-serif"],
                              font_mono=["ui-monospace", "monospace"])
    script = (HERE / "page.js").read_text(encoding="utf-8")
    return {"theme": theme, "css": (HERE / "page.css").read_text(encoding="utf-8"),
            "head": f"<script>{script}</script>"}
