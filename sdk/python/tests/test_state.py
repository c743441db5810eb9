"""States without a framework, and with arrays of NumPy: what is saved comes back as it was."""

import math
import uuid
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import modelbox
from modelbox.errors import CorruptData
from modelbox.state.dtypes import DTYPES
from modelbox.state.header import read_header, write_header
from modelbox.state.layout import lay_out
from modelbox.state.put_together import PutTogether
from modelbox.state.tree import take_apart
from modelbox.state.tree_file import read_tree

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary(max_size=64)
    | st.complex_numbers()
)
_KEYS = (
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(max_size=8) | st.tuples(st.integers())
)
_STATES: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(_KEYS, inner, max_size=4)
        | st.dictionaries(st.text(), inner, max_size=4).map(OrderedDict)
        | st.dictionaries(st.sampled_from(["$tensor", "$dict", "a"]), inner)
    ),
    max_leaves=20,
)


def _nothing(*_arguments: object) -> None:
    """In place of arrays and objects, where there are none."""


def _again(state: Any, into: Any = None) -> Any:
    """Through state.json alone."""
    tree = read_tree(lay_out(take_apart(state, ())).tree)
    return PutTogether((), _nothing, _nothing).build(tree.root, into)


def _exact(value: Any) -> Any:
    """What two values must have in common to be the same: types, order, signs of zero, and that NaN is NaN."""
    if isinstance(value, dict):
        return type(value), [(_exact(key), _exact(one)) for key, one in value.items()]  # type: ignore[misc]
    if isinstance(value, (list, tuple)):
        return type(value), [_exact(one) for one in value]  # type: ignore[misc]
    return type(value), repr(value)  # type: ignore[misc]


@given(_STATES)
def test_any_tree_comes_back_as_it_was(state: Any) -> None:
    assert _exact(_again(state)) == _exact(state)


def test_what_is_no_plain_value_keeps_its_type() -> None:
    state = {
        "counter": Counter({3: 2}),
        "set": {1, "a"},
        "frozen": frozenset({2}),
        "array": bytearray(b"x"),
        "big": 1 << 9_000,
        "infinite": [math.inf, -math.inf],
    }
    found = _again(state)
    assert found == state
    assert {key: type(one) for key, one in found.items()} == {key: type(one) for key, one in state.items()}


def test_what_needs_pickle_is_refused_by_its_place() -> None:
    with pytest.raises(modelbox.InvalidInput, match=r"state\['a'\]\[0\] is of the type .*complicated"):
        take_apart({"a": [type("complicated", (), {})()]}, ())
    endless: Any = []
    endless.append(endless)
    with pytest.raises(modelbox.InvalidInput, match="contain itself"):
        take_apart(endless, ())


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b'{"format":"modelbox-state","version":1,"dtypes":{},"state":1,"state":2}',
        b'{"format":"other","version":1,"dtypes":{},"state":1}',
        b'{"format":"modelbox-state","version":1,"dtypes":{},"state":NaN}',
        b'{"format":"modelbox-state","version":1,"dtypes":{},"state":' + b"[" * 100_000,
    ],
)
def test_a_tree_that_can_not_be_is_refused(text: bytes) -> None:
    with pytest.raises(CorruptData):
        read_tree(text)


_WRONG_NODES: list[Any] = [
    {"$tuple": 1},
    {"$dict": 1},
    {"$dict": [[1]]},
    {"$dict": [[1, 2], [1, 3]]},
    {"$dict": [[{"$dict": []}, 1]]},
    {"$int": "x"},
    {"$float": []},
    {"$complex": [1]},
    {"$bytes": "?"},
    {"$set": [{"$bytearray": ""}]},
]


@pytest.mark.parametrize("node", _WRONG_NODES)
def test_a_node_that_can_not_be_is_refused(node: Any) -> None:
    with pytest.raises(CorruptData):
        PutTogether((), _nothing, _nothing).build(node, None)


def test_a_header_with_gaps_overlaps_or_wrong_sizes_is_refused() -> None:
    before, offsets, size = write_header(
        [("a", DTYPES["float32"], (2, 3)), ("b", DTYPES["int8"], (5,)), ("none", DTYPES["int8"], (0, 4))], {}
    )
    assert offsets == [len(before), len(before) + 24, len(before) + 29]
    assert len(before) % 64 == 0
    assert {name: entry.shape for name, entry in read_header(before, "f", size).items()} == {
        "a": (2, 3),
        "b": (5,),
        "none": (0, 4),
    }
    for wrong in (
        before.replace(b"[24,29]", b"[25,30]"),
        before.replace(b"[24,29]", b"[23,28]"),
        before.replace(b"[2,3]", b"[2,4]"),
        before.replace(b"[2,3]", b"[-2,-3]"),
        before.replace(b'"b"', b'"a"'),
        before.replace(b"F32", b"F99"),
        before[:-70],
    ):
        assert wrong != before
        with pytest.raises(CorruptData):
            read_header(wrong, "f", size)
    with pytest.raises(CorruptData):
        read_header(before, "f", size + 1)


@pytest.fixture
def experiment(box: modelbox.ModelBox) -> modelbox.Experiment:
    return box.new_experiment("run", namespace=f"n-{uuid.uuid4().hex}")


def test_arrays_are_saved_and_restored(experiment: modelbox.Experiment) -> None:
    np = pytest.importorskip("numpy")
    base = np.arange(3_000_000, dtype=np.float32).reshape(1500, 2000)
    state: dict[Any, Any] = {
        "big": base,
        "tied": base,
        "view": base[3:40:5, ::-2],
        "endian": np.arange(5, dtype=">i4"),
        "zero": np.float64(1.5),
        "empty": np.zeros((0, 3), np.int16),
        "scalar": np.array(7, dtype=np.uint16),
        "complex": np.array([1 + 2j], dtype=np.complex64),
        "odd": np.array([True, False, True]),
        "long": bytes(range(256)) * 300,
        "random": np.random.default_rng(1).bit_generator.state,
        1: {"int key": None},
    }
    assert experiment.restore() is None
    handle = experiment.save(state, 1)
    base_before = base.copy()
    base[:] = -1  # The copy has been taken.
    checkpoint = handle.result(60)
    assert checkpoint is not None
    assert experiment.latest_checkpoint() == checkpoint
    found = experiment.restore()
    assert list(found) == list(state)
    assert found["big"] is found["tied"]
    np.testing.assert_array_equal(found["big"], base_before)
    np.testing.assert_array_equal(found["view"], base_before[3:40:5, ::-2])
    for key in ("endian", "empty", "scalar", "complex", "odd"):
        np.testing.assert_array_equal(found[key], state[key])
        assert found[key].shape == state[key].shape
    assert type(found["zero"]) is np.float64
    assert found["long"] == state["long"]
    assert found["random"] == state["random"]
    assert found[1] == {"int key": None}
    sizes = {file.path: file.size_bytes for file in checkpoint.files()}
    assert set(sizes) == {"state.json", "state.safetensors"}
    assert sizes["state.safetensors"] < 1.2 * base.nbytes


class _Fresh:
    """Its state is made for whoever asks, and nobody else has it."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def state_dict(self) -> Any:
        return self._make()


def test_values_that_are_made_for_the_save_alone_are_told_apart(experiment: modelbox.Experiment) -> None:
    np = pytest.importorskip("numpy")
    kinds: list[Callable[[int], Any]] = [
        lambda index: np.float32(index),
        lambda index: np.int64(index),
        lambda index: np.zeros((0, index)),
        lambda index: bytes([index]) * 5_000,
        lambda index: bytearray([index]) * 5_000,
    ]
    parts = [(make, index) for index in range(20) for make in kinds]
    state = [_Fresh(lambda make=make, index=index: {"a": make(index)}) for make, index in parts]
    experiment.save(state, 1, wait=True)
    for (make, index), restored in zip(parts, experiment.restore(), strict=True):
        expected, found = make(index), restored["a"]
        assert type(found) is type(expected)
        assert np.shape(found) == np.shape(expected)
        assert np.array_equal(found, expected)


def test_what_is_still_being_saved_is_restored(experiment: modelbox.Experiment) -> None:
    for step in range(3):
        experiment.save({"step": step, "bytes": bytes(200_000)}, step)
        assert experiment.restore()["step"] == step
        assert experiment.restore(f"step-{step}")["step"] == step
    # A save that fails is told by the next one, and what is there is restored.
    experiment.save({"step": "another"}, 2)
    assert experiment.restore()["step"] == 2
    with pytest.raises(modelbox.AlreadyExists):
        experiment.save({"step": 3}, 3)


def test_long_bytes_come_back(experiment: modelbox.Experiment) -> None:
    state = {"bytes": b"ab" * 150_000, "bytearray": bytearray(b"cd" * 150_000)}
    experiment.save(state, 1, wait=True)
    restored = experiment.restore()
    assert restored == state
    assert [type(value) for value in restored.values()] == [bytes, bytearray]


def test_into_takes_what_it_names_and_nothing_is_written_where_it_does_not_fit(
    experiment: modelbox.Experiment,
) -> None:
    np = pytest.importorskip("numpy")
    weights = np.arange(400_000, dtype=np.float64).reshape(400, 1000)
    saved = experiment.save({"a": weights, "b": weights + 1, "step": 7}, 1, wait=True).result()
    assert saved is not None
    target, turned = np.zeros((400, 1000)), np.zeros((1000, 400), np.float32)
    found = saved.restore(into={"a": target, "step": None})
    assert set(found) == {"a", "step"}
    assert found["a"] is target
    assert found["step"] == 7
    np.testing.assert_array_equal(target, weights)
    saved.restore(into={"b": turned.T})
    np.testing.assert_array_equal(turned.T, (weights + 1).astype(np.float32))
    target[:] = 0
    with pytest.raises(modelbox.InvalidInput, match=r"state\['b'\] has the shape"):
        saved.restore(into={"a": target, "b": np.zeros(3)})
    with pytest.raises(modelbox.InvalidInput, match=r"no state\['c'\]"):
        saved.restore(into={"a": target, "c": None})
    assert not target.any()


def test_successive_states_share_what_has_not_changed(experiment: modelbox.Experiment) -> None:
    np = pytest.importorskip("numpy")
    frozen = np.random.default_rng(2).random(4_000_000)
    for step in range(3):
        experiment.save({"frozen": frozen, "head": np.full(1000, step), "step": step}, step)
    experiment.connection.flush()
    assert [one.step for one in experiment.checkpoints(order_by="step")] == [0, 1, 2]
    assert experiment.restore("step-1")["step"] == 1
    # Bytes that are stored once, whoever names them.
    with modelbox.ModelBox(experiment.connection.base_url) as box:
        use = box.namespace_storage(experiment.namespace_id)
    assert use.stored_bytes < 1.5 * frozen.nbytes


def test_pickled_objects_are_refused_without_asking(experiment: modelbox.Experiment) -> None:
    experiment.save({"x": _Own(3), "y": 1}, 1, allow_pickle=True, wait=True)
    with pytest.raises(modelbox.InvalidInput, match="allow_pickle=True"):
        experiment.restore()
    assert experiment.restore(allow_pickle=True)["x"].value == 3
    assert experiment.restore(into={"y": None}) == {"y": 1}


def test_other_checkpoints_are_no_states(experiment: modelbox.Experiment) -> None:
    experiment.new_checkpoint(1, {"model.bin": b"x"})
    with pytest.raises(modelbox.InvalidInput, match="not saved by"):
        experiment.restore()


class _Own:
    def __init__(self, value: int) -> None:
        self.value = value
