"""Every token's mean of all tokens' values, weighted by a = softmax(q k' / sqrt(d)): y = a v, head by head.

`qkv`: (rows, tokens, 3 features), each third (heads, d). `a`: (rows, heads, tokens, tokens).
"""

import math

from nn_layers.kernels import attention
from nn_layers.protocol import Array
from nn_model.engines.numba.blas import product
from nn_model.engines.numba.memory import flat
from nn_model.engines.numba.registry import twin
from nn_model.engines.numba.twins.softmax import softmax_rows, softmax_rows_backward


@twin(attention.forward)
def forward(qkv: Array, a: Array, s: Array, ones: Array, y: Array) -> None:
    rows, tokens, wide = qkv.shape
    heads, features = a.shape[1], wide // 3
    d = features // heads
    given, weights, out = flat(qkv), flat(a), flat(y)
    for row in range(rows):
        kept = row if a.shape[0] == rows else 0
        for head in range(heads):
            q, to = row * tokens * wide + head * d, (kept * heads + head) * tokens * tokens
            k, v = q + features, q + 2 * features
            product((tokens, tokens, d), given, (q, wide), False, given, (k, wide), True, weights, (to, tokens), False)
            softmax_rows(a[kept, head], 1.0 / math.sqrt(d), a[kept, head])
            at = row * tokens * features + head * d
            product(
                (tokens, d, tokens), weights, (to, tokens), False, given, (v, wide), False, out, (at, features), False
            )


@twin(attention.backward)
def backward(qkv: Array, a: Array, dy: Array, da: Array, s: Array, dqkv: Array) -> None:
    rows, tokens, wide = qkv.shape
    heads, features = a.shape[1], wide // 3
    d = features // heads
    given, weights, grad, dweights, out = flat(qkv), flat(a), flat(dy), flat(da), flat(dqkv)
    for row in range(rows):
        for head in range(heads):
            q, on = row * tokens * wide + head * d, (row * heads + head) * tokens * tokens
            k, v, at = q + features, q + 2 * features, row * tokens * features + head * d
            shape, mixed = (tokens, tokens, d), (tokens, d, tokens)
            product(mixed, weights, (on, tokens), True, grad, (at, features), False, out, (v, wide), False)
            product(shape, grad, (at, features), False, given, (v, wide), True, dweights, (0, tokens), False)
            softmax_rows_backward(a[row, head], da[0, 0], 1.0 / math.sqrt(d), da[0, 0])
            product(mixed, dweights, (0, tokens), False, given, (k, wide), False, out, (q, wide), False)
            product(mixed, dweights, (0, tokens), True, given, (q, wide), False, out, (k, wide), False)
