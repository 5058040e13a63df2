"""The figures of `images` as one table, a part a backbone."""

from typing import Any

from rich.table import Table

from benchmarks.images_contenders import KERAS, PEER, SAVED_MODEL
from words_and_images.common.errors import counted, percent, percent_range
from words_and_images.common.tables import table_console
from words_and_images.neural.metrics import accuracy_interval

HERE = ("int8", "float32")
COLUMNS = (*HERE, PEER)
PEERS = {KERAS: "the peer is keras.applications with scikit-learn",
         SAVED_MODEL: "the peer is TensorFlow with the SavedModel, and scikit-learn"}
Cells = list[str]


def show(figures: dict[str, Any]) -> None:
    """Print everything that was measured."""
    console = table_console()
    machine = figures["machine"]
    console.print(f"{machine['processor']}, {machine['cores']} cores; " + ", ".join(
        f"{name} {machine[name]}" for name in
        ("python", "numpy", "tensorflow", "keras", "ai-edge-litert", "scikit-learn")),
        highlight=False, soft_wrap=True)
    console.print(table(figures))
    for line in notes(figures):
        console.print(line, highlight=False, soft_wrap=True)


def table(figures: dict[str, Any]) -> Table:
    """All backbones, one below the other."""
    title = (f"{figures['photos']}: {counted(sum(figures['split'].values()), 'photo')}, "
             f"{figures['split']['training']:,} of them to train on")
    made = Table("", title=title, title_justify="left", title_style="bold")
    for column in ("here, int8", "here, float32", "peer", "default\n/ peer"):
        made.add_column(column, justify="right")
    for name, backbone in figures["backbones"].items():
        made.add_section()
        made.add_row(f"[bold]{name}[/bold], default {backbone['default']}")
        for row in (*extraction_rows(backbone), *accuracy_rows(backbone),
                    *retraining_rows(backbone), *start_rows(backbone), *folder_rows(backbone)):
            made.add_row(*row)
    return made


def extraction_rows(backbone: dict[str, Any]) -> list[Cells]:
    """How quick bottlenecks come, and in how much memory."""
    extraction, default = backbone["extraction"], backbone["default"]
    whole = {name: extraction[name] for name in COLUMNS if name in extraction}
    rows = [_compared("extraction, photos/s", whole, "photos_a_second", default, ",.1f"),
            _compared("  photos a CPU second", whole, "photos_a_cpu_second", default, ",.1f"),
            _compared("  peak memory, MB", whole, "peak_memory_mb", default, ",.0f")]
    looks = {default: extraction["looks"], PEER: extraction[PEER]}
    label = f"with looks {' + '.join(backbone['looks'])}, photos/s"
    return [*rows, _compared(label, looks, "photos_a_second", default, ",.1f")]


def accuracy_rows(backbone: dict[str, Any]) -> list[Cells]:
    """What is right on the test split and on the held-out photos, and what int8 loses."""
    trained, rows = backbone["retraining"], []
    for label, key in (("test split, right", "test"), ("held-out photos, right", "heldout")):
        counts = {name: trained[name][key] for name in COLUMNS if name in trained}
        if not all(counts.values()):
            continue
        points = {name: 100 * right / count for name, (right, count) in counts.items()}
        ahead = f"{points[backbone['default']] - points[PEER]:+.1f} points"
        rows.append([label, *(accuracy(counts[name]) if name in counts else "-"
                              for name in COLUMNS), ahead])
        if set(HERE).issubset(points):
            drop = points["float32"] - points["int8"]
            rows.append(["  drop of int8, points", f"{drop:.1f}", "", "", ""])
    return rows


def retraining_rows(backbone: dict[str, Any]) -> list[Cells]:
    """How long the head takes once the bottlenecks are there."""
    return [_compared("retraining, s", backbone["retraining"], "seconds", backbone["default"],
                      ".2f")]


def start_rows(backbone: dict[str, Any]) -> list[Cells]:
    """From nothing to the labels of one photo."""
    starts, default = backbone["cold_start"], backbone["default"]
    rows = []
    for name in (KERAS, SAVED_MODEL):
        if name in starts:
            both = {default: starts["here"], PEER: starts[name]}
            rows.append(_compared(f"cold start, s; peer: {name}", both, "seconds", default, ".2f"))
    imported = {default: starts["here"], PEER: starts[backbone["peer"]]}
    answers = {name: "yes" if figures["tensorflow"] else "no"
               for name, figures in imported.items()}
    return [*rows, ["  TensorFlow is imported", *(answers.get(name, "-") for name in COLUMNS), ""]]


def folder_rows(backbone: dict[str, Any]) -> list[Cells]:
    """`vision classify` of a folder, and extraction alone."""
    folder, default = backbone["folder"], backbone["default"]
    share = folder["classify"]["photos_a_second"] / folder["extraction"]["photos_a_second"]
    rows = []
    for label, key in ((f"classify a folder of {folder['photos']:,}, photos/s", "classify"),
                       ("  extraction of the same", "extraction")):
        cells = _compared(label, {default: folder[key]}, "photos_a_second", default, ",.1f")
        rows.append(cells)
    rows.append([f"  {percent(share, 0)} of extraction's speed", "", "", "", ""])
    return rows


def accuracy(counts: list[int]) -> str:
    """Share, count and 95 % interval."""
    right, count = counts
    interval = percent_range(accuracy_interval(right, count))
    return f"{percent(right / count)} of {count:,}\n({interval})"


def notes(figures: dict[str, Any]) -> list[str]:
    """What the table means, below it."""
    backbones = figures["backbones"].items()
    return [
        *(f"{name}: {PEERS[backbone['peer']]}." for name, backbone in backbones),
        f"Speeds: decoding included, nothing cached, medians of "
        f"{counted(figures['rounds'], 'round')} in turn; the peer sees the whole of each photo. "
        f"Memory: {figures['memory']}.",
        f"Cold starts: whole processes, medians of {figures['starts']}. Intervals: 95 %."]


def _compared(
    label: str, figures: dict[str, dict[str, Any]], key: str, default: str, form: str
) -> Cells:
    """A row of a figure, and the default's over the peer's."""
    values = {name: row[key] for name, row in figures.items()}
    cells = [format(values[name], form) if name in values else "-" for name in COLUMNS]
    ratio = f"{values[default] / values[PEER]:.2f}" if values.get(PEER) else ""
    return [label, *cells, ratio]
