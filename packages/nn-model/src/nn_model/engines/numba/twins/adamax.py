"""u = max(b2 u, |g| + eps); p -= lr m / ((1 - b1^t) u)."""

from nn_model.engines.numba.registry import twin
from nn_optim.kernels import adamax
from nn_optim.protocol import Array


@twin(adamax.update)
def update(
    theta: Array,
    grad: Array,
    m: Array,
    u: Array,
    scratch: Array,
    lr: Array,
    step: Array,
    b1: float,
    b2: float,
    eps: float,
) -> None:
    kind = theta.dtype.type
    rate, small = kind(lr[0] / (1.0 - b1 ** step[0])), kind(eps)
    keep, new, keep2 = kind(b1), kind(1.0 - b1), kind(b2)
    for i in range(theta.size):  # all is read before anything is written: see adam
        g, p = grad[i], theta[i]
        mean, peak = keep * m[i] + new * g, max(keep2 * u[i], abs(g) + small)
        m[i], u[i], theta[i] = mean, peak, p - rate * (mean / peak)
