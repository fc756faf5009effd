"""The network: layers, a loss and an optimizer, composed."""

import math
import os
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from nn_layers import Propagate
from nn_layers.calls import run
from nn_layers.summary import Text, summary
from nn_layers.vectors import arrays, assign
from nn_loss import Loss
from nn_model import adaptation
from nn_model.arrays import Array, as_rows, as_weights, check_finite
from nn_model.cause import diverged
from nn_model.core import make_core
from nn_model.data.augmentation import Augmentation
from nn_model.explain import explain
from nn_model.links import probabilities
from nn_model.metrics import RegressionReport, Report
from nn_model.profile import profile
from nn_model.threads import Limited
from nn_model.train.arguments import check_whole
from nn_model.train.events import Callback
from nn_model.train.fit import fit
from nn_model.train.history import History
from nn_optim import Clipping, Optimizer

if TYPE_CHECKING:
    from nn_model.train.run import Run


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
        An optimizer; its `lr` is a number or a schedule over steps. Decoupled decay (`AdamW`) shrinks the weights
        only, never biases; by hand, as in PyTorch, it shrinks all parameters.
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
        The classes' names, in the order of their numbers; left out, these numbers themselves.
    dtype
        `"float32"` or `"float64"`: of parameters and all arithmetic.
    engine
        What runs the training program; never part of a saved network. `"numpy"`: call by call. `"numba"`: compiled
        into one function, kept on disk, that runs whole epochs (`pip install nn-model[numba]`); a program with a call
        that it cannot compile, as of an own layer, runs under numpy, and `explain()` names the call. `"auto"`: numpy,
        and numba in a call of `fit` for which it is installed, can compile every call, and is estimated to save at
        least 10 seconds: 1.2 us a call and 0.05 ns for each number that calls read or write, in every step; nothing if
        these are more than 500,000 a call on average. A resumed run keeps its engine; `train_step` uses numpy. With
        more than one thread, large products are faster under numpy: what numba compiles uses one for nearly all.
    threads
        How many threads BLAS may use in every call of this network; `None` leaves it as it is. At this size a second
        one gains little on an idle machine, and on a busy one makes steps ten times slower. Never part of a saved
        network; `nn.threads = 2` sets it later.

    Attributes
    ----------
    layers
        The layers, their input sizes filled in.
    loss, optimizer, clip, seed, task, classes
        As given, or as chosen where they were left out.
    run
        Where the last call of `fit` stands; `None` before the first.
    core
        The bound parts, for the rooms of this package.

    Raises
    ------
    ShapeError
        Layers that do not fit each other, or a last layer that does not fit loss or classes.
    ValueError
        Parts that do not go together.
    MissingExtraError
        `engine="numba"`, and numba or scipy is not installed.

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
        engine: Literal["auto", "numpy", "numba"] = "auto",
        threads: int | None = 1,
    ) -> None:
        self.threads = threads
        self.core = make_core(
            layers,
            loss,
            optimizer,
            seed=seed,
            input_shape=input_shape,
            clip=clip,
            task=task,
            classes=classes,
            dtype=dtype,
            engine=engine,
        )
        self.run: Run | None = None
        self._adapted = not adaptation.wanted(self.core.body)

    @property
    def layers(self) -> tuple[Propagate, ...]:
        """The layers, their input sizes filled in."""
        return self.core.layout.layers

    @property
    def loss(self) -> Loss:
        """The loss."""
        return self.core.loss

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer."""
        return self.core.optimizer

    @property
    def clip(self) -> Clipping | None:
        """The clipping of the gradient, if there is one."""
        return self.core.clip

    @property
    def seed(self) -> int:
        """The seed of everything random."""
        return self.core.generators.seed

    @property
    def task(self) -> str:
        """`"classification"` or `"regression"`."""
        return self.core.coding.task

    @property
    def classes(self) -> list[Any] | None:
        """The classes' names; `None` for regression."""
        return None if self.core.coding.classes is None else list(self.core.coding.classes.tolist())

    @property
    def threads(self) -> int | None:
        """How many threads BLAS may use; `None`: as many as it has."""
        return self._threads

    @threads.setter
    def threads(self, threads: int | None) -> None:
        if threads is not None:
            check_whole("threads", threads)
        self._threads = threads

    @property
    def step(self) -> int:
        """How many updates were made."""
        return self.core.step

    @property
    def theta(self) -> Array:
        """All parameters as one vector `(n,)`, the network's own memory."""
        return self.core.vectors.theta

    @property
    def state(self) -> Array:
        """All that is kept but not trained as one vector `(m,)`, the network's own memory."""
        return self.core.vectors.state

    @property
    def grad(self) -> Array:
        """The gradient of the last step, `(n,)`, penalty included and after clipping."""
        return self.core.vectors.grad

    def weights(self) -> dict[str, Array]:
        """Give every parameter and state array by name (`layers.0.w`), as views into the network."""
        return arrays(self.core.layout, self.core.vectors)

    def set_weights(self, weights: Mapping[str, Any]) -> None:
        """Set arrays by name, all or none; those not named stay as they are.

        Raises
        ------
        ShapeError
            An array of another shape.
        ValueError
            A name that the network does not have; numbers that are not finite, or no numbers.
        """
        assign(self.core.layout, self.core.vectors, weights)
        self._adapted |= any(place.name in weights for place in self.core.layout.states())

    def adapt(self, x: Any) -> None:
        """Set the state of `Standardize` layers from training rows; call it before training, with those rows only.

        Warns
        -----
        UserWarning
            Features that never vary: they are divided by 1.
        """
        rows = as_rows(x, self.core.layout, self.theta.dtype)
        check_finite(rows, "x", x)
        adaptation.adapt(self.core.body, self.core.vectors, rows)
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
        rows = as_rows(x, self.core.layout, self.theta.dtype)
        given = self.core.given(rows, y)
        weights = None if sample_weight is None else as_weights(sample_weight, len(rows), self.theta.dtype)
        if not self._adapted:
            self._warn_unadapted()
        core = self.core
        program = core.trainer.program(len(rows), weighted=weights is not None)
        if program.x.current is not rows:  # an array that was bound before was looked through then
            check_finite(rows, "x", x)
        program.feed(rows, given, weights)
        core.update.set_rate(self.optimizer.lr, self.step)
        with Limited(self.threads):
            done = core.engine.run(program, 1)
        if done < 1:
            check_finite(rows, "x", x)
            check_finite(given, "y", y)
            raise diverged(program, core.body, core.vectors, self.step)
        run(program.measure.calls)
        accuracy = float(program.correct[0])
        return float(program.value[0]), None if math.isnan(accuracy) else accuracy

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to one file, whole or not at all: parts, arrays, optimizer state, and where training stands.

        Parameters
        ----------
        path
            Ends in `.safetensors` (compact; the arrays open in any safetensors reader) or `.json` (readable). `load`
            takes files of up to 4 GiB and 128 MiB, and networks of up to 250 million numbers, unless it is told more.

        Raises
        ------
        CheckpointError
            Another suffix, a path that cannot be written, a full disk, an own class that cannot be written, or numbers
            that are not finite. A file that was there stays as it was.
        """
        from nn_model.checkpoint import capture, write  # noqa: PLC0415  # who never saves never pays for it

        write(path, capture(self))

    def export_onnx(self, path: str | os.PathLike[str], *, opset: int = 17, probabilities: bool | None = None) -> None:
        """Write an ONNX model of the network, whole or not at all, for onnxruntime and other programs.

        Parameters
        ----------
        path
            Ends in `.onnx`.
        opset
            The version of ONNX's operators, 13 to 26.
        probabilities
            Whether it gives what `predict_proba` gives, or scores; left out, probabilities if the network has them.

        Raises
        ------
        OnnxError
            An own layer, a path that cannot be written, numbers that are not finite, or an argument out of its range.
        MissingExtraError
            onnx is not installed: `pip install nn-model[onnx]`.

        Notes
        -----
        `nn_model.formats.onnx.write` is the same function, and says where other programs compute otherwise.
        """
        from nn_model.formats.onnx import write  # noqa: PLC0415  # who never exports never pays for it

        write(self, path, opset=opset, probabilities=probabilities)

    def _warn_unadapted(self) -> None:
        self._adapted = True
        warnings.warn(
            "a Standardize layer has seen no data and changes nothing; call nn.adapt(x_train) before training",
            UserWarning,
            stacklevel=3,
        )

    def fit(
        self,
        x: Any,
        y: Any,
        *,
        epochs: int = 1,
        batch_size: int = 32,
        validation_split: float | None = None,
        validation_data: tuple[Any, Any] | None = None,
        validation_order: Literal["stratified", "last"] = "stratified",
        shuffle: bool = True,
        augment: Augmentation | None = None,
        callbacks: Sequence[Callback] = (),
        sample_weight: Any = None,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        verbose: bool = True,
        threads: int | None = None,
        allow_one_class: bool = False,
        resume: bool = False,
    ) -> History:
        """Train for epochs of mini-batches.

        Parameters
        ----------
        x, y
            As `train_step` takes them; checked once, read in place, and not to be written to while training runs.
        epochs
            How many passes over the training rows, at least 1; a resumed run counts those it has done.
        batch_size
            Rows of a batch, at least 1. The last batch of an epoch may be shorter; one as large as the data is one
            batch of all rows.
        validation_split
            Share of the rows, in (0, 1), held out to judge every epoch.
        validation_data
            `(x, y)` to judge every epoch with, in the place of a split.
        validation_order
            `"stratified"`: rows at random from the seed, every class in its share (for regression just at random).
            `"last"`: the last rows of the data, as Rust-Neural-Networks has it.
        shuffle
            Whether every epoch has an order of its own. It depends on the seed and the epoch's number alone.
        augment
            Changes the rows of every training batch at random: `nn_model.data.Augment(shift=2, rotate=10, scale=0.1)`
            for images `(C, H, W)`, or an object of the protocol `nn_model.data.Augmentation`. Loss and accuracy of
            training are of the changed rows; `x` itself, validation data, `evaluate` and `predict` are never changed.
            The changes of a batch depend on the seed, the epoch's number and the batch's place in it alone.
        callbacks
            Called with an `Event` at the start, after bursts of steps, after epochs, and at the end, in this order,
            but those that save checkpoints last; any function will do. One may answer `Stop(reason)` or `Rate(lr)`.
        sample_weight
            `(rows,)`, not negative; multiplied by the class weight.
        class_weight
            A weight for each class by name (those left out count 1), or `"balanced"`, as in scikit-learn.
        verbose
            Whether a line is printed for every epoch.
        threads
            How many threads BLAS may use in this run; `None`: as many as the network's other calls, `NN.threads`.
        allow_one_class
            Whether training rows of a single class are accepted.
        resume
            Whether to go on where the last `fit` of this network stopped, or the one that its file was saved from:
            with the same data, settings and callbacks the result is bit-identical to never having stopped.

        Returns
        -------
        History
            A row for every completed epoch.

        Raises
        ------
        ValueError
            An argument out of its range.
        ShapeError, DataError
            Data that do not fit, are no numbers, or are not finite; nothing was changed.
        DivergedError
            A loss, or a parameter at an epoch's end, that is not finite. The network stays as it is, for whoever looks
            for the cause; what `EarlyStopping` and `Checkpoint` hold is the last that was good.
        CallbackError
            A callback failed; the run can be resumed.
        CheckpointError
            A resumed run that was started with other data or settings, or one that was cut off inside a step.

        Notes
        -----
        An interrupt from the keyboard (Ctrl-C) ends training after the step under way, and `fit` returns; a second
        one stops at once. So do SIGTERM and SIGHUP, which then take their course. Keras holds out the last rows without
        looking, and forgets the epoch under way when stopped.
        """
        if validation_split is not None and validation_data is not None:
            raise ValueError("give validation_split or validation_data, not both")
        if not self._adapted:
            self._warn_unadapted()
        return fit(
            self,
            (x, y, sample_weight),
            epochs=epochs,
            batch_size=batch_size,
            validation_split=validation_split,
            validation_data=validation_data,
            validation_order=validation_order,
            shuffle=shuffle,
            augment=augment,
            callbacks=callbacks,
            class_weight=class_weight,
            verbose=verbose,
            threads=self.threads if threads is None else threads,
            allow_one_class=allow_one_class,
            resume=resume,
        )

    def test_step(self, x: Any, y: Any) -> tuple[float, float | None]:
        """Give `(loss, accuracy)` on data, without training on it; the loss is without the penalty."""
        rows, given = self.core.checked(x, y)
        with Limited(self.threads):
            return self.core.judge(rows, given)

    def evaluate(self, x: Any, y: Any) -> Report | RegressionReport:
        """Judge the network on data: a `Report` for classes, MAE, RMSE and R2 for values.

        Raises
        ------
        ShapeError, DataError
            Inputs or targets that do not fit, are no numbers, or are not finite.
        """
        rows, given = self.core.checked(x, y)
        with Limited(self.threads):
            return self.core.report(rows, given)

    def _scores(self, x: Any) -> Array:
        rows = as_rows(x, self.core.layout, self.theta.dtype)
        check_finite(rows, "x", x)
        with Limited(self.threads):
            return self.core.inference.scores(rows)

    def predict(self, x: Any) -> Array:
        """Give the answers for `x`, `(rows, *input_shape)`: classes (their names), or values for regression.

        Of several equal scores the first wins. From any number of threads at once.

        Raises
        ------
        ShapeError, DataError
            Inputs that do not fit, are no numbers, or are not finite.
        """
        return self.core.coding.answers(self._scores(x))

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
        return probabilities(self._scores(x), self.loss.link, self.core.layout)

    def summary(self) -> Text:
        """Give a table: layer, shape in and out, parameters, memory."""
        return summary(self.core.layout, self.theta.dtype)

    def explain(self, rows: int = 64) -> Text:
        """Give the program of one training step of `rows` rows: a line for every kernel call.

        Where numba is wanted and cannot compile a call, that call is named, and numpy as the engine that runs.
        """
        return explain(self.core.fresh_trainer().program(rows), rows, self.core.engine.name)

    def profile(self, x: Any, y: Any, steps: int = 20) -> Text:
        """Time one training step on these rows: a line for every kernel call.

        A line says whose call it is, the formula's name, the median of its time over `steps` steps, its share of all,
        and its speed: of arithmetic for matrix products, else of going through its arrays once. The calls are those of
        the engine `"numpy"`, on a copy of the network's memory: nothing of the network changes.

        Raises
        ------
        ShapeError, DataError
            Inputs or targets that do not fit, are no numbers, or are not finite.
        ValueError
            `steps` is no whole number of at least 1.
        DivergedError
            The loss of these rows is not finite.
        """
        rows, given = self.core.checked(x, y)
        with Limited(self.threads):
            return profile(self.core, rows, given, steps)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Refuse `copy` and `pickle`: a copied view of `theta` is an array of its own, and would train alone."""
        raise RuntimeError(
            "a network cannot be copied or pickled, since its layers are bound to its memory; "
            "make a second one of the same layers and call set_weights(nn.weights())"
        )

    def __repr__(self) -> str:
        """Show the parts."""
        return f"NN({len(self.layers)} layers, {self.theta.size:,} parameters, {self.loss!r}, {self.optimizer!r})"
