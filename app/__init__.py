"""What `python -m app` runs in this folder."""
