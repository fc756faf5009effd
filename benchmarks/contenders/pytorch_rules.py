"""Our optimizers and losses as PyTorch's."""

from typing import Any

import torch
from torch.nn import functional

from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy, Loss

__all__ = ["FUSED", "RULES", "criterion", "rule", "tensors"]

RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {}),
    "Momentum": ("SGD", {"momentum": 0.9}),
    "Nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "AdaGrad": ("Adagrad", {}),
    "RMSProp": ("RMSprop", {}),
    "Adam": ("Adam", {}),
    "AdamW": ("AdamW", {}),
    "AdaMax": ("Adamax", {}),
    "Nadam": ("NAdam", {}),
}
"""Ours and PyTorch's names; the other numbers are the same defaults."""

FUSED = ("SGD", "Momentum", "Nesterov", "AdaGrad", "Adam", "AdamW")
"""Those that PyTorch has in one piece for the CPU."""


def rule(spec: Any, parameters: Any, **options: Any) -> Any:
    """Translate an optimizer."""
    name, numbers = RULES[spec.kind]
    return getattr(torch.optim, name)(parameters, lr=spec.lr, **numbers, **options)


def criterion(loss: Loss, scores: Any, y: Any) -> Any:
    """Give the loss of scores."""
    match loss:
        case CrossEntropy():
            return functional.cross_entropy(scores, y)
        case BinaryCrossEntropy():
            return functional.binary_cross_entropy_with_logits(scores, y)
        case MSE():
            return functional.mse_loss(scores, y)
    raise TypeError(f"no translation of {loss!r}")


def tensors(loss: Loss, x: Any, y: Any) -> tuple[Any, Any]:
    """Make tensors of a batch; targets that are no classes become columns."""
    labels = torch.from_numpy(y) if isinstance(loss, CrossEntropy) else torch.from_numpy(y[:, None].astype(x.dtype))
    return torch.from_numpy(x), labels
