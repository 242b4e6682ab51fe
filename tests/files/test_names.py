import pathlib

import pytest

from gankit.files import names

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("grid", "grid.png"),
        ("grid.csv", "grid.png"),
        ("lr0.001", "lr0.001.png"),
        ("v1.2", "v1.2.png"),
    ],
)
def test_dots_that_are_no_endings(name, expected):
    assert names.with_ending(pathlib.Path("a.b", name), ".png") == pathlib.Path("a.b", expected)


def test_settings_in_names():
    assert names.named("of", {"top_k": 2, "temperature": 0.5}) == "of-top-k-2-temperature-0.5"
    one, other = (names.named("of", {"prompt": text}) for text in ("do cats?", "do cats!"))
    assert one.startswith("of-prompt-do-cats-")
    assert one != other


def test_inputs_are_not_written_over(tmp_path):
    (tmp_path / "photo.png").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    names.require_apart([tmp_path / "photo.png"], [tmp_path / "photo-overlay.png"])
    with pytest.raises(
        ValueError, match=r"photo.png is read, and would be written over. Give another"
    ):
        names.require_apart([tmp_path / "photo.png"], [tmp_path / "link" / "photo.png"])
