"""The figures of `texts` as tables."""

import statistics
import sys
from typing import Any

from words_and_images.common.errors import counted
from words_and_images.common.tables import table

Figures = dict[str, Any]


def show(figures: Figures) -> None:
    """Print everything that was measured."""
    machine = figures["machine"]
    print(f"{machine['processor']}, {machine['cores']} cores, one used; Python "
          f"{machine['python']}, NumPy {machine['numpy']}, scikit-learn {machine['scikit-learn']}")
    for name, own in figures["collections"].items():
        print(f"\n{name}: {own['training']:,} documents to learn from, "
              f"{own['test']:,} of the test, "
              f"{own['labels']} labels")
        if "contenders" in own:
            print(table(full_cells(own), sys.stdout))
            for line in notes(own):
                print(line)
        if "few" in own:
            print("\n" + table(few_cells(own), sys.stdout))


def full_cells(own: Figures) -> list[list[str]]:
    """A row a contender, on all documents."""
    cells = [["", "accuracy", "seeds", "CPU s", "MB", "peak MB", "documents/s"]]
    for name, row in own["contenders"].items():
        cells.append([
            name + chosen(row), f"{100 * row['accuracy']:.1f} %", str(len(row["all"])),
            f"{row['cpu_seconds']:.1f}", f"{row['megabytes']:,.1f}",
            f"{row['peak_memory_mb']:,.0f}", f"{row['documents_a_second']:,.0f}"])
    return cells


def chosen(row: Figures) -> str:
    """What the default has taken, where it had the choice."""
    kinds = sorted({each["chosen"] for each in row["all"]
                    if len(each.get("tried", {})) > 1})
    return f" ({', '.join(kinds)})" if kinds else ""


def notes(own: Figures) -> list[str]:
    """Sentences below the table."""
    lines = []
    if tuned := own.get("fasttext"):
        lines.append(f"fastText's lr {tuned['lr']:g} and {tuned['epoch']} epochs, found in "
                     f"{tuned['cpu_seconds']:.0f} CPU seconds")
    if start := own.get("start"):
        lines.append(f"one document by texts classify from a cold start: {start['seconds']:.2f} s "
                     f"({start['cpu_seconds']:.2f} CPU s), {start['peak_memory_mb']:.0f} MB, "
                     + ("with" if start["tensorflow"] else "without") + " TensorFlow")
    return lines


def few_cells(own: Figures) -> list[list[str]]:
    """A row a number of documents a class: means, and standard deviations over the draws."""
    rows = list(own["few"].items())
    names = list(rows[0][1]["accuracies"])
    cells = [["documents a class", *names]]
    for count, row in rows:
        cells.append([count, *(spread(row["accuracies"][name]) for name in names)])
    draws = len(rows[0][1]["accuracies"][names[0]])
    cells[0][0] += f", {counted(draws, 'draw')}"
    return cells


def spread(accuracies: list[float]) -> str:
    """Mean and standard deviation, in percent."""
    deviation = statistics.stdev(accuracies) if len(accuracies) > 1 else 0
    return f"{100 * statistics.mean(accuracies):.1f} ± {100 * deviation:.1f}"
