"""Pictures as a network takes them: PNG, JPEG or raw bytes, of exactly the size that it was trained on."""

import io
import struct
import warnings
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np

from nn_model.arrays import Array
from nn_model.data.source import opened, resembles
from nn_model.errors import DataError
from nn_model.extras import need

__all__ = ["image_size", "read_image"]

MAX_BYTES = 16 * 2**20
"""The largest image file that is looked into."""

_DECODED = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG"}
_OTHERS = {b"GIF8": "a GIF", b"RIFF": "a WebP image", b"8BPS": "a Photoshop image", b"qoif": "a QOI image"}
_OTHERS |= {b"II*\0": "a TIFF image", b"MM\0*": "a TIFF image", b"II+\0": "a TIFF image", b"MM\0+": "a TIFF image"}
_OTHERS |= {b"\0\0\0\x0cjP  ": "a JPEG 2000 image", b"\0\0\0\x0cJXL ": "a JPEG XL image"}
_OTHERS |= {b"P%d%c" % (n, space): f"a netpbm image (P{n})" for n in range(1, 8) for space in b" \t\r\n"}
_ORIENTATION = 0x0112
_TURNS = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270"}
_TURNS |= {7: "TRANSVERSE", 8: "ROTATE_90"}


def image_size(shape: tuple[int, ...]) -> tuple[int, int]:
    """Give height and width of the grey picture that an input of this shape is: `(784,)`, `(28, 28)`, `(1, 28, 28)`.

    Raises
    ------
    DataError
        It is no picture.
    """
    match shape:
        case (size,) if isqrt(size) ** 2 == size:
            return isqrt(size), isqrt(size)
        case (height, width) | (1, height, width):
            return height, width
    raise DataError(
        f"the network's input has the shape {shape}, which is no grey picture; give it the rows of a CSV file"
    )


def read_image(path: Path, shape: tuple[int, ...]) -> Array:
    """Read a grey picture as one row `(*shape)`, float32, 0 (black) to 1 (white).

    PNG and JPEG are told by their first bytes, turned upright as their EXIF data say, colours become grey, and what is
    transparent is black. A file of any other kind must be the raw bytes of the picture, row after row.

    Raises
    ------
    DataError
        The file is missing, of another kind or size, or damaged. The size is checked before anything is decoded.
    MissingExtraError
        pillow is not installed, and the file is PNG or JPEG.
    """
    height, width = image_size(shape)
    wanted = f"a grey picture of {width} x {height} pixels is needed: PNG, JPEG, or {width * height} raw bytes"
    with opened(path) as (file, size):
        if size > MAX_BYTES:
            raise DataError(f"{path}: {wanted}; found a file of {size:,} bytes")
        content = file.read(MAX_BYTES + 1)
    kind = next((kind for magic, kind in _DECODED.items() if content.startswith(magic)), None)
    try:
        grey = _raw(content, height * width) if kind is None else _decode(content, kind, (width, height))
    except DataError as error:
        raise DataError(f"{path}: {wanted}; found {error}") from None
    return grey.reshape(shape)


def _raw(content: bytes, size: int) -> Array:
    if other := _other(content):
        raise DataError(f"{other}; convert it to PNG")
    if len(content) != size:
        raise DataError(f"{len(content):,} bytes" if content else "an empty file")
    return _share(np.frombuffer(content, np.uint8), 255)


def _other(content: bytes) -> str:
    """Say what a file is that holds something else than pixels; empty if nothing is known against it."""
    for magic, kind in _OTHERS.items():
        if content.startswith(magic):
            return kind
    if content[4:8] == b"ftyp":
        return "a HEIC or AVIF image"
    if content.startswith(b"BM") and content[6:10] == bytes(4):  # two letters might be pixels, as might "text"
        return "a BMP image"
    if not _is_text(content):
        return resembles(content[:8]).removeprefix("text")
    words = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    return "SVG" if words.startswith(b"<svg") else resembles(words[:8]) or "text"


def _is_text(content: bytes) -> bool:
    """Whether all of it is text: pixels as dark as a background are not."""
    try:
        letters = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(letters) and all(letter.isprintable() or letter in "\t\n\v\f\r" for letter in letters)


def _share(pixels: Array, white: int) -> Array:
    return np.asarray(np.divide(pixels, white, dtype=np.float32))


def _decode(content: bytes, kind: str, size: tuple[int, int]) -> Array:
    image: Any = need("PIL.Image", "cli")
    bombs = (image.DecompressionBombWarning, image.DecompressionBombError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", image.DecompressionBombWarning)
            picture = image.open(io.BytesIO(content), formats=(kind,))  # reads the header only
        # Before it is decoded, nobody knows whether a picture lies on its side.
        _check_size(picture.size, size if picture.size == size else size[::-1])
        picture.load()
        picture = _upright(picture, image)
        _check_size(picture.size, size)
        return _grey(picture, image)
    except bombs:
        raise DataError(f"a {kind} of far more pixels") from None
    except image.UnidentifiedImageError:  # its message names an object in memory
        raise DataError(f"a damaged {kind}") from None
    except DataError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # what pillow raises at damaged files
        raise DataError(f"a damaged {kind} ({error})") from None


def _upright(picture: Any, image: Any) -> Any:
    """Turn a picture as its EXIF data say; pillow's own `exif_transpose` also rewrites them, and fails at odd ones."""
    try:
        orientation = picture.getexif().get(_ORIENTATION)
    except (struct.error, SyntaxError, TypeError, ValueError) as error:  # what pillow raises at damaged ones
        warnings.warn(
            f"its EXIF data are damaged ({error}); the picture is taken as it lies", UserWarning, stacklevel=2
        )
        return picture
    turn = _TURNS.get(orientation)
    return picture if turn is None else picture.transpose(image.Transpose[turn])


def _check_size(found: tuple[int, int], size: tuple[int, int]) -> None:
    if found != size:
        raise DataError(f"{found[0]:,} x {found[1]:,} pixels")


def _grey(picture: Any, image: Any) -> Array:
    """Give brightness from 0 to 1, `(height, width)`."""
    if picture.mode.startswith("I"):  # 16 bits a pixel
        return _share(np.asarray(picture), 65535)
    if "A" in picture.mode or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture = image.alpha_composite(image.new("RGBA", picture.size, "black"), picture)
    return _share(np.asarray(picture.convert("L")), 255)
