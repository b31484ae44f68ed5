"""Hyperparameters: one declaration, and from it checks, help, text and JSON."""

import json
import math
from dataclasses import FrozenInstanceError, dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import pytest
from annotated_types import Ge, Gt, Interval, Le, Len, Lt, doc
from hypothesis import given
from hypothesis import strategies as st

from nnzoo import hyperparameters, registry
from nnzoo.api import Schedule
from nnzoo.builtin.activations import Relu
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.models import Mlp
from nnzoo.builtin.optimizers import Momentum, Sgd
from nnzoo.builtin.schedules import Constant, OneCycle
from nnzoo.checking import make_adapter
from nnzoo.component import parse_spec
from nnzoo.errors import HyperparameterError, UsageError


@dataclass(frozen=True)
class Sampler(Schedule):
    """One hyperparameter of each type."""

    name: ClassVar[str] = "sampler"
    power: Annotated[float, Gt(0), doc("how steep")]
    period: Annotated[int, Interval(ge=1, lt=100), doc("steps in a turn")] = 10
    shape: Annotated[Literal["saw", "sine"], doc("the curve")] = "saw"
    mirrored: Annotated[bool, doc("run backwards")] = False
    marks: Annotated[tuple[Annotated[float, Ge(0)], ...], doc("where it rests")] = (0.5,)

    def factor(self, step, total_steps):
        return 1.0


samplers = st.builds(
    Sampler,
    power=st.floats(0, exclude_min=True, allow_infinity=False),
    period=st.integers(1, 99),
    shape=st.sampled_from(["saw", "sine"]),
    mirrored=st.booleans(),
    marks=st.lists(st.floats(0, 1e300), min_size=1, max_size=4).map(tuple),
)
built_ins = st.one_of(
    st.just(Sgd()),
    st.builds(Momentum, beta=st.floats(0, 1, exclude_max=True)),
    st.just(Constant()),
    st.builds(OneCycle, warmup=st.floats(0, 0.99), start=st.floats(0.01, 1)),
    st.builds(Dense, units=st.integers(1, 1000), initialization=st.sampled_from(["he", "glorot", "zeros"])),
    st.builds(Mlp, hidden=st.lists(st.integers(1, 1000), min_size=1, max_size=4)),
)


# --- there and back ------------------------------------------------------------------------------------------------


@given(built_ins)
def test_text_and_back(component):
    assert registry.build(component.kind, str(component)) == component


@given(samplers)
def test_text_and_back_for_every_type(component):
    name, options = parse_spec(str(component))
    assert (name, Sampler.from_options(options)) == ("sampler", component)


@given(st.one_of(built_ins, samplers))
def test_json_and_back(component):
    assert type(component).from_options(json.loads(json.dumps(component.to_options()))) == component


HINTS = [
    bool,
    int,
    Annotated[int, Ge(0), Lt(10)],
    Annotated[float, Gt(0), Le(1), doc("a share")],
    str,
    Literal["saw", 1, True],
    float | None,
    Annotated[float | None, Gt(0)],
    Annotated[int, Ge(1)] | Literal["auto"],
    tuple[Annotated[float, Ge(0)], ...],
    Annotated[tuple[str, ...], Len(1, 2), doc("one or two")],
    tuple[int, str],
]
any_value = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(["saw", "auto", 1, 10**400])
    )
    | st.just(Activate(Relu())),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)


@given(st.sampled_from(HINTS), any_value)
def test_the_quick_check_accepts_only_values_that_pydantic_accepts(hint, value):
    if hyperparameters._fits(value, hint):
        taken = make_adapter(hint, hyperparameters._VALIDATION).validate_python(value, strict=True)
        assert (type(taken), taken) == (type(value), value)


@pytest.mark.parametrize(
    ("value", "hint"),
    [(3, HINTS[2]), (0.5, HINTS[3]), ("saw", HINTS[5]), (None, HINTS[7]), ("auto", HINTS[8]), ((0.0, 2.5), HINTS[9])],
    ids=str,
)
def test_plainly_valid_values_need_no_pydantic(value, hint):
    assert hyperparameters._fits(value, hint)


@dataclass(frozen=True)
class Words(Schedule):
    """Has texts."""

    name: ClassVar[str] = "words"
    said: tuple[str, ...] = ()

    def factor(self, step, total_steps):
        return 1.0


def test_a_list_of_one_empty_text_is_an_empty_list_as_it_is_when_written():
    assert Words(("",)).said == Words.from_options({"said": ""}).said == ()


def test_a_model_without_hidden_layers_there_and_back():
    linear = Mlp(hidden=())
    assert Mlp.from_options(json.loads(json.dumps(linear.to_options()))) == linear
    assert registry.build("model", str(linear)) == linear


def test_a_component_inside_a_component_there_and_back():
    layer = Activate(Relu())
    assert registry.build("layer", "activate", json.loads(json.dumps(layer.to_options()))) == layer


# --- parse_spec ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sgd", ("sgd", {})),
        (" sgd ", ("sgd", {})),
        ("momentum:beta=0.5", ("momentum", {"beta": "0.5"})),
        ("momentum: beta = 0.5 ", ("momentum", {"beta": "0.5"})),
        ("one-cycle:warmup=0.1,start=0.2", ("one-cycle", {"warmup": "0.1", "start": "0.2"})),
        ("mlp:hidden=128,64,32", ("mlp", {"hidden": ["128", "64", "32"]})),
        ("x:a=1,2,b=3", ("x", {"a": ["1", "2"], "b": "3"})),
        ("x:two-words=1", ("x", {"two_words": "1"})),
        ("x:a=b=c", ("x", {"a": "b=c"})),
        ("some-package/x:a=1", ("some-package/x", {"a": "1"})),
    ],
)
def test_parse_spec(text, expected):
    assert parse_spec(text) == expected


@pytest.mark.parametrize("text", ["", " ", ":", ":a=1", "x:", "x:a", "x:=1", "x:a=1,,b=2", "x:a=1,", "x:a=1,a=2"])
def test_parse_spec_refuses(text):
    with pytest.raises(UsageError):
        parse_spec(text)


@given(st.text(st.sampled_from("ab1:=,-_ /.\n"), max_size=20))
def test_parse_spec_reads_or_refuses_any_text(text):
    try:
        name, options = parse_spec(text)
    except UsageError:
        return
    assert name
    assert name == name.strip()
    assert all(key and "-" not in key for key in options)


@given(st.text(max_size=20))
def test_any_text_as_an_optimizer_is_one_or_a_usage_error(text):
    try:
        component = registry.build("optimizer", text)
    except UsageError:
        return
    assert component.kind == "optimizer"


# --- values --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("beta", [-0.1, 1, 1.5, math.nan, math.inf, -math.inf, True, None, [0.5], 10**400])
def test_a_value_out_of_range_or_of_another_type_is_refused(beta):
    with pytest.raises(HyperparameterError, match=r"^optimizer momentum: beta = .* is not allowed"):
        Momentum(beta=beta)


@pytest.mark.parametrize("beta", ["", "x", "nan", "inf", "-1", "1", "0.5,0.6", "true"])
def test_text_out_of_range_or_of_another_type_is_refused(beta):
    with pytest.raises(HyperparameterError, match=r"0 <= beta < 1, default 0\.9"):
        registry.build("optimizer", "momentum", {"beta": beta})


@pytest.mark.parametrize("units", [0, -1, 1.5, 2.0, True, None])
def test_an_integer_is_an_integer(units):
    with pytest.raises(HyperparameterError, match="1 <= units"):
        Dense(units)


@pytest.mark.parametrize("hidden", [(0,), (64, -1), (64.0,), (True,), ("a",), ((1, 2),)])
def test_every_item_of_a_list_is_checked(hidden):
    with pytest.raises(HyperparameterError, match="model mlp: hidden"):
        Mlp(hidden=hidden)


def test_lists_become_tuples():
    assert Mlp(hidden=[3, 4]).hidden == (3, 4)
    assert Mlp.from_options({"hidden": ["3", "4"]}).hidden == (3, 4)
    assert Mlp.from_options({"hidden": "3"}).hidden == (3,)


def test_numpy_scalars_become_pythons_own_numbers():
    # A float that is np.float64 would turn float32 arithmetic into float64.
    assert type(Momentum(beta=np.float64(0.5)).beta) is float
    assert type(Momentum(beta=np.float32(0.5)).beta) is float
    assert type(Momentum(beta=0).beta) is float
    assert type(Momentum.from_options({"beta": np.float64(0.5)}).beta) is float
    assert type(Dense(np.int64(3)).units) is int
    assert [type(units) for units in Mlp(hidden=[np.int64(3)]).hidden] == [int]


def test_arrays_and_numpy_booleans_become_python_values():
    for hidden in (np.array([3, 4]), np.array([3, 4], np.uint8), (np.array(3), 4)):
        assert Mlp(hidden=hidden).hidden == (3, 4)
        assert registry.build("model", "mlp", {"hidden": hidden}) == Mlp(hidden=(3, 4))
    assert Mlp(hidden=np.array([])).hidden == ()
    for flag in (np.True_, np.array(True)):
        assert Sampler(power=1, mirrored=flag).mirrored is True
    for wrong in (np.array([[3, 4]]), np.array([3.5]), np.array(["x"]), np.array([True])):
        with pytest.raises(HyperparameterError, match="hidden"):
            Mlp(hidden=wrong)
    with pytest.raises(HyperparameterError, match="mirrored = 1"):
        Sampler(power=1, mirrored=np.int64(1))


def test_numpy_scalars_as_options():
    assert registry.build("model", "mlp", {"hidden": [np.int64(3), 4]}) == Mlp(hidden=(3, 4))
    assert registry.build("optimizer", "momentum", {"beta": np.float32(0.5)}) == Momentum(beta=0.5)


def test_text_is_converted_to_every_type():
    options = {"power": "2", "period": "7", "shape": "sine", "mirrored": "true", "marks": ["0", "1e-3"]}
    assert Sampler.from_options(options) == Sampler(2.0, 7, "sine", True, (0.0, 1e-3))


def test_text_and_numbers_do_not_mix_in_one_list():
    with pytest.raises(HyperparameterError):
        Mlp.from_options({"hidden": ["3", 4]})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"power": 1.0, "period": 100}, "period = 100 is not allowed"),
        ({"power": 1.0, "shape": "square"}, "shape = square is not allowed"),
        ({"power": 1.0, "mirrored": 1}, "mirrored = 1 is not allowed"),
        ({"power": 1.0, "marks": [0.5, -0.5]}, "marks = 0.5,-0.5 is not allowed"),
        ({"power": 0}, "power = 0 is not allowed"),
    ],
)
def test_messages_name_component_hyperparameter_and_value(options, message):
    with pytest.raises(HyperparameterError) as caught:
        Sampler.from_options(options)
    assert caught.value.message == f"schedule sampler: {message}"
    assert caught.value.exit_code == 2


def test_the_hint_has_the_allowed_range():
    with pytest.raises(HyperparameterError) as caught:
        Momentum(beta=2.0)
    assert caught.value.hint == (
        "beta (float, 0 <= beta < 1, default 0.9): share of the old velocity that is kept at each step"
    )


def test_a_missing_required_hyperparameter_is_refused():
    with pytest.raises(HyperparameterError, match="power"):
        Sampler.from_options({})


def test_an_unknown_hyperparameter_offers_the_nearest():
    with pytest.raises(HyperparameterError, match=r"^optimizer momentum has no hyperparameter 'betta'") as caught:
        Momentum.from_options({"betta": "0.5"})
    assert "did you mean beta?" in caught.value.hint
    with pytest.raises(HyperparameterError, match="it takes none"):
        Sgd.from_options({"beta": "0.5"})


def test_components_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Momentum().beta = 0.5
    assert hash(Momentum()) == hash(Momentum(beta=0.9))


# --- help ----------------------------------------------------------------------------------------------------------


def test_hyperparameters_describe_themselves():
    assert [str(h) for h in Sampler.hyperparameters()] == [
        "power (float, 0 < power)",
        "period (int, 1 <= period < 100, default 10)",
        "shape (saw or sine, default saw)",
        "mirrored (bool, default False)",
        "marks (list of float, 0 <= marks, default 0.5)",
    ]
    assert [h.description for h in Sampler.hyperparameters()][:2] == ["how steep", "steps in a turn"]
    assert [h.required for h in Sampler.hyperparameters()] == [True, False, False, False, False]


@dataclass(frozen=True)
class Optional(Schedule):
    """A hyperparameter that may be left open."""

    name: ClassVar[str] = "optional"
    ceiling: Annotated[float | None, doc("highest factor, if there is one")] = None
    share: Annotated[float, Ge(0), Lt(1)] = 0.5

    def factor(self, step, total_steps):
        return 1.0


def test_an_optional_hyperparameter():
    assert Optional().ceiling is None
    assert Optional(ceiling=2.0).ceiling == 2
    assert Optional.from_options({"ceiling": "2"}).ceiling == 2
    assert Optional.from_options(json.loads(json.dumps(Optional().to_options()))) == Optional()
    assert Optional.from_options(parse_spec(str(Optional()))[1]) == Optional()
    with pytest.raises(HyperparameterError, match="share = None is not allowed"):
        Optional.from_options({"share": "None"})
    assert "<class" not in str(Optional.hyperparameters()[0])
