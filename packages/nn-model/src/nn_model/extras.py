"""Optional libraries: imported where they are used, and missed in one line."""

from importlib import import_module
from typing import Any

__all__ = ["MissingExtraError", "need"]


class MissingExtraError(ImportError, RuntimeError):
    """An optional library that this call needs is not installed."""


def need(module: str, extra: str) -> Any:
    """Import an optional library, or say how to install it.

    Parameters
    ----------
    module
        What to import, such as `"matplotlib.figure"`.
    extra
        The extra of nn-model that brings it.

    Raises
    ------
    MissingExtraError
        The library, or one that it needs itself, cannot be imported.

    Examples
    --------
    >>> need("json.decoder", "plot").JSONDecoder.__name__
    'JSONDecoder'
    >>> need("my_zoo", "plot")
    Traceback (most recent call last):
    nn_model.extras.MissingExtraError: my_zoo is needed for this and not installed; run: pip install nn-model[plot]
    """
    library = module.partition(".")[0]
    try:
        # The library before its part, so that the error is about the library if that is absent.
        import_module(library)
        return import_module(module)
    except ImportError as error:
        absent = isinstance(error, ModuleNotFoundError) and error.name == library
        found = "not installed" if absent else f"cannot be imported ({error})"
        raise MissingExtraError(
            f"{library} is needed for this and {found}; run: pip install nn-model[{extra}]", name=library
        ) from None
