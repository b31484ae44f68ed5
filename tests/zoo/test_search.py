"""Search the zoo by name, task, data, size and figures."""

import json
from dataclasses import replace

import pytest

import nnzoo
from nnzoo.errors import UnknownComponentError, UsageError
from nnzoo.plugins.registry import Registry
from nnzoo.zoo.search import Condition, condition

BUILTINS = Registry(disabled=["all"])
CARDS = {found.name: found.card for found in nnzoo.list_models(registry=BUILTINS)}


def names(*arguments, **conditions):
    return [str(found) for found in nnzoo.list_models(*arguments, **conditions, registry=BUILTINS)]


def test_a_part_of_a_name_is_enough():
    assert names("large") == names("*.large") == ["mnist-mlp.large"]
    assert names("mnist-m*") == ["mnist-mlp.relu", "mnist-mlp.sigmoid", "mnist-mlp.large"]
    assert names("nothing-like-it") == []


def test_summary_tags_and_data_are_searched_too():
    assert names("SIGMOID") == ["mnist-mlp.sigmoid"]
    assert names("small data set") == ["digits-mlp.relu"]  # of the summary
    assert set(names("classification")) == set(CARDS)  # a tag


def test_conditions_hold_together():
    assert names("mlp.relu", dataset="digits") == names("mlp.relu", max_parameters=5000) == ["digits-mlp.relu"]
    assert names("mlp", metric=["accuracy>98%", "loss < 0.05"]) == ["mnist-mlp.large"]
    assert names("mnist", metric="accuracy>=97.93%", max_parameters=60_000) == ["mnist-mlp.relu", "mnist-mlp.sigmoid"]
    assert set(names(task="classification")) == {name for name, card in CARDS.items() if card.task == "classification"}


def test_the_best_figure_comes_first_and_the_smallest_network():
    mnist = [name for name in CARDS if name.startswith("mnist-mlp")]
    assert names("mnist-mlp", sort="accuracy") == sorted(mnist, key=lambda name: -CARDS[name].test_accuracy)
    assert names("mnist-mlp", sort="loss") == sorted(mnist, key=lambda name: CARDS[name].test_loss)
    assert names("mnist-mlp", sort="Accuracy") == names("mnist-mlp", sort="accuracy")  # as tables show it
    assert condition("bits per character < 2") == Condition("bits_per_character", "<", 2)
    assert names(sort="parameters") == sorted(CARDS, key=lambda name: CARDS[name].parameters)


def test_a_figure_of_a_plugin_is_found_by_its_own_name(monkeypatch):
    """Names are written as the metric has them, or in small letters."""
    card = CARDS["mnist-mlp.relu"]
    named = replace(card, figures=tuple(replace(figure, name="Top 3 AUC") for figure in card.figures[:1]))
    monkeypatch.setattr("nnzoo.zoo.search.card_of", lambda entry: named if entry.model.name == card.name else card)
    for spelled in ("Top 3 AUC", "top_3_auc"):
        assert card.name in names(metric=f"{spelled}>=0")
        assert names(sort=spelled)[0] == card.name


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ({"task": "clasification"}, "did you mean classification"),
        ({"dataset": "digit"}, "did you mean digits"),
        ({"metric": "acuracy>0.9"}, "did you mean accuracy"),
        ({"metric": "accuracy"}, "'accuracy>0.99'"),
        ({"metric": "accuracy>high"}, "'accuracy>0.99'"),
        ({"metric": "accuracy>1e"}, "'accuracy>0.99'"),
        ({"sort": "parameter"}, "did you mean parameters"),
    ],
)
def test_an_unknown_condition_is_an_error_with_the_nearest_name(conditions, told):
    with pytest.raises(UsageError) as error:
        names(**conditions)
    assert told in str(error.value.hint)


def test_the_command_does_the_same(nnzoo_here, tmp_path):
    asked = ("zoo", "list", "mnist", "--metric", "accuracy>0.98", "--sort", "parameters")
    rows = json.loads(nnzoo_here(tmp_path, *asked, "--json").stdout)
    rows = [row for row in rows if row["name"].startswith("mnist-mlp")]  # whatever is installed beside them
    assert [row["name"] for row in rows] == ["mnist-mlp.relu", "mnist-mlp.large"]
    assert rows[0]["figures"]["accuracy"] == rows[0]["test_accuracy"] > 0.98
    assert nnzoo_here(tmp_path, "zoo", "list", "--task", "nothing").code == 2


def test_a_model_is_loaded_by_name_file_or_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network = nnzoo.load_model("nnzoo/digits-mlp", registry=BUILTINS)
    network.save("digits-mlp.safetensors")
    again = nnzoo.load_model(tmp_path / "digits-mlp.safetensors", registry=BUILTINS)
    assert (again.network.parameters.vector == network.network.parameters.vector).all()
    with pytest.raises(UnknownComponentError, match=r"did you mean digits-mlp"):
        nnzoo.load_model("digit-mlp", registry=BUILTINS)
