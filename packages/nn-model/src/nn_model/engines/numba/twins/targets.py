"""The arithmetic between labels and scores."""

from nn_layers.protocol import Array
from nn_model.engines.numba.memory import flat, table
from nn_model.engines.numba.registry import twin
from nn_model.targets import kernels


@twin(kernels.one_hot)
def one_hot(labels: Array, places: Array, targets: Array) -> None:
    for i in range(labels.size):
        for j in range(places.size):
            targets[i, j] = 1 if labels[i] == places[j] else 0


@twin(kernels.column)
def column(labels: Array, targets: Array) -> None:
    for i in range(labels.size):
        targets[i, 0] = labels[i]


@twin(kernels.count_largest)
def count_largest(scores: Array, labels: Array, guess: Array, hit: Array, correct: Array) -> None:
    at, right, rows = flat(labels), 0, table(scores, scores.shape[-1])
    for i in range(at.size):
        place = 0
        for j in range(1, rows.shape[1]):
            if rows[i, j] > rows[i, place]:
                place = j
        right += place == at[i]
    correct[0] = right / at.size


@twin(kernels.count_threshold)
def count_threshold(scores: Array, labels: Array, threshold: float, hit: Array, correct: Array) -> None:
    right = 0
    for i in range(labels.size):
        right += (scores[i, 0] > threshold) == (labels[i] == 1)
    correct[0] = right / labels.size


@twin(kernels.count_exact)
def count_exact(scores: Array, targets: Array, hits: Array, all_right: Array, correct: Array) -> None:
    right = 0
    for i in range(scores.shape[0]):
        wrong = 0
        for j in range(scores.shape[1]):
            wrong += (scores[i, j] > 0) != (targets[i, j] == 1)
        right += wrong == 0
    correct[0] = right / scores.shape[0]
