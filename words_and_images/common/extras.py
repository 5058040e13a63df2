"""What is installed on demand: the extras of pyproject.toml, by the modules that they bring."""

from importlib.util import find_spec

from words_and_images.common.errors import UserError

EXTRAS = {
    "tensorflow": "images", "tensorflow_hub": "images", "keras": "images", "h5py": "images",
    "matplotlib": "plots", "dvc": "pipeline", "dvclive": "pipeline", "jinja2": "pipeline",
    "plotly": "pipeline", "gradio": "app", "dask": "cluster", "distributed": "cluster",
    "optuna": "tune",
}


def refuse_without(module: str) -> None:
    """Say what is to be installed, before any work; `module` is one of `EXTRAS`.

    Raises
    ------
    UserError
        Where it is not installed.
    """
    if find_spec(module) is None:
        raise UserError(_remedy(module))


def remedy_of(error: ModuleNotFoundError) -> str | None:
    """What to install where a module is missing, in one sentence; None for one of no extra."""
    module = (error.name or "").partition(".")[0]
    return _remedy(module) if module in EXTRAS else None


def _remedy(module: str) -> str:
    extra = EXTRAS[module]
    # No name of an index: what is not published there, anybody could publish.
    return (f"this needs {module}, which is not installed; install it with pip install "
            f"'.[{extra}]' in the project's folder.")
