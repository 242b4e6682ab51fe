"""The program that comes with an exported run on text, run as whoever gets it does."""

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from gankit import export, text
from tests.programs import output, run

pytestmark = pytest.mark.tensorflow_only

LINES = ["cats like fish", "dogs like bones", "owls like mice"]
CATEGORIES = ("it's", 'a "quote" \\', "{braces} 100%")


def written(kind, folder):
    """A language model told categories, its tokenizer, and the program that its export comes with."""
    keras.utils.set_random_seed(0)
    tokenizer = text.Tokenizer.train(LINES, kind)
    of_categories = text.Category(len(CATEGORIES), 4)
    model = text.Recurrent(tokenizer.vocabulary_size, 12, 8, 8, "gru", of_categories)
    networks = text.decoding(model, ())
    model.set_weights([3 * one for one in model.get_weights()])  # so that categories differ
    preparation = keras.saving.serialize_keras_object(tokenizer)
    (folder / "preparation.json").write_text(json.dumps(preparation))
    done = [export.export(one, folder / name, "saved_model") for name, one in networks.items()]
    of_run = SimpleNamespace(
        config={"prompt_length": None, "classes_found": CATEGORIES},
        load=lambda: SimpleNamespace(sampler=model),
        load_preparation=lambda: tokenizer,
    )
    name, content = text.program(of_run, done, "saved_model")
    (folder / name).write_text(content, encoding="utf-8")
    return model, tokenizer, folder / name


@pytest.mark.parametrize("kind", ["word", "character", "bpe"])
def test_the_likeliest_texts_of_categories(kind, tmp_path):
    model, tokenizer, program = written(kind, tmp_path)
    categories = np.array([0, 1, 2, 0], "int32")
    likeliest = {"temperature": 1e-6, "without": (model.unknown,)}
    tokens = model.sample(np.zeros((4, 12), "float32"), categories, **likeliest)
    expected = tokenizer.decode(text.unpad(keras.ops.convert_to_numpy(tokens)))
    assert len(set(expected)) == 3
    lines = output(program, "--n", 4, "--temperature", 1e-6).split("\n")
    assert [one.split() for one in lines[:-1]] == [one.split() for one in expected]


def test_texts_of_one_category(tmp_path):
    *_, program = written("word", tmp_path)
    likeliest = ("--n", 2, "--temperature", 1e-6)
    *_, third, end = output(program, "--n", 3, "--temperature", 1e-6).split("\n")
    assert end == ""
    lines = output(program, *likeliest, "--category", CATEGORIES[2])
    assert lines == f"{third}\n{third}\n"
    code, _, err = run(program, "--temperature", 0)
    assert code == 2
    assert "--temperature more than 0" in err
