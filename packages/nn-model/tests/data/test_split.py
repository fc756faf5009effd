"""Division of rows: every row once, every class in its share, and the properties of scikit-learn's splitters."""

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit

from nn_model.data import Split, k_fold, train_test_split
from nn_model.errors import DataError

Array = np.ndarray[Any, np.dtype[Any]]

classes = st.lists(st.integers(0, 4), min_size=4, max_size=60).map(np.array)
seeds = st.integers(0, 2**64)


@given(y=classes, seed=seeds, stratify=st.booleans(), share=st.floats(0.05, 0.7))
@settings(max_examples=300)
def test_every_row_is_used_once_and_keeps_its_label(y: Array, seed: int, stratify: bool, share: float) -> None:
    x = np.arange(len(y)) * 10
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        split = train_test_split(x, y, test_size=share, stratify=stratify, seed=seed)
    rows = np.concatenate([split.x_train, split.x_test]) // 10
    assert sorted(rows.tolist()) == list(range(len(y)))
    np.testing.assert_array_equal(np.concatenate([split.y_train, split.y_test]), y[rows])
    assert len(split.x_test) == int(np.ceil(round(share * len(y), 9)))


@given(y=classes, seed=seeds, share=st.floats(0.05, 0.95))
@settings(max_examples=300)
def test_every_class_is_within_one_row_of_its_share(y: Array, seed: int, share: float) -> None:
    n_test = min(int(np.ceil(share * len(y))), len(y) - 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        split = train_test_split(y, y, test_size=n_test, seed=seed)
    for name, count in zip(*np.unique(y, return_counts=True), strict=True):
        found = np.count_nonzero(split.y_test == name)
        assert abs(found - count * n_test / len(y)) <= 1


@given(counts=st.lists(st.integers(2, 40), min_size=2, max_size=5), seed=st.integers(0, 1000))
@settings(max_examples=200)
def test_class_counts_are_those_of_scikit_learn(counts: list[int], seed: int) -> None:
    y = np.repeat(np.arange(len(counts)), counts)
    n_test = max(len(counts), len(y) // 4)
    ours = np.bincount(train_test_split(y, y, test_size=n_test, seed=seed).y_test, minlength=len(counts))
    splitter = StratifiedShuffleSplit(1, test_size=n_test, random_state=seed)
    theirs = np.bincount(y[next(splitter.split(y, y))[1]], minlength=len(counts))
    assert ours.sum() == theirs.sum()
    exact = np.array(counts) * n_test / len(y)
    # Classes with equal remainders may exchange a row: the draw is each library's own.
    assert np.abs(ours - theirs).max() <= 1
    assert sorted((ours - np.floor(exact)).tolist()) == sorted((theirs - np.floor(exact)).tolist())
    np.testing.assert_allclose(np.abs(ours - exact).sum(), np.abs(theirs - exact).sum(), atol=1e-9)


@pytest.mark.parametrize(
    "y",
    [
        np.array(["a", "b"] * 10),
        np.array(["a", "b"] * 10, object),
        np.array([True, False] * 10),
        np.array([0.0, 1.0] * 10),
        np.array([[0], [1]] * 10),
        np.eye(2)[[0, 1] * 10],
    ],
    ids=["text", "text objects", "bools", "whole floats", "one column", "one-hot"],
)
def test_what_classes_may_be(y: Array) -> None:
    split = train_test_split(np.zeros((20, 3)), y, test_size=0.3)
    assert split.x_train.shape == (14, 3)
    assert split.y_test.shape == (6, *y.shape[1:])
    assert np.unique(split.y_test, axis=None if y.ndim == 1 else 0, return_counts=True)[1].tolist() == [3, 3]
    assert [len(test) for _, test in k_fold(y, 5)] == [4] * 5


def test_the_same_seed_gives_the_same_rows_in_every_version() -> None:
    x = np.arange(10.0)
    first = train_test_split(x, x, stratify=False, seed=7)
    again = train_test_split(x, x, stratify=False, seed=7)
    assert isinstance(first, Split)
    assert [part.tolist() for part in first] == [part.tolist() for part in again]
    assert first.x_test.tolist() != train_test_split(x, x, stratify=False, seed=8).x_test.tolist()
    # SeedSequence and PCG64 are under NumPy's promise of stable streams, so these rows never change.
    words = np.random.PCG64(np.random.SeedSequence(7)).random_raw(10)
    order = sorted(range(10), key=lambda row: int(words[row]))
    assert first.x_test.tolist() == order[:2]
    assert first.x_train.tolist() == order[2:]


def test_rows_come_shuffled() -> None:
    y = np.repeat([0, 1], 50)
    for stratify in True, False:
        split = train_test_split(np.arange(100), y, stratify=stratify)
        for part in split.x_train, split.x_test:
            assert part.tolist() != sorted(part.tolist())
        assert 0 < np.count_nonzero(np.diff(split.y_train)) < 79
        assert np.count_nonzero(np.diff(split.y_train)) > 20, "classes are mixed, too"


@pytest.mark.parametrize(
    ("size", "n", "rows"),
    [
        (0.2, 10, 2),
        (0.25, 10, 3),
        (0.07, 100, 7),
        (1e-20, 10, 1),
        (np.float64(0.5), 3, 2),
        (3, 10, 3),
        (np.int64(9), 10, 9),
    ],
)
def test_shares_are_rounded_up_and_numbers_are_rows(size: float, n: int, rows: int) -> None:
    split = train_test_split(np.zeros(n), np.zeros(n), test_size=size)
    assert len(split.x_test) == rows


def test_a_class_of_one_row_stays_in_training() -> None:
    for seed in range(20):
        split = train_test_split(np.arange(10), np.array([1] + [0] * 9), test_size=0.5, seed=seed)
        assert 1 in split.y_train.tolist()


def test_ties_favour_no_class() -> None:
    y = np.repeat(np.arange(20), 5)
    splits = [train_test_split(y, y, test_size=10, seed=seed) for seed in range(60)]
    found = np.bincount(np.concatenate([split.y_test for split in splits]), minlength=20)
    assert found.min() > 10, "each class is expected 30 times"


def test_a_class_missing_from_training_is_named() -> None:
    y = np.array(["rare"] + ["common"] * 9)
    warned = 0
    for seed in range(10):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            split = train_test_split(np.arange(10), y, test_size=0.5, stratify=False, seed=seed)
        assert bool(caught) == ("rare" not in split.y_train.tolist())
        for warning in caught:
            assert "no training row of class 'rare' (1 missing in all); pass stratify=True" in str(warning.message)
            assert warning.filename == __file__
            warned += 1
    assert 0 < warned < 10


def test_the_remedy_is_not_what_the_caller_does_already() -> None:
    with pytest.warns(
        UserWarning, match=r"class \d \(1 missing in all\); collect more rows of it, or a smaller test_size$"
    ):
        train_test_split([1, 2], [0, 1], test_size=0.5, stratify=True)
    rare = np.array([0] * 9 + [1])
    with pytest.warns(UserWarning, match=r"missing in all\); collect more rows of it$"):
        list(k_fold(rare, 5))
    with pytest.warns(UserWarning, match=r"missing in all\); pass stratify=True, or collect more rows of it$"):
        list(k_fold(rare, 5, stratify=False))


def test_many_missing_classes_are_counted() -> None:
    y = np.arange(10)
    with pytest.warns(UserWarning, match=r"class \d, \d, \d, \d, \d\.\.\. \(7 missing in all\)"):
        train_test_split(y, y, test_size=7)


def test_values_are_no_classes() -> None:
    y = np.linspace(0, 1, 10)
    split = train_test_split(y, y, stratify=False)
    assert len(split.y_test) == 2
    assert len(list(k_fold(y, 3, stratify=False))) == 3
    for odd in y, np.array([0.0, np.nan]), np.array([1, "a"], object), np.array([1j, 2]):
        with pytest.raises(DataError, match=r"y must hold classes .* pass stratify=False"):
            train_test_split(odd, odd, test_size=1)


@pytest.mark.parametrize(
    ("x", "y", "options", "words"),
    [
        ([1, 2, 3], [0, 1], {}, r"found shapes \(3,\) and \(2,\)"),
        (5, [0, 1], {}, r"found shapes \(\) and \(2,\)"),
        ([], [], {}, "test_size=0.2, which is 0 of 0 rows"),
        ([1], [0], {}, "test_size=0.2, which is 1 of 1 rows"),
        ([1, 2], [0, 1], {"test_size": 0}, "which is 0 of 2 rows; change test_size"),
        ([1, 2], [0, 1], {"test_size": 2}, "which is 2 of 2 rows"),
        ([1, 2], [0, 1], {"test_size": -1}, "which is -1 of 2 rows"),
        ([1, 2], [0, 1], {"test_size": 0.9}, "test_size=0.9, which is 2 of 2 rows"),
        ([1, 2], [0, 1], {"test_size": 0.0}, r"a share in \(0, 1\) or a number of rows; found 0.0"),
        ([1, 2], [0, 1], {"test_size": 1.0}, "found 1.0"),
        ([1, 2], [0, 1], {"test_size": -0.2}, "found -0.2"),
        ([1, 2], [0, 1], {"test_size": float("nan")}, "found nan"),
        ([1, 2], [0, 1], {"test_size": True}, "found True"),
        ([1, 2], [0, 1], {"test_size": "half"}, "found 'half'"),
        ([1, 2], [0, 1], {"seed": -1}, "seed must be a whole number from 0; found -1"),
        ([1, 2], [0, 1], {"seed": 0.5}, "found 0.5"),
        ([1, 2], [0, 1], {"seed": True}, "found True"),
    ],
)
def test_bad_arguments(x: Any, y: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        train_test_split(x, y, **options)


@given(y=classes, seed=seeds, k=st.integers(2, 10), stratify=st.booleans())
@settings(max_examples=300)
def test_folds_hold_every_row_once_and_balance_classes(y: Array, seed: int, k: int, stratify: bool) -> None:
    k = min(k, len(y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        folds = list(k_fold(y, k, stratify=stratify, seed=seed))
    assert len(folds) == k
    assert sorted(np.concatenate([test for _, test in folds]).tolist()) == list(range(len(y)))
    for train, test in folds:
        assert sorted([*train.tolist(), *test.tolist()]) == list(range(len(y)))
    sizes = [len(test) for _, test in folds]
    assert max(sizes) - min(sizes) <= 1
    if stratify:
        counts = np.array([np.bincount(y[test], minlength=5) for _, test in folds])
        assert np.all(np.ptp(counts, axis=0) <= 1)


def test_folds_balance_classes_as_scikit_learn_does() -> None:
    y = np.repeat([0, 1, 2], [50, 30, 23])
    ours = np.array([np.bincount(y[test]) for _, test in k_fold(y, 5)])
    splitter = StratifiedKFold(5, shuffle=True, random_state=0)
    theirs = np.array([np.bincount(y[test]) for _, test in splitter.split(y, y)])
    np.testing.assert_array_equal(np.sort(ours, axis=0), np.sort(theirs, axis=0))


def test_folds_of_a_number_of_rows() -> None:
    folds = list(k_fold(7, 3, seed=1))
    assert [len(test) for _, test in folds] == [3, 2, 2]
    assert folds[0][1].tolist() != sorted(folds[0][1].tolist())
    assert [test.tolist() for _, test in k_fold(7, 3, seed=2)] != [test.tolist() for _, test in folds]


def test_folds_name_a_class_that_one_training_part_lacks() -> None:
    y = np.array([0] * 9 + [1])
    with pytest.warns(UserWarning, match=r"no training row of class 1 \(1 missing in all\)") as caught:
        list(k_fold(y, 5))
    assert len(caught) == 1
    assert caught[0].filename == __file__


@pytest.mark.parametrize(("y", "k"), [(10, 1), (10, 11), (10, 2.0), (10, True), (0, 2), (-3, 2), ([1, 2], 3), (1.5, 2)])
def test_bad_folds_are_refused_at_the_call(y: Any, k: Any) -> None:
    with pytest.raises(DataError, match=rf"k must be a whole number from 2 to the number of rows; found {k!r}"):
        k_fold(y, k)
