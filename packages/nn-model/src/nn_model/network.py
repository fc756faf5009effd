"""The network: layers, a loss and an optimizer, composed."""

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from nn_layers import Propagate
from nn_layers.calls import run
from nn_layers.layout import make_layout
from nn_layers.summary import Text, summary
from nn_layers.vectors import arrays, assign, generator, make_vectors
from nn_loss import Loss
from nn_model import adaptation, checks, explain
from nn_model.arrays import Array, as_rows, as_weights, check_finite, check_lengths
from nn_model.cause import diverged
from nn_model.engines import make_engine
from nn_model.inference import Inference
from nn_model.links import probabilities, without_link
from nn_model.metrics import RegressionReport, Report
from nn_model.program import make_update
from nn_model.targets import make_coding
from nn_model.trainer import Trainer
from nn_optim import Clipping, Optimizer


class NN:
    """A neural network: trains, judges, predicts.

    Parameters
    ----------
    layers
        The layers, first to last. An input size of `None` is taken from the layer before.
    loss
        A loss over scores. A last `Softmax` under `CrossEntropy`, or `Sigmoid` under `BinaryCrossEntropy`, is part
        of the loss: it leaves the training program and is applied once in `predict_proba`.
    optimizer
        An optimizer; its `lr` is a number or a schedule over steps.
    seed
        Of everything random: first weights, dropout, shuffling. The same seed gives the same network.
    input_shape
        The shape of one row of the input, `(784,)` or `(28, 28)`; left out, the first layer's own.
    clip
        `ClipNorm` or `ClipValue`, applied to the gradient with its penalty, before the optimizer.
    task
        `"classification"` or `"regression"`; left out, the loss says. `"classification"` with `MSE` makes labels
        one-hot (0 or 1 for a single output) and still gives accuracy, labels and a `Report`.
    classes
        The classes' names; left out, their numbers.
    dtype
        `"float32"` or `"float64"`: of parameters and all arithmetic.
    engine
        What runs the training program; `"auto"` or `"numpy"`. Never part of a saved network.

    Attributes
    ----------
    layers
        The layers, their input sizes filled in.
    loss, optimizer, clip, seed, task, classes
        As given, or as chosen where they were left out.
    step
        How many updates were made.

    Raises
    ------
    ShapeError
        Layers that do not fit each other, or a last layer that does not fit loss or classes.
    ValueError
        Parts that do not go together.

    Notes
    -----
    Training is for one thread; `predict`, `predict_proba` and `evaluate` may be called from many at once, and write
    nothing that another thread reads. Numbers may differ in the last bits with the number of rows. Arrays that are
    contiguous and of the network's dtype are read in place: do not write to them while a call runs.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Dense, Tanh
    >>> from nn_loss import BinaryCrossEntropy
    >>> from nn_optim import Adam
    >>> x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    >>> nn = NN([Dense(2, 8), Tanh(), Dense(8, 1)], BinaryCrossEntropy(), Adam(lr=0.1))
    >>> for _ in range(100):
    ...     loss, accuracy = nn.train_step(x, y)
    >>> nn.predict(x).tolist(), accuracy
    ([0, 1, 1, 0], 1.0)
    """

    def __init__(
        self,
        layers: Sequence[Propagate],
        loss: Loss,
        optimizer: Optimizer,
        *,
        seed: int = 0,
        input_shape: Sequence[int] | None = None,
        clip: Clipping | None = None,
        task: Literal["classification", "regression"] | None = None,
        classes: Sequence[Any] | None = None,
        dtype: Literal["float32", "float64"] = "float32",
        engine: Literal["auto", "numpy"] = "auto",
    ) -> None:
        checks.check_parts(loss, optimizer, clip, seed, dtype)
        self.loss, self.optimizer, self.clip, self.seed = loss, optimizer, clip, seed
        self.step = 0
        self._layout = make_layout(layers, input_shape)
        self._body = without_link(self._layout, loss)
        self._coding = make_coding(loss, task, self._body.out_shape, classes, np.dtype(dtype))
        loss.scratch(self._body.out_shape)  # a loss that does not fit these scores says so now, not at the first step
        self._vectors = make_vectors(self._layout, seed, dtype)
        self._update = make_update(optimizer, clip, self._vectors.theta, self._vectors.grad, self._layout)
        self._generators: dict[tuple[int, ...], np.random.Generator] = {}
        self._trainer = Trainer(self._body, self._vectors, loss, self._coding, self._update, self._generator)
        self._inference = Inference(self._body, self._vectors)
        self._engine = make_engine(engine)
        self._adapted = not adaptation.wanted(self._body)

    def _generator(self, path: tuple[int, ...]) -> np.random.Generator:
        """Give a layer's generator: made once, whatever the number of rows."""
        return self._generators.setdefault(path, generator(self.seed, "layer", path))

    @property
    def layers(self) -> tuple[Propagate, ...]:
        """The layers, their input sizes filled in."""
        return self._layout.layers

    @property
    def task(self) -> str:
        """`"classification"` or `"regression"`."""
        return self._coding.task

    @property
    def classes(self) -> list[Any] | None:
        """The classes' names; `None` for regression."""
        return None if self._coding.classes is None else list(self._coding.classes.tolist())

    @property
    def theta(self) -> Array:
        """All parameters as one vector `(n,)`, the network's own memory."""
        return self._vectors.theta

    @property
    def state(self) -> Array:
        """All that is kept but not trained as one vector `(m,)`, the network's own memory."""
        return self._vectors.state

    @property
    def grad(self) -> Array:
        """The gradient of the last step, `(n,)`, penalty included and after clipping."""
        return self._vectors.grad

    def weights(self) -> dict[str, Array]:
        """Give every parameter and state array by name (`layers.0.w`), as views into the network."""
        return arrays(self._layout, self._vectors)

    def set_weights(self, weights: Mapping[str, Any]) -> None:
        """Set arrays by name, all or none; those not named stay as they are.

        Raises
        ------
        ShapeError
            An array of another shape.
        ValueError
            A name that the network does not have; numbers that are not finite, or no numbers.
        """
        assign(self._layout, self._vectors, weights)
        self._adapted |= any(place.name in weights for place in self._layout.states())

    def adapt(self, x: Any) -> None:
        """Set the state of `Standardize` layers from training rows; call it before training, with those rows only.

        Warns
        -----
        UserWarning
            Features that never vary: they are divided by 1.
        """
        rows = as_rows(x, self._layout, self.theta.dtype)
        check_finite(rows, "x", x)
        adaptation.adapt(self._body, self._vectors, rows)
        self._adapted = True

    def train_step(self, x: Any, y: Any, sample_weight: Any = None) -> tuple[float, float | None]:
        """Make one update from one batch, all of whose rows take part.

        Parameters
        ----------
        x
            `(rows, *input_shape)`.
        y
            Classes: `(rows,)` or `(rows, 1)` of labels, or one-hot `(rows, K)`. Values: the outputs' shape.
        sample_weight
            `(rows,)`, not negative; left out, all rows count the same.

        Returns
        -------
        loss, accuracy
            Both from before the update; the loss with its penalty. Accuracy is in [0, 1], `None` for regression.

        Raises
        ------
        ShapeError, DataError
            Inputs or targets that do not fit or are no numbers; nothing was changed.
        DivergedError
            The loss is not finite: the update was not made, and the message names the first layer that is not.
        """
        rows = as_rows(x, self._layout, self.theta.dtype)
        given = self._given(rows, y)
        weights = None if sample_weight is None else as_weights(sample_weight, len(rows), self.theta.dtype)
        if not self._adapted:
            self._warn_unadapted()
        program = self._trainer.program(len(rows), weighted=weights is not None)
        program.feed(rows, given, weights)
        self._update.set_rate(self.optimizer.lr, self.step)
        if self._engine.run(program, 1) < 1:
            check_finite(given, "y", y)
            raise diverged(program, self._body, self._vectors, self.step, (rows, x))
        self.step += 1
        run(program.measure.calls)
        accuracy = float(program.correct[0])
        return float(program.value[0]), None if math.isnan(accuracy) else accuracy

    def _given(self, rows: Array, y: Any) -> Array:
        labels = np.asarray(y)
        check_lengths(rows, labels)
        return self._coding.given(labels, len(rows))

    def _warn_unadapted(self) -> None:
        self._adapted = True
        warnings.warn(
            "a Standardize layer has seen no data and changes nothing; call nn.adapt(x_train) before training",
            UserWarning,
            stacklevel=3,
        )

    def test_step(self, x: Any, y: Any) -> tuple[float, float | None]:
        """Give `(loss, accuracy)` on data, without training on it; the loss is without the penalty."""
        report = self.evaluate(x, y)
        loss = math.nan if report.loss is None else report.loss
        return loss, report.accuracy if isinstance(report, Report) else None

    def evaluate(self, x: Any, y: Any) -> Report | RegressionReport:
        """Judge the network on data: a `Report` for classes, MAE, RMSE and R2 for values.

        Raises
        ------
        ShapeError, DataError
            Inputs or targets that do not fit, are no numbers, or are not finite.
        """
        scores = self._scores(x)
        given = self._given(scores, y)
        check_finite(given, "y", y)
        return self._coding.report(scores, given, checks.loss_of(self.loss, self._coding, scores, given))

    def _scores(self, x: Any) -> Array:
        rows = as_rows(x, self._layout, self.theta.dtype)
        check_finite(rows, "x", x)
        return self._inference.scores(rows)

    def predict(self, x: Any) -> Array:
        """Give the answers for `x`, `(rows, *input_shape)`: classes (their names), or values for regression.

        Of several equal scores the first wins. From any number of threads at once.

        Raises
        ------
        ShapeError, DataError
            Inputs that do not fit, are no numbers, or are not finite.
        """
        return self._coding.answers(self._scores(x))

    def predict_proba(self, x: Any) -> Array:
        """Give the probability of every class, `(rows, K)`; two columns for two classes from one score.

        Under `MSE` with a last `Sigmoid` and several outputs these are the outputs themselves, which need not sum to 1.

        Raises
        ------
        ShapeError, DataError
            Inputs that do not fit, are no numbers, or are not finite.
        ValueError
            Regression, or outputs that nothing makes probabilities.
        """
        if self.task == "regression":
            raise ValueError("predict_proba is for classification; this network does regression: call predict")
        return probabilities(self._scores(x), self.loss.link, self.layers)

    def summary(self) -> Text:
        """Give a table: layer, shape in and out, parameters, memory."""
        return summary(self._layout, self.theta.dtype)

    def explain(self, rows: int = 64) -> Text:
        """Give the program of one training step of `rows` rows: a line for every kernel call."""
        return explain.explain(self._trainer.program(rows), rows)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Refuse `copy` and `pickle`: a copied view of `theta` is an array of its own, and would train alone."""
        raise TypeError(
            "a network cannot be copied or pickled, since its layers are bound to its memory; "
            "make a second one of the same layers and call set_weights(nn.weights())"
        )

    def __repr__(self) -> str:
        """Show the parts."""
        return f"NN({len(self.layers)} layers, {self.theta.size:,} parameters, {self.loss!r}, {self.optimizer!r})"
