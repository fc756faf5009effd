"""PyTorch on the CPU: eager, and compiled by `torch.compile`."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from benchmarks.contenders.pytorch_layers import module
from benchmarks.contenders.pytorch_rules import FUSED, criterion, rule, tensors
from benchmarks.row import Row, Run
from nn_layers import Dense

__all__ = [
    "answers",
    "answers_compiled",
    "channels_last",
    "compiled",
    "eager",
    "fused",
    "passes",
    "passes_channels_last",
    "updates",
]

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


def eager(row: Row, wrap: Callable[[Any], Any] = lambda work: work, layout: Any = torch.contiguous_format) -> Run:
    """Train step by step, the optimizer in one piece where there is one."""
    nn = row.make()
    model = module(nn.layers, nn.weights()).to(memory_format=layout)
    pieces = {"fused": True} if getattr(nn.optimizer, "kind", "") in FUSED else {}
    optimizer = rule(nn.optimizer, model.parameters(), **pieces)
    pairs = [tensors(nn.loss, *batch) for batch in row.batches()]
    batches = [(x.contiguous(memory_format=layout) if x.ndim == 4 else x, y) for x, y in pairs]
    penalised = [(model[i].weight, a.regularization) for i, a in enumerate(nn.layers) if isinstance(a, Dense)]
    costs: list[tuple[Any, Any]] = [(w, cost) for w, cost in penalised if cost is not None]

    def loss_of(x: Any, y: Any) -> Any:
        loss = criterion(nn.loss, model(x), y)
        for w, cost in costs:
            loss = loss + cost.l1 * w.abs().sum() + cost.l2 * w.square().sum()
        return loss

    work = wrap(loss_of)

    def run(times: int) -> float:
        for _ in range(times):
            losses = []
            for x, y in batches:
                optimizer.zero_grad()
                loss = work(x, y)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        return float(np.mean(losses))

    return run


compiled = partial(eager, wrap=torch.compile)
channels_last = partial(eager, layout=torch.channels_last)


def answers(row: Row, wrap: Callable[[Any], Any] = lambda work: work) -> Run:
    """Give probabilities."""
    nn = row.make()
    model = wrap(torch.nn.Sequential(module(nn.layers, nn.weights()), torch.nn.Softmax(-1)).eval())
    x, y = row.data()
    given, rows = torch.from_numpy(x), np.arange(len(x))

    @torch.inference_mode()  # type: ignore[untyped-decorator]  # torch is not installed where types are checked
    def run(times: int) -> float:
        for _ in range(times):
            p = model(given).numpy()
        return float(-np.log(p[rows, y]).mean())

    answer: Run = run
    return answer


answers_compiled = partial(answers, wrap=torch.compile)


def updates(row: Row, **options: Any) -> Run:
    """Update one long vector."""
    theta, grad = row.data()
    parameter = torch.nn.Parameter(torch.from_numpy(theta))
    parameter.grad = torch.from_numpy(grad)
    step = rule(row.make(), [parameter], **options).step
    some = slice(None, None, 9973)
    start = theta[some].copy()

    def run(times: int) -> float:
        for _ in range(times):
            step()
        return float(np.abs(theta[some] - start).mean())

    return run


fused = partial(updates, fused=True)


def passes(row: Row, layout: Any = torch.contiguous_format) -> Run:
    """Go forward and backward through a convolution."""
    stack = row.make()
    model = module(stack.layers, stack.weights()).to(memory_format=layout)
    x, dy = (torch.from_numpy(array).contiguous(memory_format=layout) for array in row.data())
    x.requires_grad_()

    def run(times: int) -> float:
        for _ in range(times):
            model.zero_grad()
            x.grad = None
            model(x).backward(dy)
        grads = torch.cat([p.grad.reshape(-1) for p in model.parameters()])
        return float(x.grad.square().mean() + grads.square().mean())

    return run


passes_channels_last = partial(passes, layout=torch.channels_last)
