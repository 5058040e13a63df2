import pytest
from huggingface_hub import ModelCard as HubCard

from words_and_images.neural.metrics import accuracy_interval
from words_and_images.retraining.card import Subject, classifier_card

SUBJECT = Subject("document", "text-classification", "texts.classifier", "1", "It cannot fly.")
TEST = {"accuracy": 0.75, "count": 40, "interval": list(accuracy_interval(30, 40)),
        "labels": {"a|b": {"right": 28, "count": 32}, "*c*": {"right": 2, "count": 8},
                   "none": {"right": 0, "count": 0}}}


def text_of(record, source="mine", **more):
    record = {"labels": ["a|b", "*c*", "none"], **record}
    return classifier_card(SUBJECT, "A classifier", record, source, ["documents: mine."],
                           {"seed": 1}, **more).text()


def test_figures_stand_with_their_interval_and_counts():
    text = text_of({"test": TEST})
    assert ("Accuracy on documents kept aside, Wilson's interval: 75.0 % (30 of 40), 95 % interval "
            "59.8 to 85.8 %. Always answering a\\|b would be right for 80.0 %.") in text
    assert "| a\\|b | 32 | 87.5 % | 71.9 to 95.0 % |" in text
    assert "| \\*c\\* | 8 | 25.0 % | 7.1 to 59.1 % |" in text


def test_the_metadata_has_the_accuracy_as_hubs_list_it():
    result, = HubCard(text_of({"test": TEST}, "- a: *b*")).data.eval_results
    assert (result.task_type, result.dataset_name, result.metric_type, result.metric_value) == (
        "text-classification", "- a: *b*", "accuracy", 0.75)
    assert result.metric_name == (
        "accuracy on 40 test documents, 95 % interval 59.8 to 85.8 %")


@pytest.mark.parametrize("record", [{}, {"test": {}}, {"test": {"accuracy": 0.9}}])
def test_where_nothing_was_measured_the_card_has_no_figure_and_says_so(record):
    text = text_of(record)
    assert "Nothing was measured: the record tells of no test and its size." in text
    assert "How often it is right is not known." in text
    metadata = HubCard(text).data.to_dict()
    assert "metrics" not in metadata and "model-index" not in metadata and "%" not in text


def test_limits_are_what_it_answers_what_it_finds_least_and_what_chance_decides():
    text = text_of({"test": TEST, "not_sure": 0.6})
    for sentence in [
        "one of its 3 labels, whatever the document is; where the best score is below 0.6 it says",
        "It cannot fly.", "and of no others.", "finds least is \\*c\\* 25.0 % (2 of 8).",
        "It was tested on no document of none.",
        "Some labels have fewer than 10 documents to test on, so that chance decides: \\*c\\*",
    ]:
        assert sentence in text
    assert "it never says that it is not sure." in text_of({})
