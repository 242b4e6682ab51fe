"""Readers of sound, pictures and masks on files whose headers, or any other bytes, say anything."""

import io
import struct
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gankit.files import Classes, masks, pictures, sound
from tests.trust.parsing import changed, reads_or_refuses
from tests.trust.test_bad_audio import FLAC, GOOD, OGG
from tests.trust.test_parsers import CHANGES, place, written

__all__ = ["place"]
pytestmark = [
    pytest.mark.once,
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
]
RATE = 8000
MASK = np.random.default_rng(0).integers(3, size=(6, 8)).astype("uint8")
SHARE = st.floats(0, 1)


def decode(path):
    return sound.decode(path, RATE)


def assert_a_wave(wave):
    assert wave is None or (wave.ndim == 1 and np.isfinite(wave).all() and np.abs(wave).max() <= 1)


SIZES = [
    st.integers(0, 3) | st.sampled_from([0xFFFE, 0x55, 6, 7]),  # the code of the kind
    st.integers(0, 3) | st.integers(0, 2**16 - 1),  # channels
    st.sampled_from([0, 1, 8000, 44_100, 2**32 - 1]) | st.integers(0, 2**32 - 1),  # hertz
    st.integers(0, 2**32 - 1),  # bytes a second
    st.integers(0, 8) | st.integers(0, 2**16 - 1),  # bytes a frame
    st.sampled_from([0, 8, 16, 24, 32, 64]) | st.integers(0, 2**16 - 1),  # bits
]
ANNOUNCED = st.integers(0, 900) | st.integers(0, 2**32 - 1)


@given(sizes=st.tuples(*SIZES), announced=st.tuples(*[ANNOUNCED] * 3), data=st.binary(max_size=900))
def test_any_header_of_a_wav(place, sizes, announced, data):
    whole, head, samples = announced
    content = b"RIFF" + struct.pack("<I", whole) + b"WAVEfmt " + struct.pack("<I", head)
    content += struct.pack("<HHIIHH", *sizes) + b"data" + struct.pack("<I", samples) + data
    assert_a_wave(reads_or_refuses(decode, written(place / "a.wav", content)))


@given(
    content=st.sampled_from([("wav", GOOD), ("flac", FLAC), ("ogg", OGG)]),
    changes=CHANGES,
    end=st.just(1.0) | SHARE,
)
def test_a_damaged_recording(place, content, changes, end):
    suffix, whole = content
    content = changed(whole, changes)[: round(end * len(whole))]
    assert_a_wave(reads_or_refuses(decode, written(place / f"a.{suffix}", content)))


@given(
    wave=st.lists(st.integers(-(2**15), 2**15 - 1), min_size=200, max_size=300),
    rate=st.sampled_from([8000]),
)
def test_a_wav_there_and_back(place, wave, rate):
    """What has something to hear in it."""
    import soundfile

    soundfile.write(place / "a.wav", np.array(wave, "int16"), rate)
    found = reads_or_refuses(decode, place / "a.wav")
    if max(wave) - min(wave) < 4:
        assert found is None
    else:
        np.testing.assert_array_equal(found * 2**15, wave)


# --- pictures -------------------------------------------------------------------------------------


def saved(array, form, **options):
    content = io.BytesIO()
    Image.fromarray(array).save(content, form, **options)
    return content.getvalue()


def palette():
    image = Image.fromarray(MASK)
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


COLOURS = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], "uint8")[MASK]
FILES = [
    ("png", saved(MASK, "PNG")),
    ("png", palette()),
    ("png", saved(COLOURS, "PNG")),
    ("png", saved(MASK.astype("uint16") * 9, "PNG")),
    ("gif", saved(MASK, "GIF")),
    ("bmp", saved(MASK, "BMP")),
    ("tif", saved(MASK, "TIFF")),
    ("tif", saved(COLOURS, "TIFF", compression="tiff_lzw")),
    ("jpg", saved(COLOURS, "JPEG")),
    ("webp", saved(COLOURS, "WEBP")),
]
CLASSES = Classes(["a", "b", "c"], [(1, 2, 3), (4, 5, 6), (7, 8, 9)])


@given(
    file=st.sampled_from(FILES), changes=CHANGES, end=st.just(1.0) | SHARE, coloured=st.booleans()
)
def test_a_damaged_picture_or_mask(place, file, changes, end, coloured):
    suffix, whole = file
    path = written(place / f"a.{suffix}", changed(whole, changes)[: round(end * len(whole))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mask = reads_or_refuses(lambda path: masks.read(path, CLASSES, coloured=coloured), path)
        header = reads_or_refuses(pictures.header, path)
        if header and header.height * header.width < 10**6:
            size, depth = (6, 8), header.depth
            picture = reads_or_refuses(
                lambda path: pictures.decode(path, size, header.channels, depth), path
            )
            assert picture is None or picture.shape == (6, 8, header.channels)
    assert mask is None or set(np.unique(mask)) <= {0, 1, 2, 255}


@given(mask=st.lists(st.integers(0, 2), min_size=24, max_size=24), coloured=st.booleans())
def test_a_mask_there_and_back(place, mask, coloured):
    mask = np.array(mask, "uint8").reshape(4, 6)
    shown = CLASSES.to_bytes(mask) if coloured else mask
    path = written(place / "a.png", saved(shown, "PNG"))
    np.testing.assert_array_equal(masks.read(path, CLASSES, coloured=coloured), mask)
