from pathlib import Path

from rich.cells import cell_len

from vision.classifier.description import describe

RECORD = {
    "labels": ["hotdog", "other"],
    "backbone": {"name": "small", "height": 20, "width": 30, "feature_width": 1280,
                 "source": "there", "licence": "Apache-2.0", "citation": "", "inference": "int8"},
    "images": {"name": "drawings", "about": "drawings of hot dogs", "licence": "CC0-1.0"},
    "parameters": {"split": {"validation": 0.1, "test": 0.25},
                   "retrain": {"steps": 500, "temperature": True, "size": None,
                               "looks": ["whole", "mirror"], "nested": {"flip": False}}},
    "test": {"accuracy": 0.75, "count": 8, "interval": [0.409, 0.929]},
    "looks": ["whole", "mirror"],
    "not_sure": 0.8,
    "exports": {"compared_images": 100,
                "files": {"saved_model": {"bytes": 19_200_000, "accuracy": 0.9}}},
}


def test_every_part_of_the_record_is_a_line():
    assert describe(Path("models/mine"), RECORD).splitlines() == [
        "classifier        models/mine",
        "labels            hotdog, other",
        "test accuracy     75.0 % (6 of 8), 95 % interval 40.9 to 92.9 %",
        "not sure          where the best score is below 0.8",
        "looks             whole, mirror",
        "backbone          small, 1,280 features, run in int8",
        "image size        20 x 30 pixels",
        "weights           there",
        "weights, licence  Apache-2.0",
        "images            drawings",
        "images, about     drawings of hot dogs",
        "images, licence   CC0-1.0",
        "split             validation 0.1, test 0.25",
        "retrain           steps 500, temperature true, size null, looks whole mirror, nested "
        "(flip false)",
        "saved_model       19.2 MB, 90.0 % right of 100 images compared",
    ]


def test_the_test_accuracy_stands_beside_what_it_hides():
    test = {**RECORD["test"], "labels": {"hotdog": {"right": 1, "count": 3},
                                         "other": {"right": 5, "count": 5}}}
    text = " ".join(describe(Path("m"), {**RECORD, "test": test}).split())
    assert ("interval 40.9 to 92.9 %; always answering other would be right for 62.5 %; worst "
            "class hotdog 33.3 % (1 of 3)") in text


def test_an_older_record_says_what_it_does_not_know():
    lines = describe(Path("old"), {"labels": ["a", "b"]}).splitlines()
    assert lines[2:] == ["test accuracy  not recorded", "not sure       never",
                         "looks          whole", "backbone       not recorded",
                         "images         not recorded"]


def test_long_lines_are_continued_below_their_beginning():
    text = describe(Path("m"), {"labels": [f"label-{number}" for number in range(30)]})
    assert max(map(len, text.splitlines())) <= 100
    assert text.splitlines()[2].startswith(" " * 15 + "label-")


def test_wide_labels_are_wrapped_where_the_terminal_ends():
    text = describe(Path("m"), {"labels": ["ホットドッグ", "고양이와 개"] * 5}, 60)
    assert max(map(cell_len, text.splitlines())) <= 60
    assert text.count("ホットドッグ") == 5
