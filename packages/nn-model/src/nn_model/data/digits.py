"""The bundled digits: 1,797 small images to learn on at once, without a download."""

from contextlib import ExitStack
from importlib.resources import as_file, files

from nn_model.data.mnist import NAMES, read_four, scaled
from nn_model.data.split import Split

__all__ = ["load_digits"]

# Each cell of the 8 x 8 grid counts the ink in 4 x 4 pixels of the scan.
_FULL = 16


def load_digits(flatten: bool = True) -> Split:
    """Load the UCI handwritten digits: 1,437 training and 360 test images of 8 x 8 pixels, 10 classes.

    The division is fixed, and stratified: every class's share is the same in both parts to within one image.

    Parameters
    ----------
    flatten : bool
        True gives rows of shape (n, 64) for dense layers, False images of shape (n, 1, 8, 8) for convolutions.

    Returns
    -------
    Split
        x float32 in [0, 1], the counts 0 to 16 divided by 16; y int64 of shape (n,), the digits 0 to 9.

    Notes
    -----
    E. Alpaydin and C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning Repository
    (1998), CC BY 4.0; the 1,797 images of its test set, as in scikit-learn, whose function of this name leaves
    them undivided and unscaled.

    Examples
    --------
    >>> x, y, xt, yt = load_digits()
    >>> x.shape, xt.shape, float(x.max())
    ((1437, 64), (360, 64), 1.0)
    """
    folder = files("nn_model.data") / "files"
    with ExitStack() as stack:
        raw = read_four([stack.enter_context(as_file(folder / f"{name}.gz")) for name in NAMES])
    return scaled(raw, _FULL, flatten=flatten)
