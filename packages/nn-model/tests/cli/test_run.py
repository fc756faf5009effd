"""`nn run` on pictures: those it takes, and those it refuses before it decodes them."""

import io
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from nn_layers import Dense, Flatten
from nn_loss import BinaryCrossEntropy, CrossEntropy
from nn_model import NN, load
from nn_model.arrays import Array
from nn_model.cli.images import read_image
from nn_model.data import load_mnist
from nn_model.errors import DataError
from nn_optim import Adam

Invoke = Callable[..., Result]


@pytest.fixture
def pixels(digits: Path) -> Array:
    """Give the first test image as bytes, (8, 8)."""
    x = load_mnist(digits).x_test
    return np.asarray(np.round(x[0] * 255), np.uint8).reshape(8, 8)


def encoded(image: Image.Image, kind: str) -> bytes:
    target = io.BytesIO()
    image.save(target, kind)
    return target.getvalue()


class TestAnswers:
    def test_a_png_and_raw_bytes_are_answered_as_the_network_does(
        self, nn: Invoke, best: Path, pixels: Array, tmp_path: Path
    ) -> None:
        (tmp_path / "digit.png").write_bytes(encoded(Image.fromarray(pixels), "PNG"))
        (tmp_path / "digit.raw").write_bytes(pixels.tobytes())
        network = load(best)
        x = (pixels.reshape(1, 64) / np.float32(255)).astype(np.float32)
        shares = ", ".join(f"{i}: {share:.4f}" for i, share in enumerate(network.predict_proba(x)[0]))
        for name in ("digit.png", "digit.raw"):
            result = nn("run", "--checkpoint", best, "--image-path", tmp_path / name)
            assert (result.exit_code, result.stderr) == (0, "")
            assert result.stdout.splitlines() == [
                f"Prediction: {network.predict(x)[0]}",
                f"Output probabilities: {shares}",
            ]

    def test_several_files_are_named(self, nn: Invoke, best: Path, pixels: Array, tmp_path: Path) -> None:
        paths = [tmp_path / "a.raw", tmp_path / "b.raw", tmp_path / "c.raw"]
        for path in paths:
            path.write_bytes(pixels.tobytes())
        result = nn("run", "--checkpoint", best, "--image-path", paths[0], "--image-path", paths[1], paths[2])
        assert result.stdout.splitlines()[::3] == [str(path) for path in paths]

    def test_json(self, nn: Invoke, best: Path, pixels: Array, tmp_path: Path) -> None:
        path = tmp_path / "digit.raw"
        path.write_bytes(pixels.tobytes())
        (answer,) = json.loads(nn("run", "--checkpoint", best, path, "--json").stdout)
        assert list(answer) == ["file", "prediction", "probabilities"]
        assert answer["file"] == str(path)
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert max(answer["probabilities"], key=answer["probabilities"].get) == str(answer["prediction"])

    def test_rows_with_labels_that_are_left_out(self, nn: Invoke, best: Path, pixels: Array, tmp_path: Path) -> None:
        path = tmp_path / "rows.csv"
        names = [f"pixel{i}" for i in range(64)]
        cells = [f"{value / 255:.6f}" for value in pixels.ravel()]
        path.write_text(",".join(["label", *names]) + "\n" + ",".join(["7", *cells]) + "\n")
        (answer,) = json.loads(nn("run", "--checkpoint", best, path, "--label", "label", "--json").stdout)
        network = load(best)
        assert answer["prediction"] == network.predict(pixels.reshape(1, 64) / 255)[0]
        assert answer["row"] == 1

    def test_networks_of_images_and_labels_at_once(self, nn: Invoke, pixels: Array, tmp_path: Path) -> None:
        path = tmp_path / "digit.raw"
        path.write_bytes(pixels.tobytes())
        for shape in ((8, 8), (1, 8, 8)):
            made = NN([Flatten(), Dense(64, 3)], BinaryCrossEntropy(), Adam(), input_shape=shape)
            made.save(tmp_path / "model.json")
            (answer,) = json.loads(nn("run", "--checkpoint", tmp_path / "model.json", path, "--json").stdout)
            expected = made.predict(pixels.reshape(1, *shape) / np.float32(255))[0].tolist()
            assert answer["prediction"] == expected
            assert list(answer["probabilities"]) == ["0", "1", "2"]


class TestColours:
    """What pictures of other kinds come to, from 0 to 1."""

    def read(self, path: Path, image: Image.Image, kind: str = "PNG") -> Array:
        path.write_bytes(encoded(image, kind))
        return read_image(path, (8, 8))

    def test_grey_of_eight_and_sixteen_bits(self, pixels: Array, tmp_path: Path) -> None:
        grey = self.read(tmp_path / "g.png", Image.fromarray(pixels))
        assert (str(grey.dtype), grey.tolist()) == ("float32", (pixels / np.float32(255)).tolist())
        deep = self.read(tmp_path / "d.png", Image.fromarray(pixels.astype(np.uint16) * 257))
        np.testing.assert_allclose(deep, grey, atol=1e-6)

    def test_colours_become_their_brightness(self, tmp_path: Path) -> None:
        red = self.read(tmp_path / "r.png", Image.new("RGB", (8, 8), (255, 0, 0)))
        np.testing.assert_allclose(red, 0.299, atol=0.002)
        jpeg = self.read(tmp_path / "r.jpg", Image.new("RGB", (8, 8), (0, 255, 0)), "JPEG")
        np.testing.assert_allclose(jpeg, 0.587, atol=0.01)

    def test_what_is_transparent_is_black(self, tmp_path: Path) -> None:
        glass = self.read(tmp_path / "t.png", Image.new("RGBA", (8, 8), (255, 255, 255, 0)))
        half = self.read(tmp_path / "h.png", Image.new("LA", (8, 8), (255, 128)))
        assert glass.max() == 0
        np.testing.assert_allclose(half, 128 / 255, atol=0.01)
        palette = Image.new("P", (8, 8), 1)
        palette.putpalette([0, 0, 0, 255, 255, 255])
        palette.info["transparency"] = 1
        assert self.read(tmp_path / "p.png", palette).max() == 0

    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    @pytest.mark.parametrize(
        ("orientation", "turned"),
        [
            (1, lambda a: a),
            (2, np.fliplr),
            (3, lambda a: np.rot90(a, 2)),
            (4, np.flipud),
            (5, np.transpose),
            (6, lambda a: np.rot90(a, -1)),  # the right side of the picture is the top of the scene
            (7, lambda a: np.rot90(a, 2).T),
            (8, np.rot90),
            (9, lambda a: a),  # there is no such orientation
        ],
    )
    def test_a_picture_that_lies_on_its_side_is_turned_upright(
        self, tmp_path: Path, kind: str, orientation: int, turned: Callable[[Array], Array]
    ) -> None:
        stored = np.add.outer(np.arange(6) * 30, np.arange(8) * 10).astype(np.uint8)  # 8 wide and 6 high
        exif = Image.Exif()
        exif[0x0112], exif[0x010F] = orientation, "a maker"
        target = io.BytesIO()
        Image.fromarray(stored).save(target, kind, exif=exif, **({"quality": 100} if kind == "JPEG" else {}))
        (tmp_path / "side").write_bytes(target.getvalue())
        upright = turned(stored)
        np.testing.assert_allclose(read_image(tmp_path / "side", upright.shape), upright / 255, atol=0.02)
        with pytest.raises(DataError, match=f"found {upright.shape[1]} x {upright.shape[0]} pixels"):
            read_image(tmp_path / "side", upright.shape[::-1])

    @pytest.mark.parametrize(
        ("kind", "data", "message"),
        [
            ("PNG", b"MM\0-\0\0\0\x08", "EXIF data are damaged .not a TIFF file.*taken as it lies"),
            ("PNG", b"MM\0*\0\0", "EXIF data are damaged .unpack requires.*taken as it lies"),
            ("JPEG", b"MM\0*\0\0\0\x08\0\x02\x01\x12", "Corrupt EXIF data"),
        ],
    )
    def test_damaged_exif_data_are_warned_of(
        self, pixels: Array, tmp_path: Path, kind: str, data: bytes, message: str
    ) -> None:
        target = io.BytesIO()
        Image.fromarray(pixels).save(target, kind, exif=b"Exif\0\0" + data)
        (tmp_path / "odd").write_bytes(target.getvalue())
        with pytest.warns(UserWarning, match=message):
            found = read_image(tmp_path / "odd", (8, 8))
        np.testing.assert_allclose(found, pixels / 255, atol=0.15)

    def test_black_and_white(self, tmp_path: Path) -> None:
        assert self.read(tmp_path / "w.png", Image.new("1", (8, 8), 1)).min() == 1


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """Write a PNG that says it has this size, whatever its data are."""

    def chunk(body: bytes) -> bytes:
        return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))

    header = b"IHDR" + struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(header) + chunk(b"IDAT" + zlib.compress(data)) + chunk(b"IEND")


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"></svg>'


BAD = {
    "empty": (b"", "an empty file"),
    "a byte short": (bytes(63), "63 bytes"),
    "a byte long": (bytes(65), "65 bytes"),
    "another size": (encoded(Image.new("L", (9, 8)), "PNG"), "9 x 8 pixels"),
    "turned": (encoded(Image.new("L", (28, 28)), "JPEG"), "28 x 28 pixels"),
    "a bomb": (png(50_000, 50_000, bytes(10**6)), "far more pixels"),
    "a smaller bomb": (png(10_000, 10_000), "far more pixels"),
    "a large one": (png(4_000, 4_000), "4,000 x 4,000 pixels"),
    "a cut PNG": (encoded(Image.effect_noise((8, 8), 50), "PNG")[:-40], "a damaged PNG"),
    "a cut JPEG": (encoded(Image.effect_noise((8, 8), 50), "JPEG")[:-60], "a damaged JPEG"),
    "a header of a PNG": (png(8, 8)[:33], "found a damaged PNG\n"),
    "a PNG of nothing": (png(8, 8), "a damaged PNG"),
    "no JPEG": (b"\xff\xd8\xff" + bytes(61), "a damaged JPEG"),
    "SVG": (SVG + b" " * (64 - len(SVG)), "SVG; convert it to PNG"),
    "XML": (b'<?xml version="1.0"?>' + SVG, "XML; convert it to PNG"),
    "a PGM that lies": (b"P5 50000 50000 255\n" + bytes(45), "a netpbm image (P5); convert it to PNG"),
    "GIF": (encoded(Image.new("L", (8, 8)), "GIF"), "a GIF; convert it to PNG"),
    "text": (b"no picture at all", "text; convert it to PNG"),
}


def as_long(content: bytes, fill: bytes = b"\0") -> bytes:
    """Cut or fill to the size of the raw picture that the network takes."""
    return content[:64].ljust(64, fill)


SIZED = {
    "a BMP image": as_long(encoded(Image.effect_noise((8, 8), 50), "BMP")),
    "a TIFF image": as_long(encoded(Image.effect_noise((8, 8), 50), "TIFF")),
    "a TIFF image of a Macintosh": as_long(b"MM\0*\0\0\0\x08\xff"),
    "a TIFF image of gigabytes": as_long(b"II+\0\x08\0\0\0\xff"),
    "a HEIC or AVIF image": as_long(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
    "a WebP image": as_long(encoded(Image.effect_noise((8, 8), 50), "WEBP")),
    "a GIF": as_long(encoded(Image.effect_noise((8, 8), 50), "GIF")),
    "a JPEG 2000 image": as_long(b"\0\0\0\x0cjP  \r\n\x87\n"),
    "a Photoshop image": as_long(b"8BPS\0\x01"),
    "a PDF document": as_long(b"%PDF-1.7\n%\xe2\xe3"),
    "a .npy array": as_long(b"\x93NUMPY\x01\0"),
    "text": as_long(b"epoch,train_loss\r\n1,0.5\r\n", b"\n"),
    "text of other letters": as_long("Grüße aus Köln, an alle 水\n".encode(), b"."),
    "text with a mark": as_long(b"\xef\xbb\xbfhello", b"\t"),
    "SVG": as_long(b"\n  \n" + SVG[:60], b" "),
    "SVG with a mark": as_long(b"\xef\xbb\xbf" + SVG[:60], b" "),
    "XML": as_long(b"\n<?xml version='1.0'?>", b" "),
    "HTML": as_long(b"\n\n<!DOCTYPE html>", b" "),
}


class TestKinds:
    """Files of other kinds that happen to have as many bytes as the picture has pixels."""

    @pytest.mark.parametrize("name", SIZED)
    def test_are_not_taken_for_pixels(self, nn: Invoke, best: Path, tmp_path: Path, name: str) -> None:
        path = tmp_path / "picture"
        path.write_bytes(SIZED[name])
        result = nn("run", "--checkpoint", best, path)
        assert (path.stat().st_size, result.exit_code, result.stdout, result.stderr.count("\n")) == (64, 1, "", 1)
        kind = name.partition(" of ")[0].partition(" with ")[0]
        assert f"64 raw bytes; found {kind}" in result.stderr
        assert result.stderr.endswith("; convert it to PNG\n")

    @pytest.mark.parametrize(
        "content",
        [
            bytes(64),
            b"\xff" * 64,
            bytes(range(64)),
            b"BM" + bytes(range(100, 162)),
            b"MM" + bytes(62),
            b"\0\0\0\x18fty" + bytes(57),
            b"A" * 63 + b"\0",
        ],
    )
    def test_pixels_are_pixels(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "raw").write_bytes(content)
        pixels = read_image(tmp_path / "raw", (64,))
        np.testing.assert_array_equal(pixels, np.frombuffer(content, np.uint8) / np.float32(255))

    @pytest.mark.parametrize("seed", range(3))
    def test_random_pictures_are_pixels(self, tmp_path: Path, seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(300):
            content = rng.integers(0, 256, 64, np.uint8).tobytes()
            (tmp_path / "raw").write_bytes(content)
            assert read_image(tmp_path / "raw", (8, 8)).shape == (8, 8)


class TestRefusals:
    @pytest.mark.parametrize("name", BAD)
    def test_a_bad_picture_is_one_line(self, nn: Invoke, best: Path, tmp_path: Path, name: str) -> None:
        content, found = BAD[name]
        path = tmp_path / "picture"
        path.write_bytes(content)
        result = nn("run", "--checkpoint", best, "--image-path", path)
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
        start = f"Error: {path}: a grey picture of 8 x 8 pixels is needed: PNG, JPEG, or 64 raw bytes; found "
        assert result.stderr.startswith(start)
        assert found in result.stderr

    def test_a_file_of_gigabytes_is_not_read(self, nn: Invoke, best: Path, tmp_path: Path) -> None:
        path = tmp_path / "large"
        with path.open("wb") as file:
            file.truncate(2**33)
        result = nn("run", "--checkpoint", best, path)
        assert (result.exit_code, "found a file of 8,589,934,592 bytes" in result.stderr) == (1, True)

    def test_files_that_are_none(self, nn: Invoke, best: Path, tmp_path: Path) -> None:
        for path, reason in ((tmp_path / "none.png", "No such file"), (tmp_path, "found a folder")):
            result = nn("run", "--checkpoint", best, path)
            assert (result.exit_code, result.stderr.count("\n"), reason in result.stderr) == (1, 1, True)

    def test_one_bad_file_among_good_ones_gives_no_half_answer(
        self, nn: Invoke, best: Path, pixels: Array, tmp_path: Path
    ) -> None:
        (tmp_path / "good").write_bytes(pixels.tobytes())
        result = nn("run", "--checkpoint", best, tmp_path / "good", tmp_path / "none")
        assert (result.exit_code, result.stdout) == (1, "")

    def test_a_network_of_no_pictures(self, nn: Invoke, tmp_path: Path) -> None:
        NN([Dense(3, 2)], CrossEntropy(), Adam()).save(tmp_path / "model.json")
        (tmp_path / "picture").write_bytes(bytes(3))
        result = nn("run", "--checkpoint", tmp_path / "model.json", tmp_path / "picture")
        assert (result.exit_code, "which is no grey picture" in result.stderr) == (1, True)
        with pytest.raises(DataError, match="no grey picture"):
            read_image(tmp_path / "picture", (3, 8, 8))

    def test_no_file_is_wrong_usage(self, nn: Invoke, best: Path) -> None:
        result = nn("run", "--checkpoint", best)
        assert (result.exit_code, "Missing option '--image-path'" in result.stderr) == (2, True)

    def test_no_checkpoint(self, nn: Invoke, tmp_path: Path) -> None:
        (tmp_path / "model.json").write_text("not a model")
        for name in ("none.safetensors", "model.json", "model.bin"):
            result = nn("run", "--checkpoint", tmp_path / name, "picture")
            assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
            assert result.stderr.startswith(f"Error: {tmp_path / name}: ")
