"""Networks that have a name: their layers, their settings, and that both train."""

from dataclasses import replace

import numpy as np
import pytest

from nn_layers import ELU, Dense, Dropout, ElasticNet, Flatten, Glorot, He, ReLU, ShapeError
from nn_loss import MSE, CrossEntropy
from nn_model import presets
from nn_model.errors import PartError
from nn_model.presets import PRESETS, Preset, Recipe, dense
from nn_model.train import Event
from nn_optim import SGD, Adam, Cosine, Nadam, OneCycle

RECIPES = [
    (preset, recipe) for preset in PRESETS.values() for recipe in (preset.document, preset.recommended) if recipe
]


def test_every_preset_has_its_own_name_and_says_what_it_is() -> None:
    images = ["mnist_cnn", "mnist_attention", "rsnet", "best_cnn", "best_attention"]
    assert list(PRESETS) == ["mlp", "mnist_mlp", *images, "nn-rs", "xor", "small"]
    assert [preset.name for preset in PRESETS.values() if preset.images] == images
    assert [preset.name for preset in PRESETS.values()] == list(PRESETS)
    for text in [*(preset.about for preset in PRESETS.values()), *(recipe.about for _, recipe in RECIPES)]:
        assert text.strip("., ") == text != ""


def test_the_layers_are_those_of_their_sources() -> None:
    glorot, elastic = Glorot("uniform"), ElasticNet(l1=1e-4, l2=1e-4)
    assert PRESETS["mlp"].layers_for((784,), 10) == [Dense(784, 512, glorot), ReLU(), Dense(512, 10, glorot)]
    sizes = [(784, 64), (64, 32), (32, 16), (16, 10)]
    layers = [Dense(*size, He(), elastic) for size in sizes]
    assert PRESETS["nn-rs"].layers_for((784,), 10) == [
        *layers[:1],
        ELU(),
        layers[1],
        ELU(),
        layers[2],
        ELU(),
        layers[3],
    ]


def test_images_are_made_flat_and_dropout_follows_the_activations() -> None:
    made = dense((5,), ReLU, He(), dropout=0.3)((1, 4, 4), 2)
    assert made == [Flatten(), Dense(16, 5), ReLU(), Dropout(0.3), Dense(5, 2)]
    assert dense((), ReLU, He())((3,), 2) == [Dense(3, 2)]


@pytest.mark.parametrize("name", [name for name, preset in PRESETS.items() if preset.images])
def test_rows_that_are_no_images_are_refused_in_words(name: str) -> None:
    with pytest.raises(ShapeError, match=f"{name} takes images, .* got rows of 784 numbers; write x.reshape"):
        PRESETS[name].layers_for((784,), 10)


def test_the_documents_settings() -> None:
    mlp, nn_rs = PRESETS["mlp"].document, PRESETS["nn-rs"].document
    assert mlp is not None
    assert nn_rs is not None
    assert (mlp.epochs, mlp.batch_size, mlp.validation_split, mlp.validation_order) == (10, 64, 0.1, "last")
    assert (mlp.optimizer_for(60_000), mlp.patience, mlp.min_delta) == (SGD(lr=0.01), 3, 0.001)
    assert nn_rs.steps(60_000) == 151  # all rows at once
    assert nn_rs.optimizer_for(60_000) == Nadam(lr=0.0005, betas=(0.9, 0.999), eps=1e-7, momentum_decay=None)


def test_the_recommended_settings_of_the_mlp() -> None:
    mlp = PRESETS["mlp"]
    assert mlp.recommended is not None
    nn = mlp.network((60_000, 784), 10, mlp.recommended)
    glorot = Glorot("uniform")
    assert nn.layers == (Dense(784, 512, glorot), ReLU(), Dropout(0.3), Dense(512, 10, glorot))
    assert (nn.loss, nn.optimizer) == (CrossEntropy(), Adam(lr=OneCycle(0.003, 10 * 844)))


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("mnist_mlp", 407_050),  # the documents' own counts, down to rsnet
        ("mnist_cnn", 15_770),
        ("mnist_attention", 33_930),
        ("rsnet", 925),
        ("best_cnn", 70_330),
        ("best_attention", 48_042),
        ("nn-rs", 53_018),
    ],
)
def test_the_networks_for_mnist_have_as_many_parameters_as_their_documents_say(name: str, size: int) -> None:
    preset = PRESETS[name]
    shape = (1, 28, 28) if preset.images else (784,)
    recipe = preset.document or preset.recommended
    assert recipe is not None
    nn = preset.network((1000, *shape), 10, recipe)
    assert nn.theta.size == size


@pytest.mark.parametrize(
    ("preset", "recipe"), RECIPES, ids=[f"{preset.name}: {recipe.about}" for preset, recipe in RECIPES]
)
def test_every_recipe_trains(preset: Preset, recipe: Recipe) -> None:
    classes = 2 if preset.name == "xor" else 3
    shape = (1, 28, 28) if preset.images else (12,)
    y = np.arange(90) % classes
    x = np.random.default_rng(0).random((90, *shape)) + 2 * y.reshape(-1, *[1] * len(shape)) - 2
    short = replace(recipe, epochs=4)
    nn = preset.network(x.shape, classes, short, seed=4)
    history = short.fit(nn, x, y, verbose=False)
    assert nn.seed == 4
    first, *_, last = history
    assert last.train_loss < first.train_loss


@pytest.mark.parametrize("rows", [2, 10, 30, 64, 65, 101])
@pytest.mark.parametrize(("share", "order"), [(None, "last"), (0.1, "stratified"), (0.1, "last"), (0.3, "stratified")])
def test_steps_are_those_that_fit_makes(rows: int, share: float | None, order: str) -> None:
    recipe = Recipe(
        about="a test",
        optimizer=lambda steps: SGD(lr=Cosine(0.1, steps)),
        epochs=3,
        batch_size=16,
        validation_split=share,
        validation_order=order,  # type: ignore[arg-type]  # one of the two
    )
    preset = Preset(name="line", about="a line", layers=dense((), ReLU, He()), loss=MSE())
    x = np.linspace(0, 1, rows)[:, np.newaxis]
    if order == "last" and share and rows * share < 1:
        with pytest.raises(PartError, match="must leave rows to train on and to judge with"):
            preset.network(x.shape, 1, recipe)
        return
    nn = preset.network(x.shape, 1, recipe)
    recipe.fit(nn, x, x, verbose=False)
    assert nn.optimizer.lr == Cosine(0.1, nn.step)
    assert nn.step == recipe.steps(rows)


@pytest.mark.parametrize("share", [None, 0.2])
def test_patience_ends_training_and_other_callbacks_are_told(share: float | None) -> None:
    recipe = Recipe(
        about="a test",
        optimizer=lambda _: SGD(lr=1e-9),
        epochs=50,
        batch_size=16,
        validation_split=share,
        patience=2,
        min_delta=0.1,
    )
    nn = Preset(name="line", about="a line", layers=dense((), ReLU, He())).network((40, 1), 2, recipe, loss=MSE())
    seen: list[str] = []

    def note(event: Event) -> None:
        seen.append(event.kind)

    history = recipe.fit(nn, np.ones((40, 1)), np.ones((40, 2)), [note], verbose=False)
    assert (len(history), seen.count("epoch")) == (3, 3)


def test_public_names_are_listed_and_another_is_refused() -> None:
    assert dir(presets) == ["Layers", "PRESETS", "Preset", "Recipe", "dense"]
    assert all(getattr(presets, name).__doc__ for name in ("Preset", "Recipe", "dense"))
    with pytest.raises(AttributeError, match=r"module 'nn_model\.presets' has no attribute 'MLP'"):
        presets.MLP  # noqa: B018  # the access is the test
