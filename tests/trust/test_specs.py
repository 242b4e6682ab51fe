"""What may stand behind `--data`: a set that is known, or an error that shows what was asked for."""

import os
import pathlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gankit import audio, images, points, segmentation, text
from tests.trust.parsing import reads_or_refuses

pytestmark = pytest.mark.once

LOADERS = {one.__name__.split(".")[-1]: one for one in (audio, images, points, segmentation, text)}
KNOWN = ("ring", "grid", "digits", "glyphs", "streets", "vowels", "headlines", "dialogue")
PIECES = st.sampled_from(
    ["./", "../", "a", ".csv", "\0", "\udcff", "~", "%s", "{0}", "\n", "C:\\", " "]
)
SPECS = st.one_of(st.text(max_size=12), st.lists(PIECES, max_size=5).map("".join))


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory):
    """An empty folder to stand in."""
    before = os.getcwd()
    os.chdir(tmp_path_factory.mktemp("nowhere"))
    yield
    os.chdir(before)


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("domain", LOADERS)
@given(spec=SPECS)
def test_any_spec(domain, spec):
    """None of these is there to be read."""
    assume(spec not in KNOWN and not spec.startswith("tfds:"))
    assume(os.path.abspath(spec.replace("\0", "")).startswith(os.getcwd()))
    shown = [spec, repr(spec), str(pathlib.Path(spec))]
    assert reads_or_refuses(LOADERS[domain].load, spec, shown) is None


@pytest.mark.parametrize("domain", LOADERS)
def test_no_spec_at_all(domain, tmp_path, monkeypatch):
    """It is not the folder that one stands in."""
    (tmp_path / "a.png").write_bytes(b"no")
    (tmp_path / "a.wav").write_bytes(b"no")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="Unknown .*Known: .*Received: ''"):
        LOADERS[domain].load("")


@given(
    content=st.binary(max_size=40),
    running=st.booleans(),
    tokenizer=st.sampled_from(["word", "character", "bpe"]),
)
def test_any_file_of_text(tmp_path_factory, content, running, tokenizer):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(content)
    found = reads_or_refuses(lambda path: text.load(path, tokenizer, running=running), path)
    assert found is None or len(found.samples)


def test_a_running_text_has_no_columns(tmp_path):
    (tmp_path / "a.txt").write_text("one\ttwo\n" * 200)
    with pytest.raises(
        ValueError, match="a.txt: a text that runs on has no columns.*'prompt reply'"
    ):
        text.load(tmp_path / "a.txt", columns="prompt reply", running=True)
    assert len(text.load(tmp_path / "a.txt", columns="text", running=True).samples)
