"""The bound calls, run as an engine runs them: again and again over the same arrays."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nn_loss import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Huber, Loss, LossFrame

Array = np.ndarray[Any, np.dtype[Any]]
Batch = Callable[..., tuple[Array, Array, Array]]
Bind = Callable[..., LossFrame]


def run(program: list[tuple[Any, ...]]) -> None:
    for kernel, *arguments in program:
        kernel(*arguments)


def allocated_by_the_second_run(program: list[tuple[Any, ...]], dtype: str) -> int:
    """Return the peak in bytes, with a buffer of 4 KiB for each operand: numpy 2.0 keeps one while it broadcasts."""
    with np.errstate(all="ignore"):
        np.setbufsize(4096 // np.dtype(dtype).itemsize)
        run(program)
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            run(program)
            return tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("rows", [64, 4096])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("grad", [False, True], ids=["value", "gradient"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_running_again_allocates_nothing(
    loss: Loss, batch: Batch, bind: Bind, rows: int, weighted: bool, grad: bool, dtype: str
) -> None:
    scores, targets, weights = batch(loss, (rows, 4), dtype=dtype)
    program = list(loss.calls(bind(loss, scores, targets, weights if weighted else None, grad=grad)))
    assert allocated_by_the_second_run(program, dtype) < 16 * 1024


@pytest.mark.parametrize("rows", [64, 4096])
@pytest.mark.parametrize(
    "loss", [MSE(), MAE(), Huber(), CrossEntropy(), CrossEntropy(0.1), BinaryCrossEntropy(), BinaryCrossEntropy(2.0)]
)
def test_ten_outputs_allocate_nothing_either(loss: Loss, batch: Batch, bind: Bind, rows: int) -> None:
    scores, targets, weights = batch(loss, (rows, 10), dtype="float32")
    program = list(loss.calls(bind(loss, scores, targets, weights)))
    assert allocated_by_the_second_run(program, "float32") < 16 * 1024


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_a_bound_program_reads_what_the_arrays_now_hold(loss: Loss, batch: Batch, bind: Bind, weighted: bool) -> None:
    scores, targets, weights = batch(loss)
    given = weights if weighted else None
    f = bind(loss, scores, targets, given)
    program = list(loss.calls(f))
    run(program)
    for array, fresh in zip((scores, targets, weights), batch(loss, seed=5), strict=True):
        array[...] = fresh
    f.denominator[0] = weights.sum() if weighted else len(scores)
    run(program)
    out = np.empty_like(scores)
    assert f.value[0] == loss.value_and_grad(scores, targets, out=out, weights=given)
    assert f.dscores is not None
    np.testing.assert_array_equal(f.dscores, out)


def test_a_short_batch_uses_views_of_the_same_arrays(loss: Loss, batch: Batch, bind: Bind) -> None:
    scores, targets, weights = batch(loss, (16, 4))
    whole = bind(loss, scores, targets, weights)
    assert whole.dscores is not None
    f = LossFrame(
        scores[:5], targets[:5], weights[:5], whole.denominator, whole.value, whole.dscores[:5],
        {name: array[:5] for name, array in whole.s.items()},
    )  # fmt: skip
    f.denominator[0] = weights[:5].sum()
    run(list(loss.calls(f)))
    out = np.empty((5, 4))
    assert f.value[0] == loss.value_and_grad(scores[:5], targets[:5], out=out, weights=weights[:5])
    np.testing.assert_array_equal(whole.dscores[:5], out)
    assert np.isnan(whole.dscores[5:]).all()


def test_inputs_are_not_written_and_dtypes_are_kept(loss: Loss, batch: Batch, bind: Bind) -> None:
    inputs = batch(loss, dtype="float32")
    before = [array.copy() for array in inputs]
    for array in inputs:
        array.flags.writeable = False
    f = bind(loss, *inputs)
    run(list(loss.calls(f)))
    for array, copy in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(array, copy)
    arrays = [a for _, *arguments in loss.calls(f) for a in arguments if isinstance(a, np.ndarray)]
    floats = {a.dtype for a in arrays if a.dtype.kind == "f" and a is not f.denominator and a is not f.value}
    assert floats == {np.dtype("float32")}


def test_value_alone_has_fewer_or_as_many_calls_and_no_gradient(loss: Loss, batch: Batch, bind: Bind) -> None:
    scores, targets, _ = batch(loss)
    alone = [call[0].__name__ for call in loss.calls(bind(loss, scores, targets, grad=False))]
    both = [call[0].__name__ for call in loss.calls(bind(loss, scores, targets))]
    assert not [name for name in alone if "grad" in name]
    assert len(alone) <= len(both)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "uint64", ">i4"])
def test_labels_of_any_integer_dtype(batch: Batch, dtype: str) -> None:
    for loss in (CrossEntropy(), CrossEntropy(class_weights=(1.0, 2.0, 3.0, 4.0))):
        scores, labels, _ = batch(loss)
        expected = loss.value_and_grad(scores, labels)
        assert loss.value_and_grad(scores, labels.astype(dtype)) == expected


def test_class_weights_set_the_denominator(batch: Batch, bind: Bind) -> None:
    loss = CrossEntropy(class_weights=(1.0, 2.0, 4.0, 8.0))
    scores, labels, weights = batch(loss)
    f = bind(loss, scores, labels, weights)
    run(list(loss.calls(f)))
    assert f.denominator[0] == pytest.approx(float((2.0**labels * weights).sum()))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_batch_without_weight_has_no_loss_and_no_gradient(bind: Bind, smoothing: float) -> None:
    loss = CrossEntropy(label_smoothing=smoothing, class_weights=(0.0, 1.0))
    f = bind(loss, np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0, 0]))
    run(list(loss.calls(f)))
    assert f.value[0] == 0.0
    assert f.dscores is not None
    assert not f.dscores.any()


def test_a_batch_of_rows_that_count_nothing(loss: Loss, batch: Batch, bind: Bind) -> None:
    scores, targets, weights = batch(loss)
    f = bind(loss, scores, targets, 0.0 * weights)
    run(list(loss.calls(f)))
    assert f.value[0] == 0.0
    assert f.dscores is not None
    assert not f.dscores.any()
