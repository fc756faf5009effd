"""All networks that have a name."""

from dataclasses import replace
from typing import Literal

from nn_layers import ELU, Dense, ElasticNet, Glorot, He, Normal, Propagate, ReLU, Sigmoid
from nn_loss import MSE
from nn_model.data.augment import Augment
from nn_model.presets import images
from nn_model.presets.layers import Layers, dense
from nn_model.presets.preset import Preset
from nn_model.presets.recipe import Recipe
from nn_optim import SGD, Adam, AdamW, Nadam, OneCycle

__all__ = ["PRESETS"]


def plain(epochs: int, batch_size: int, monitor: Literal["val_loss", "val_accuracy"] = "val_loss") -> Recipe:
    """Give the settings of Rust-Neural-Networks' programs for MNIST, which differ in these only."""
    return Recipe(
        about=f"SGD of 0.01, up to {epochs} epochs of batches of {batch_size}",
        optimizer=lambda _: SGD(lr=0.01),
        epochs=epochs,
        batch_size=batch_size,
        validation_order="last",
        patience=3,
        min_delta=0.001 if monitor == "val_loss" else 0.00001,  # theirs is of percents
        monitor=monitor,
    )


MLP = Preset(
    name="mlp",
    about="512 ReLU, as in Rust-Neural-Networks",
    layers=dense((512,), ReLU, Glorot("uniform")),
    document=plain(10, 64),
    recommended=Recipe(
        about="Adam in one cycle up to 0.003, Dropout 0.3, 10 epochs of batches of 64",
        optimizer=lambda steps: Adam(lr=OneCycle(0.003, steps)),
        epochs=10,
        batch_size=64,
        layers=dense((512,), ReLU, Glorot("uniform"), dropout=0.3),
    ),
)

CNN = Preset(
    name="mnist_cnn",
    about="8 convolutions of 3 x 3, pooled, as in Rust-Neural-Networks",
    layers=images.convolution(),
    images=True,
    document=plain(3, 32),
    recommended=Recipe(
        about="Adam in one cycle up to 0.01, 3 epochs of batches of 32",
        optimizer=lambda steps: Adam(lr=OneCycle(0.01, steps)),
        epochs=3,
        batch_size=32,
        validation_split=None,
    ),
)

ATTENTION = Preset(
    name="mnist_attention",
    about="attention over 49 patches, as in Rust-Neural-Networks",
    layers=images.attention,
    images=True,
    document=plain(8, 32, "val_accuracy"),
    recommended=Recipe(
        about="Adam in one cycle up to 0.003, 8 epochs of batches of 32",
        optimizer=lambda steps: Adam(lr=OneCycle(0.003, steps)),
        epochs=8,
        batch_size=32,
        validation_split=None,
    ),
)

RSNET = Preset(
    name="rsnet",
    about="three small convolutions, as in rsnet",
    layers=images.rsnet,
    images=True,
    document=Recipe(
        about="Adam of 0.001, 10 epochs of batches of 128",
        optimizer=lambda _: Adam(lr=0.001),
        epochs=10,
        batch_size=128,
        validation_split=None,
    ),
    recommended=Recipe(
        about="Adam in one cycle up to 0.02, 10 epochs of batches of 64",
        optimizer=lambda steps: Adam(lr=OneCycle(0.02, steps)),
        epochs=10,
        batch_size=64,
        validation_split=None,
    ),
)

BEST_CNN = Preset(
    name="best_cnn",
    about="five convolutions with batch normalisation: our best below 100,000 parameters",
    layers=images.normalised(((16,), (32, 32), (64, 64))),
    images=True,
    recommended=Recipe(
        about="AdamW in one cycle up to 0.01, 8 epochs of batches of 128, images shifted, turned and scaled",
        optimizer=lambda steps: AdamW(lr=OneCycle(0.01, steps), weight_decay=0.02),
        epochs=8,
        batch_size=128,
        validation_split=None,
        augment=Augment(shift=2.0, rotate=8.0, scale=0.08),
    ),
)

BEST_ATTENTION = Preset(
    name="best_attention",
    about="two convolutions, then two residual blocks of attention with 4 heads: our best below 100,000 parameters",
    layers=images.transformer(stem=16, features=48, heads=4, blocks=2, hidden=96),
    images=True,
    recommended=Recipe(
        about="AdamW in one cycle up to 0.003, 8 epochs of batches of 64, images shifted, turned and scaled",
        optimizer=lambda steps: AdamW(lr=OneCycle(0.003, steps), weight_decay=0.05),
        epochs=8,
        batch_size=64,
        validation_split=None,
        augment=Augment(shift=1.5, rotate=8.0, scale=0.08),
    ),
)


def sigmoids(init: Glorot | Normal) -> Layers:
    """Give Rust-Neural-Networks' network for XOR: 4 sigmoids, then one for two classes."""

    def make(shape: tuple[int, ...], outputs: int) -> list[Propagate]:
        last = 1 if outputs == 2 else outputs
        return [Dense(shape[0], 4, init), Sigmoid(), Dense(4, last, init), Sigmoid()]

    return make


XOR = Preset(
    name="xor",
    about="4 sigmoids and 1, as in Rust-Neural-Networks",
    layers=sigmoids(Glorot("uniform")),
    loss=MSE(),
    task="classification",
    document=Recipe(
        about="SGD of 0.01, a million epochs, each row an update, in their order",
        optimizer=lambda _: SGD(lr=0.005),  # half of theirs: our gradient of a square is twice theirs
        epochs=1_000_000,
        batch_size=1,
        validation_split=None,
        shuffle=False,
    ),
    recommended=Recipe(
        about="Adam of 0.1 from weights of deviation 1, 2,000 epochs of all rows at once",
        optimizer=lambda _: Adam(lr=0.1),
        epochs=2000,
        batch_size=4,
        validation_split=None,
        layers=sigmoids(Normal(1.0)),
    ),
)

NN_RS = Preset(
    name="nn-rs",
    about="64, 32, 16 ELU, as in nn-rs",
    layers=dense((64, 32, 16), ELU, He(), ElasticNet(l1=1e-4, l2=1e-4)),
    document=Recipe(
        about="Nadam of 0.0005, 151 updates from all rows of MNIST at once",
        optimizer=lambda _: Nadam(lr=0.0005, eps=1e-7, momentum_decay=None),
        epochs=151,
        batch_size=60_000,
        validation_split=None,
    ),
)

SMALL = Preset(name="small", about="64 ReLU", layers=dense((64,), ReLU, He()))

PRESETS = {
    preset.name: preset
    for preset in (
        MLP,
        replace(MLP, name="mnist_mlp"),
        CNN,
        ATTENTION,
        RSNET,
        BEST_CNN,
        BEST_ATTENTION,
        NN_RS,
        XOR,
        SMALL,
    )
}
"""The presets by their names."""
