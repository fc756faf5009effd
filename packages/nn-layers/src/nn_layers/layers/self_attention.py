"""Self-attention."""

from dataclasses import replace
from typing import Literal

from pydantic import Field, PositiveInt, model_validator

from nn_layers.errors import ShapeError
from nn_layers.initializers import AnyInitializer, Glorot, Zeros
from nn_layers.kernels import affine, attention
from nn_layers.layers.tokens import check_tokens, divisors
from nn_layers.protocol import Array, Calls, Frame, Param, Plan, Scratch, Shape, rows_of
from nn_layers.regularization import AnyRegularizer
from nn_layers.spec import spec

BLOCK = 32768
"""About how many attention weights are worked on at a time: with their tokens they stay in the processor's cache."""


@spec
class SelfAttention:
    """Scaled dot-product self-attention: every token becomes a weighted mean of what all tokens of its row offer.

    With `[q k v] = x w + b`, for each head: `a = softmax(q k' / sqrt(features / heads))`, `y = a v`; the heads' results
    stand beside each other, and go through `y w_out + b_out` if there is a projection. There is no mask, dropout or
    causal order, and no residual: put it into `Residual` for one.

    Parameters
    ----------
    features
        Size of a token, rows `(tokens, features)` in and out; `None` takes it from the layer before.
    heads
        How many heads share the features; it must divide them.
    projection
        Whether a trained product mixes the heads at the end.
    init
        How the weights are drawn, each of the matrices for q, k, v and the projection as `(features, features)`. The
        biases start at 0.
    regularization
        `L1`, `L2` or `ElasticNet` on `w` and `w_out`; never on the biases.

    Raises
    ------
    pydantic.ValidationError
        A size below 1, or of another type than `int`; heads that do not divide the features.
    ShapeError
        When stacked: rows that are no tokens, or of another size than `features`; heads that do not divide it.

    Notes
    -----
    Vaswani et al., "Attention Is All You Need", 2017, section 3.2. One product makes q, k and v: their weights are
    `w[:, :n]`, `w[:, n:2n]` and `w[:, 2n:]` of `w`, `(n, 3n)` for n features, and so with `b`, `(3n,)`; head h has the
    columns `h n / heads` up to `(h + 1) n / heads` of each.

    PyTorch's `nn.MultiheadAttention(n, heads, batch_first=True)` on `(x, x, x)` gives the same numbers with projection:
    its `in_proj_weight`, `(3n, n)`, is `w.T`, `in_proj_bias` is `b`, `out_proj.weight` is `w_out.T`, `out_proj.bias` is
    `b_out`. It draws `in_proj_weight` as one matrix of fans n and 3n, smaller than ours by `sqrt(2)`, and `out_proj`
    uniform on `1 / sqrt(n)`. Keras' `MultiHeadAttention` has separate kernels `(n, heads, n / heads)` and always
    projects; it draws from Glorot's uniform rule. Queries and keys whose products exceed the range of the dtype (tokens
    of about 1e19 in float32) make scores that are not finite, here as there.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> stack = Stack([SelfAttention(8, heads=2)], input_shape=(5, 8), rows=4)
    >>> stack.forward(np.ones((4, 5, 8), dtype="float32")).shape
    (4, 5, 8)
    >>> {name: w.shape for name, w in stack.weights().items()}
    {'layers.0.w': (8, 24), 'layers.0.b': (24,)}
    """

    features: PositiveInt | None = None
    heads: PositiveInt = 1
    projection: bool = False
    init: AnyInitializer = Glorot("uniform")
    regularization: AnyRegularizer | None = None
    kind: Literal["SelfAttention"] = Field(default="SelfAttention", kw_only=True)

    @model_validator(mode="after")
    def _heads_divide(self) -> "SelfAttention":
        if self.features is not None and self.features % self.heads:
            raise ValueError(self._uneven(self.features))
        return self

    def _uneven(self, features: int) -> str:
        return f"heads must divide the features: {self.heads} does not divide {features}; take {divisors(features)}"

    @property
    def input_shape(self) -> Shape | None:
        """`None`: the features alone do not say how many tokens there are."""
        return None

    def resolve(self, in_shape: Shape) -> "SelfAttention":
        """Fill in `features`."""
        if self.features is not None or len(in_shape) != 2 or in_shape[1] % self.heads:
            return self
        return replace(self, features=in_shape[1])

    def plan(self, in_shape: Shape) -> Plan:
        """Plan `w` and `b`, with a projection `w_out` and `b_out`; q, k, v, the attention weights, and scratch."""
        check_tokens(in_shape)
        tokens, n = in_shape
        if n % self.heads:
            raise ShapeError(got=rows_of(in_shape), remedy=self._uneven(n))
        if n != (self.features or n):
            raise ShapeError(got=rows_of(in_shape), remedy=f"write {replace(self, features=n)!r}")
        params = self._linear("w", "b", n, 3 * n)
        scratch = {
            "qkv": Scratch((tokens, 3 * n), kept=True),
            "dqkv": Scratch((tokens, 3 * n), training=True),
            "a": Scratch((self.heads, tokens, tokens), kept=True, training=True),
            **self._blocks(tokens),
        }
        if self.projection:
            params |= self._linear("w_out", "b_out", n, n)
            scratch |= {"mixed": Scratch(in_shape, kept=True), "dmixed": Scratch(in_shape, training=True)}
        return Plan(in_shape, params=params, scratch=scratch)

    def _linear(self, w: str, b: str, n: int, outputs: int) -> dict[str, Param]:
        weights = Param((n, outputs), self.init, (n, n), self.regularization, decay=True)
        return {w: weights, b: Param((outputs,), Zeros())}

    def _blocks(self, tokens: int) -> dict[str, Scratch]:
        """Plan the scratch for some rows at a time: the weights where they are not kept, or their gradient."""
        block = max(1, BLOCK // (self.heads * tokens * tokens))
        return {
            "block": Scratch((block, self.heads, tokens, tokens), per_row=False),
            "s": Scratch((block, self.heads, tokens), per_row=False),
            "ones": Scratch((tokens,), per_row=False),
        }

    def _mixed(self, f: Frame) -> Array:
        return f.s["mixed"] if self.projection else f.y

    def forward(self, f: Frame) -> Calls:
        """Yield [q k v] = x w + b, a = softmax(q k' / sqrt(d)), y = a v, and the projection."""
        a = f.s["a"] if f.training else f.s["block"]
        yield affine.forward, f.x, f.p["w"], f.p["b"], f.s["qkv"]
        yield attention.forward, f.s["qkv"], a, f.s["s"], f.s["ones"], self._mixed(f)
        if self.projection:
            yield affine.forward, f.s["mixed"], f.p["w_out"], f.p["b_out"], f.y

    def backward(self, f: Frame) -> Calls:
        """Yield the same way back: the projection's gradients, those of q, k, v, and those of w, b and x."""
        ones = affine.ones(f.dy)
        if self.projection:
            yield affine.parameter_grads, f.s["mixed"], f.dy, ones, f.g["w_out"], f.g["b_out"]
            yield affine.input_grad, f.dy, f.p["w_out"], f.s["dmixed"]
        dmixed = f.s["dmixed"] if self.projection else f.dy
        yield attention.backward, f.s["qkv"], f.s["a"], dmixed, f.s["block"], f.s["s"], f.s["dqkv"]
        yield affine.parameter_grads, f.x, f.s["dqkv"], ones, f.g["w"], f.g["b"]
        if f.dx is not None:
            yield affine.input_grad, f.s["dqkv"], f.p["w"], f.dx
