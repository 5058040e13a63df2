"""The page on which word vectors and classifiers answer: `words-and-images-page`, and
`python -m app` in the project's folder."""

import os

# Gradio reads these while it is imported: it tells nobody that it runs, asks nobody for a newer
# version, and starts no other server.
os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_DISABLE_TELEMETRY="1",
                  HF_HUB_OFFLINE="1", GRADIO_MCP_SERVER="False", GRADIO_SSR_MODE="False")
