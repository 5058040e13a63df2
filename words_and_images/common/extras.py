"""What is installed on demand: the extras of pyproject.toml, by the modules that they bring."""

from importlib import import_module

from words_and_images.common.errors import UserError

EXTRAS = {
    "tensorflow": "images", "tensorflow_hub": "images", "keras": "images", "h5py": "images",
    "matplotlib": "plots", "dvc": "pipeline", "dvclive": "pipeline", "jinja2": "pipeline",
    "plotly": "pipeline", "gradio": "app", "dask": "cluster", "distributed": "cluster",
    "optuna": "tune",
}


def refuse_without(module: str) -> None:
    """Say what is to be installed, before any work; `module` is one of `EXTRAS`."""
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        raise UserError(remedy_of(error) or str(error)) from None


def remedy_of(error: ModuleNotFoundError) -> str | None:
    """What to install where a module is missing, in one sentence; None for one of no extra."""
    module = (error.name or "").partition(".")[0]
    extra = EXTRAS.get(module)
    return extra and (f"this needs {module}, which is not installed; install it with "
                      f"pip install 'words-and-images[{extra}]', in a checkout with "
                      f"pip install '.[{extra}]'.")
