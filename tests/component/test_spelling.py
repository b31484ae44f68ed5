"""Components in components as text: what is written comes back, at any depth, and files keep their names."""

import json
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import pytest
from annotated_types import Ge, Len, doc
from hypothesis import given
from hypothesis import strategies as st

from nnzoo.api import Activation, Schedule
from nnzoo.builtin.activations import Identity, Relu
from nnzoo.builtin.schedules import Constant, OneCycle
from nnzoo.component import parse_spec, with_inner
from nnzoo.errors import HyperparameterError, UnknownComponentError, UsageError
from nnzoo.plugins.registry import Registry
from nnzoo.spelling import Written, spell_text, unbalanced
from nnzoo.testing import checks_for

REGISTRY = Registry(disabled=["all"])


@REGISTRY.register
@dataclass(frozen=True)
class Parts(Schedule):
    """All sorts of hyperparameters, components among them."""

    name: ClassVar[str] = "parts"
    first: Annotated[Schedule, doc("one")] = field(default_factory=Constant)
    perhaps: Annotated[Activation | None, doc("one or none")] = None
    several: Annotated[tuple[Schedule, ...], Len(0, 4), doc("several")] = ()
    either: Annotated[tuple[Activation, ...] | None, doc("several or none")] = None
    title: Annotated[str, doc("text")] = ""
    note: Annotated[str | None, doc("text or none")] = None
    words: Annotated[tuple[str, ...], doc("texts")] = ()
    sizes: Annotated[tuple[Annotated[float, Ge(0)] | None, ...], doc("numbers")] = ()
    flag: Annotated[bool | None, doc("yes, no or neither")] = None

    def factor(self, step, total_steps):
        return 1.0


texts = st.one_of(
    st.text(st.sampled_from("a1(),=\\: \n'\"-/"), max_size=8),
    st.text(max_size=6).filter(lambda text: not any("\ud800" <= sign <= "\udfff" for sign in text)),
    st.sampled_from(["None", "table (1).csv", "a,b.csv", "C:\\data\\(1)\\", "(old)", ":)", "x=(y)", "()"]),
)
activations = st.sampled_from([Relu(), Identity()])
schedules = st.recursive(
    st.one_of(st.just(Constant()), st.builds(OneCycle, warmup=st.floats(0, 0.9), start=st.floats(0.01, 1))),
    lambda inner: st.builds(
        Parts,
        first=inner,
        perhaps=st.none() | activations,
        several=st.lists(inner, max_size=3).map(tuple),
        either=st.none() | st.lists(activations, max_size=2).map(tuple),
        title=texts,
        note=st.none() | texts,
        words=st.lists(texts, max_size=3).map(tuple),
        sizes=st.lists(st.none() | st.floats(0, 1e300), max_size=3).map(tuple),
        flag=st.none() | st.booleans(),
    ),
    max_leaves=8,
)


@given(schedules)
def test_nested_components_survive_a_round_trip(component):
    assert REGISTRY.build("schedule", str(component)) == component
    options = json.loads(json.dumps(component.to_options()))
    assert REGISTRY.build("schedule", component.name, options) == component


@given(texts, st.booleans())
def test_any_text_comes_back_from_brackets(text, in_list):
    spelled = spell_text(text, in_list=in_list)
    assert unbalanced(f"({spelled})") is None
    for spec in (f"x:a={spelled},b=1", f"x:b=1,a={spelled}"):
        options = parse_spec(spec)[1]
        assert (options["a"].text, options["b"]) == (text, "1")


@given(st.text(st.sampled_from("ab=(),\\: "), max_size=24))
def test_any_text_is_read_or_refused(text):
    try:
        component = REGISTRY.build("schedule", f"parts:{text}")
    except UsageError:
        return
    assert REGISTRY.build("schedule", str(component)) == component


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("x:a=(b:c=1,d=2),e=3", {"a": "(b:c=1,d=2)", "e": "3"}),
        ("x:a=(b:c=(d:e=1,f=2),g=3)", {"a": "(b:c=(d:e=1,f=2),g=3)"}),
        ("x:a=(b:c=1),(d) , e", {"a": ["(b:c=1)", "(d)", "e"]}),
        ("x:a = (b,c) ,d=1", {"a": "(b,c)", "d": "1"}),
        (r"x:a=(:\),b)", {"a": r"(:\),b)"}),
        # brackets within a value are characters like others
        ("csv:path=table (1).csv,target=a", {"path": "table (1).csv", "target": "a"}),
        ("csv:path=(1) table.csv,target=a", {"path": "(1) table.csv", "target": "a"}),
        ("csv:path=(old.csv,target=a", {"path": "(old.csv", "target": "a"}),
        ("csv:path=a).csv,target=b(", {"path": "a).csv", "target": "b("}),
        ("csv:path=f(1,2).csv", {"path": ["f(1", "2).csv"]}),
    ],
)
def test_brackets_hold_a_value_together(text, options):
    assert parse_spec(text)[1] == options


def test_brackets_are_removed_from_written_texts_but_not_from_python_s():
    assert REGISTRY.build("schedule", "parts:title=(a,b=c),note=(None)") == Parts(title="a,b=c", note="None")
    assert REGISTRY.build("schedule", "parts", {"title": "(a)", "words": ["(b)"]}) == Parts(title="(a)", words=("(b)",))
    assert REGISTRY.build("schedule", "one-cycle:warmup=(0.25)") == OneCycle(warmup=0.25)
    assert Written("((a)").text == "((a)"


def test_a_component_is_written_with_brackets_or_without():
    inner = OneCycle(warmup=0.25)
    for text in ("one-cycle:warmup=0.25", "(one-cycle:warmup=0.25)", "(nnzoo/one-cycle:warmup=0.25)"):
        assert REGISTRY.build("schedule", f"parts:first={text}") == Parts(first=inner)
        assert REGISTRY.build("schedule", "parts", {"first": text}) == Parts(first=inner)
    assert REGISTRY.build("schedule", f"parts:several=({inner})").several == (inner,)
    assert REGISTRY.build("schedule", "parts:several=(constant),one-cycle").several == (Constant(), OneCycle())
    changed = REGISTRY.build("schedule", Parts(first=inner), {"title": "x", "several": [inner, "constant"]})
    assert changed == Parts(first=inner, title="x", several=(inner, Constant()))
    assert list(with_inner(changed)) == [changed, inner, inner, Constant()]


@pytest.mark.parametrize(
    ("text", "error", "message", "hint"),
    [
        ("first=(one-cycle:warmup=0.5", UsageError, "first", "'(one-cycle:warmup=0.5' is not closed"),
        ("first=(one-cycle:warmup=0.5,start=0.5", UsageError, "first", "is not closed: add ')'"),
        ("first=(one-cycle:warmup=0.5))", UsageError, "first", "one ')' too many after '(one-cycle:warmup=0.5)'"),
        ("first=(constant)x", UsageError, "first", "brackets around the whole component"),
        ("title=(a,title=b", UsageError, "gives title twice", "is not closed"),
        ("first=constnt", UnknownComponentError, "schedule parts: first: there is no", "did you mean constant?"),
        ("several=(constant),(x)", UnknownComponentError, "schedule parts: several: there is no", "known are"),
        ("first=(parts:first=(one-cycle:warm=1))", HyperparameterError, "parts: first: schedule one-cycle", "warmup?"),
        ("first=one-cycle:warmup=0.5,start=0.5", HyperparameterError, "no hyperparameter 'start'", "first=(NAME:key"),
        ("perhaps=constant", UnknownComponentError, "no activation 'constant'", "constant is of kind schedule"),
        ("several=constant,constant,constant,constant,constant", HyperparameterError, "several", "list of Schedule"),
    ],
)
def test_messages_name_fault_place_and_remedy(text, error, message, hint):
    with pytest.raises(error) as caught:
        REGISTRY.build("schedule", f"parts:{text}")
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_types_of_components_are_described_and_enforced():
    assert [(h.name, h.type) for h in Parts.hyperparameters()][:4] == [
        ("first", "Schedule"),
        ("perhaps", "Activation or None"),
        ("several", "list of Schedule"),
        ("either", "list of Activation or None"),
    ]
    for wrong in ({"first": Relu()}, {"perhaps": Constant()}, {"several": (Relu(),)}, {"either": (Constant(),)}):
        with pytest.raises(HyperparameterError, match=next(iter(wrong))):
            Parts(**wrong)


def test_the_kit_checks_round_trips_of_nested_components():
    whole = Parts(first=Parts(title="(a", several=(OneCycle(), Constant())), perhaps=Relu(), words=("a,b", ""))
    for check in checks_for(whole):
        if check.name in ("round-trip", "frozen", "hyperparameters-refused", "defaults"):
            check()


def test_a_list_of_numbers_may_stand_in_brackets_and_a_text_keeps_its_commas():
    parts = REGISTRY.build("schedule", "parts:sizes=(1, 0.5),words=(a,b)")
    assert (parts.sizes, parts.words) == ((1.0, 0.5), ("a,b",))
    with pytest.raises(HyperparameterError):
        REGISTRY.build("schedule", "parts:sizes=(1,x)")


def test_the_depth_of_brackets_is_limited():
    with pytest.raises(UsageError, match="50 nested brackets"):
        REGISTRY.build("schedule", "parts:first=(" * 300 + "constant" + ")" * 300)
