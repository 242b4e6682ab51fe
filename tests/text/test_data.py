import numpy as np
import pytest

from gankit.text import sources
from gankit.text.data import load
from gankit.text.ids import END, PADDING, UNKNOWN
from gankit.text.sequences import unpad
from gankit.text.tokenizer import Tokenizer

tensorflow_datasets = pytest.importorskip("tensorflow_datasets")

NAMES = [f"{first}ana" for first in "bdfgklmnprst"]


def sentences(n=60):
    """Different for n up to 175; whatever a tenth of them holds, the others have all the words."""
    return [f"{NAMES[i % 5]} and {NAMES[i // 5 % 5]} see {i % 7} cats" for i in range(n)]


def file(path, lines, newline="\n", encoding="utf-8"):
    path = path / "text.txt"
    path.write_bytes(newline.join([*lines, ""]).encode(encoding))
    return path


def texts(data, split="samples"):
    return data.preparation.decode(getattr(data, split))


def categories(n=80):
    return [f"{('cats', 'dogs')[i % 2]}\t{line}" for i, line in enumerate(sentences(n))]


def pairs(prompts=40, replies=2):
    return [
        f"What does {NAMES[i % 5]} see in {i % 8}?\t{NAMES[i % 5]} sees {j + 1} cats."
        for i in range(prompts)
        for j in range(replies)
    ]


# --- lines ----------------------------------------------------------------------------------------


def test_one_sequence_a_line(tmp_path):
    lines = sentences()
    data = load(file(tmp_path, lines))
    assert data.samples.dtype == np.int32
    assert (len(data.samples), len(data.validation)) == (54, 6)
    assert sorted(texts(data) + texts(data, "validation")) == sorted(lines)
    assert data.length == 7
    np.testing.assert_array_equal(data.samples[:, 6], END)  # room for an end behind the longest
    assert data.labels is data.prompts is data.classes is None
    assert data.notes[0] == "54 sequences to train on, 6 held out."
    assert "6 to 6 words in a sequence, 6.0 on average; there is room for 7." in data.notes


def test_true_lengths(tmp_path):
    data = load(file(tmp_path, [*sentences(), "short", "four words of these"]), length=9)
    assert data.samples.shape[1] == data.validation.shape[1] == 9
    everything = np.concatenate([data.samples, data.validation])
    assert {len(row) for row in unpad(everything)} == {1, 4, 6}
    short = everything[[len(row) == 1 for row in unpad(everything)]][0]
    assert short[1:].tolist() == [END] + 7 * [PADDING]


def test_the_seed_decides_what_is_held_out(tmp_path):
    path = file(tmp_path, sentences())
    first, again, other = (texts(load(path, seed=seed), "validation") for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_line_that_comes_twice_is_on_one_side(tmp_path):
    data = load(file(tmp_path, sentences(30) * 3))
    assert not set(texts(data)) & set(texts(data, "validation"))
    assert (len(data.samples), len(data.validation)) == (78, 12)  # 4 of 30
    assert "60 of 90 lines are the same as an earlier one." in data.notes


def test_the_tokenizer_learns_from_what_is_trained_on_only(tmp_path):
    """A word of one line comes twice there, and nowhere else."""
    data = load(file(tmp_path, [f"word{i} word{i}" for i in range(50)]))
    assert (data.samples[:, 0] != UNKNOWN).all()
    assert (data.validation[:, 0] == UNKNOWN).all()
    assert "unknown are 0.00% of the words to train on, and 100.00% of those held out" in str(
        data.notes
    )


def test_words_that_come_once_are_unknown(tmp_path):
    """So that it is learned where such are to be expected: they are as frequent in what is held out."""
    path = file(tmp_path, [f"{line} by name{i}" for i, line in enumerate(sentences(150))])
    data = load(path)
    for split in (data.samples, data.validation):
        assert np.mean(np.concatenate(unpad(split)) == UNKNOWN) == pytest.approx(1 / 8)
    assert any("drawn without it" in note and "--tokenizer bpe" in note for note in data.notes)
    assert not any("drawn without it" in note for note in load(path, "bpe", vocabulary=500).notes)
    assert UNKNOWN not in load(path, "character").samples


def test_words_of_which_none_comes_twice(tmp_path):
    path = file(tmp_path, [f"word{i}" for i in range(50)])
    with pytest.raises(ValueError, match="text.txt: of the words to train on none is known.*bpe"):
        load(path)
    assert len(load(path, "character").samples) == 45


def test_vocabulary_limit(tmp_path):
    data = load(file(tmp_path, sentences()), vocabulary=8)
    assert data.preparation.vocabulary_size == 8
    assert data.samples.max() == 7
    share = np.mean(np.concatenate(unpad(data.samples)) == UNKNOWN)
    assert f"unknown are {share:.2%} of the words to train on" in str(data.notes)
    assert "No more than 8 are allowed" in str(data.notes)
    assert "are allowed" not in str(load(tmp_path / "text.txt", vocabulary=100).notes)
    with pytest.raises(ValueError, match="vocabulary=4"):
        load(tmp_path / "text.txt", vocabulary=4)


@pytest.mark.parametrize("kind", ["character", "bpe"])
def test_other_tokens(tmp_path, kind):
    lines = [*sentences(), "我爱你，猫。 👩‍👩‍👧"] * 2
    data = load(file(tmp_path, lines), kind, vocabulary=300)
    assert set(texts(data) + texts(data, "validation")) == set(lines)


def test_a_tokenizer_that_has_learned(tmp_path):
    tokenizer = Tokenizer.train(["cats see and"])
    data = load(file(tmp_path, sentences()), tokenizer)
    assert data.preparation is tokenizer
    assert data.samples.max() == 6


def test_lower_case_and_accents(tmp_path):
    lines = [f"Cafe\u0301 {line}" for line in sentences()]
    path = file(tmp_path, lines)
    assert texts(load(path))[0].startswith("Cafe\u0301 ")
    assert texts(load(path, lower_case=True))[0].startswith("cafe\u0301 ")
    composing = Tokenizer.train(lines, normalise=True)
    assert texts(load(path, composing))[0].startswith("Café ")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_ends_of_lines(tmp_path, newline):
    data = load(file(tmp_path, sentences(), newline), "character")
    assert sorted(texts(data) + texts(data, "validation")) == sorted(sentences())


def test_byte_order_mark(tmp_path):
    data = load(file(tmp_path, sentences(), encoding="utf-8-sig"), "character")
    assert sorted(texts(data) + texts(data, "validation")) == sorted(sentences())


def test_blank_lines_and_outer_spaces(tmp_path):
    lines = ["", *(f"  {line} \t" for line in sentences()), " ", "\u3000"]
    data = load(file(tmp_path, lines), "character", columns="text")
    assert sorted(texts(data) + texts(data, "validation")) == sorted(sentences())
    assert "3 blank lines were ignored." in data.notes


def test_lines_alike_stay_together(tmp_path):
    """Capitals and spaces make no other line, nor does another category."""
    lines = [x for one in sentences() for x in (one, one.upper(), one.replace(" ", "  "))]
    data = load(file(tmp_path, lines))
    sides = [{x.lower() for x in texts(data, split)} for split in ("samples", "validation")]
    assert len(data.validation) == 18
    assert not sides[0] & sides[1]
    both = [f"{kind}\t{line}" for line in sentences(80) for kind in ("dogs", "cats")]
    both += [f"cats\t{line} now" for line in sentences(20)]
    data = load(file(tmp_path, both))
    sides = [set(texts(data, split)) for split in ("samples", "validation")]
    assert not sides[0] & sides[1]


def test_a_file_in_order_is_held_out_in_another(tmp_path):
    """Both halves of what is held out have both categories, of a file that has one after the other."""
    data = load(file(tmp_path, sorted(categories(160))))
    half = len(data.validation_labels) // 2
    assert {*data.validation_labels[:half]} == {*data.validation_labels[half:]} == {0, 1}


# --- categories -----------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [[], ["label\ttext"], ["Category\tHeadline"]])
def test_categories(tmp_path, header):
    data = load(file(tmp_path, header + categories()))
    assert data.classes == ["cats", "dogs"]
    assert data.labels.dtype == np.int64
    assert np.bincount(data.labels).tolist() == [36, 36]
    assert np.bincount(data.validation_labels).tolist() == [4, 4]
    known = dict(reversed(line.split("\t")) for line in categories())
    for split, labels in (("samples", data.labels), ("validation", data.validation_labels)):
        assert [known[text] for text in texts(data, split)] == [data.classes[i] for i in labels]


def test_a_rare_category_is_on_both_sides(tmp_path):
    data = load(file(tmp_path, [*categories(), "birds\tone", "birds\ttwo"]))
    assert data.classes == ["birds", "cats", "dogs"]
    assert np.bincount(data.labels).tolist() == [1, 36, 36]
    assert np.bincount(data.validation_labels).tolist() == [1, 4, 4]
    with pytest.raises(
        ValueError, match="'birds' has 1 lines to train on, fewer than a batch of 8"
    ):
        data.require_categories(8)
    data.require_categories(1)


@pytest.mark.parametrize("lines", [["birds\tone"], ["birds\tone", "birds\tone"]])
def test_a_category_with_too_few_lines(tmp_path, lines):
    with pytest.raises(ValueError, match="text.txt: category 'birds' has 1 different lines"):
        load(file(tmp_path, categories() + lines))


def test_one_category_is_none(tmp_path):
    """There is nothing to tell apart."""
    data = load(file(tmp_path, [f"cats\t{line}" for line in sentences()]), columns="category text")
    assert data.labels is data.classes is None
    assert set(texts(data)) < set(sentences())
    assert "All lines are of the category 'cats', which is left out." in data.notes


def test_the_checksum_is_of_the_texts(tmp_path):
    path = file(tmp_path, categories())
    data = load(path)
    assert load(path, data.preparation).checksum == load(path).checksum == data.checksum
    file(tmp_path, [*categories()[:-1], "cats\tdana and dana see 3 cats"])
    assert load(path, data.preparation).checksum != data.checksum
    file(tmp_path, [line.replace("dogs", "hens") for line in categories()])
    assert load(path, data.preparation).checksum == data.checksum  # classes have their own names


def test_columns_as_text(tmp_path):
    data = load(file(tmp_path, categories()), "character", columns="text")
    assert data.labels is None
    assert set(texts(data)) < set(categories())


# --- dialogue -------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [[], ["prompt\treply"], ["Question\tAnswer"]])
def test_dialogue(tmp_path, header):
    data = load(file(tmp_path, header + pairs()))
    assert data.prompts.shape == (72, 8)
    assert data.validation_prompts.shape == (8, 8)
    assert data.samples.shape == (72, 6)
    known = set(pairs())
    for prompts, replies in (("prompts", "samples"), ("validation_prompts", "validation")):
        for prompt, reply in zip(texts(data, prompts), texts(data, replies)):
            assert f"{prompt}\t{reply}" in known
    assert any(note.startswith("Prompts have room for 8 words") for note in data.notes)


def test_a_prompt_is_on_one_side(tmp_path):
    """Whatever its capitals, spaces and punctuation."""
    variants = [str, str.lower, lambda line: line.replace("?", " ...")]
    lines = [variant(line) for line in pairs() for variant in variants]
    data = load(file(tmp_path, lines), "character", columns="prompt reply")

    def bare(prompts):
        return {"".join(filter(str.isalnum, prompt.lower())) for prompt in texts(data, prompts)}

    assert len(bare("prompts")) == 36
    assert len(bare("validation_prompts")) == 4
    assert not bare("prompts") & bare("validation_prompts")


def test_prompts_that_only_unknown_words_tell_apart(tmp_path):
    """As tokens they are one prompt: what is held out of it would have been trained on."""
    lines = [f"what is word{i} ?\tthat is nothing {i % 3}" for i in range(40)]
    lines += [f"say {name} {mark}\tso be it" for mark in "abcdef" for name in NAMES]
    data = load(file(tmp_path, lines), columns="prompt reply")
    both = [set(map(tuple, one.tolist())) for one in (data.prompts, data.validation_prompts)]
    assert not both[0] & both[1]
    left = 112 - len(data.samples) - len(data.validation)
    assert left > 0
    assert f"{left} held-out lines are left out" in str(data.notes)


def test_lines_that_are_the_same_once_cut(tmp_path):
    lines = [
        f"{name} sees {other} and {name} {i}" for i, name in enumerate(NAMES) for other in NAMES
    ]
    lines += [f"{'x ' * 6}{i}" for i in range(40)]
    data = load(file(tmp_path, lines), "character", length=12, cut_long_lines=True)
    both = [set(map(tuple, one.tolist())) for one in (data.samples, data.validation)]
    assert not both[0] & both[1]
    assert "held-out lines are left out" in str(data.notes)


def test_prompts_without_letters_are_different(tmp_path):
    lines = [f"{mark * (i + 1)}\tyes {i}" for mark in "?!" for i in range(10)]
    data = load(file(tmp_path, lines), columns="prompt reply")
    assert len(data.prompts) == 16


# --- which columns --------------------------------------------------------------------------------


def test_columns_that_are_not_certain(tmp_path):
    lines = [f"{NAMES[i % 12]}\t{line}" for i, line in enumerate(sentences(24))]
    path = file(tmp_path, lines)
    with pytest.raises(ValueError, match=r"12 different texts.*24 lines.*--columns"):
        load(path)
    assert len(load(path, columns="category text").classes) == 12
    assert load(path, columns="prompt reply").prompts is not None
    with pytest.raises(ValueError, match="Known: text, category text, prompt reply. Received: 'x'"):
        load(path, columns="x")


def test_short_prompts_are_not_taken_for_categories(tmp_path):
    lines = [f"How are you {i}?\t{line}" for i in range(2) for line in sentences(20)]
    with pytest.raises(ValueError, match="--columns"):
        load(file(tmp_path, lines))


@pytest.mark.parametrize(
    ("bad", "found"),
    [("no tab", "1"), ("a\tb\tc", "3"), ("cats\t", "1 filled of 2"), ("\tonly", "1 filled of 2")],
)
def test_missing_columns(tmp_path, bad, found):
    lines = categories()
    lines.insert(6, bad)
    path = file(tmp_path, lines)
    with pytest.raises(
        ValueError, match=f"text.txt, line 7: expected two columns.*found {found}\\."
    ):
        load(path)
    data = load(path, skip_bad_lines=True)
    assert len(data.samples) == 72
    assert "1 lines are left out, the first is" in data.notes[-1]
    assert "line 7" in data.notes[-1]


def test_a_tab_in_a_few_lines(tmp_path):
    path = file(tmp_path, [*sentences(), "with\ttab"])
    with pytest.raises(ValueError, match="line 61: there is a tab here, and none in 60 of 61"):
        load(path, skip_bad_lines=True)
    assert len(load(path, columns="text").samples) == 55


def swapped(lines):
    return ["\t".join(reversed(line.split("\t"))) for line in lines]


def test_columns_the_other_way_round(tmp_path):
    """Few short texts in the second column are categories, and no replies, unless one says so."""
    path = file(tmp_path, swapped(categories()))
    message = r"only 2 different texts in the second of 80 lines, such as 'cats': .*other way round"
    with pytest.raises(ValueError, match=message):
        load(path)
    assert load(path, columns="prompt reply").prompts is not None


@pytest.mark.parametrize("columns", [None, "category text"])
def test_a_header_the_other_way_round(tmp_path, columns):
    data = load(file(tmp_path, swapped(["label\ttext", *categories()])), columns=columns)
    assert data.classes == ["cats", "dogs"]
    assert "By the header, the first column is the text, and the second the category." in data.notes
    expected = load(file(tmp_path, categories()))
    np.testing.assert_array_equal(data.samples, expected.samples)
    np.testing.assert_array_equal(data.labels, expected.labels)


def test_how_columns_are_read_is_noted(tmp_path):
    for lines, note in (
        (categories(), "The first column is taken as the category, and the second as the text."),
        (pairs(), "The first column is taken as the prompt, and the second as the reply."),
    ):
        assert note in load(file(tmp_path, lines)).notes
    assert not any("column" in note for note in load(file(tmp_path, sentences())).notes)


# --- lengths --------------------------------------------------------------------------------------


def test_a_line_beyond_the_limit(tmp_path):
    lines = sentences()
    lines[3] = "bana see cats and kana see cats and dana see"
    path = file(tmp_path, lines)
    with pytest.raises(
        ValueError, match=r"text.txt, line 4: 10 tokens.*limit of 8. Say --length 10"
    ):
        load(path, length=8)
    data = load(path, length=8, cut_long_lines=True)
    assert "1 lines are cut to 8 tokens." in data.notes
    assert "bana see cats and kana see cats and" in texts(data) + texts(data, "validation")
    data = load(path, length=8, skip_bad_lines=True)
    assert len(data.samples) + len(data.validation) == 59
    assert "line 4" in data.notes[-1]
    with pytest.raises(ValueError, match="too few lines of at most 2 tokens"):
        load(path, length=2, skip_bad_lines=True)
    with pytest.raises(ValueError, match="Received: length=1"):
        load(path, length=1)


def test_the_limit_where_none_is_given(tmp_path):
    path = file(tmp_path, [*sentences(), "a " * 65])
    with pytest.raises(ValueError, match="line 61: 65 tokens are more than the limit of 64"):
        load(path)


def test_a_prompt_beyond_the_limit(tmp_path):
    path = file(tmp_path, [*pairs(), "a b c d e f g h i j?\tno"])
    with pytest.raises(ValueError, match="line 81: 11 tokens"):
        load(path, length=8)
    data = load(path, length=8, cut_long_lines=True)
    assert data.prompts.shape == (len(data.samples), 8)


def test_an_extremely_long_line(tmp_path):
    path = file(tmp_path, [*sentences(), "a" * 30_000])
    with pytest.raises(ValueError, match=r"line 61: 30,000 characters.*20,000.*--running"):
        load(path)
    assert len(load(path, skip_bad_lines=True).samples) == 54


# --- files that are no text -----------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"\n \r\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file(tmp_path, content):
    (tmp_path / "text.txt").write_bytes(content)
    with pytest.raises(ValueError, match=r"text.txt: there is no text in it"):
        load(tmp_path / "text.txt")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_wrong_encoding(tmp_path, newline):
    path = file(tmp_path, ["a cat", "a dog", "a caf\xe9", *sentences()], newline, "latin-1")
    byte = path.read_bytes().index(b"\xe9")
    with pytest.raises(ValueError, match=rf"text.txt, line 3: byte {byte} \(0xe9\) is not UTF-8"):
        load(path)
    data = load(path, skip_bad_lines=True)
    assert len(data.samples) + len(data.validation) == 62
    assert "line 3" in data.notes[-1]


def test_utf_16(tmp_path):
    path = file(tmp_path, sentences(), encoding="utf-16")
    with pytest.raises(ValueError, match="text.txt starts with byte 0xff.*UTF-16"):
        load(path)


def test_null_bytes(tmp_path):
    path = file(tmp_path, ["one", "t\0wo", *sentences()])
    with pytest.raises(ValueError, match="line 2: byte 5 is 0"):
        load(path)


def test_a_binary_file(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    with pytest.raises(ValueError, match=r"text.txt, line \d+: byte \d+ "):
        load(path)
    np.save(tmp_path / "numbers.npy", np.arange(10))
    with pytest.raises(ValueError, match="line 1: byte "):
        load(tmp_path / "numbers.npy")


@pytest.mark.parametrize("n", [1, 30])
def test_one_distinct_line(tmp_path, n):
    with pytest.raises(ValueError, match="only one distinct line; at least 8 .*--running"):
        load(file(tmp_path, ["the same"] * n))


def test_one_distinct_prompt(tmp_path):
    lines = [f"How are you?\t{line}" for line in sentences()]
    with pytest.raises(ValueError, match="only one distinct prompt"):
        load(file(tmp_path, lines), columns="prompt reply")


def test_nothing_but_strange_spaces(tmp_path):
    data = load(file(tmp_path, [*sentences(), "\u2028", "\x1c "]))
    assert "2 blank lines were ignored." in data.notes


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("headline", "Unknown text. Known: dialogue, headlines, tfds:NAME.*Received: 'headline'"),
        ("no/such/file", "no/such/file: no such file"),
        ("text.txt", "text.txt: no such file"),
        ("tfds:no_such_set_at_all", "TensorFlow Datasets can't load"),
    ],
)
def test_unknown_specs(spec, message):
    with pytest.raises(ValueError, match=message):
        load(spec)


def test_a_folder(tmp_path):
    with pytest.raises(ValueError, match="is a folder. Give the path of one text file"):
        load(tmp_path)


# --- running text ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["word", "character", "bpe"])
def test_running_text(tmp_path, kind):
    """The rows, one after the other, are the text; the end of it is held out."""
    lines = sentences(200)
    data = load(file(tmp_path, lines), kind, vocabulary=300, length=10, running=True)
    assert data.samples.shape[1] == 10
    assert data.samples.min() > 2
    (learned,) = texts(data.__class__("", data.samples.reshape(1, -1), None, data.preparation))
    whole = "\n".join(lines)
    if kind == "word":
        whole = " ".join(whole.split())
    assert whole.startswith(learned)
    assert 0.85 < len(learned) / len(whole) <= 0.9
    assert len(data.samples) / len(data.validation) == pytest.approx(9, rel=0.2)
    assert any("tokens at the ends are left out" in note for note in data.notes)


def test_running_text_that_is_too_short(tmp_path):
    with pytest.raises(
        ValueError, match=r"a running text of 36 words is too short.*sequences of 8.*takes 320"
    ):
        load(file(tmp_path, sentences(6)), running=True)


def test_four_sequences_of_a_running_text_are_held_out(tmp_path):
    """Shorter ones, unless told: each half of what is held out has two."""
    path = file(tmp_path, sentences(80))  # 480 words
    data = load(path, running=True)
    assert (data.length, len(data.validation)) == (12, 4)
    with pytest.raises(ValueError, match="sequences of 32.*and 4 at least held out.*--length"):
        load(path, running=True, length=32)


# --- datasets -------------------------------------------------------------------------------------


def test_datasets(tmp_path):
    data = load(file(tmp_path, sentences()))
    first, again = (list(data.dataset(9, seed=4)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first[0].shape == (9, 7)
    assert first[0].dtype == np.int32
    assert sorted(map(tuple, np.concatenate(first))) == sorted(map(tuple, data.samples))
    np.testing.assert_array_equal(next(iter(data.dataset(50, split="validation"))), data.validation)
    with pytest.raises(ValueError, match="neither categories nor prompts"):
        data.dataset(9, conditional=True)


def test_datasets_with_conditions(tmp_path):
    data = load(file(tmp_path, categories()))
    tokens, labels = next(iter(data.dataset(6)))
    known = dict(reversed(line.split("\t")) for line in categories())
    decoded = data.preparation.decode(tokens)
    assert [known[text] for text in decoded] == [data.classes[i] for i in labels]
    assert next(iter(data.dataset(6, conditional=False))).shape == (6, 7)

    data = load(file(tmp_path, pairs()))
    tokens, prompts = next(iter(data.dataset(6)))
    decoded = zip(data.preparation.decode(prompts), data.preparation.decode(tokens))
    assert {f"{prompt}\t{reply}" for prompt, reply in decoded} < set(pairs())
    tokens, prompts = next(iter(data.dataset(6, split="validation")))
    np.testing.assert_array_equal(prompts, data.validation_prompts[:6])


def test_built_in():
    data = load("headlines")
    assert data.classes == ["business", "science", "sport", "world"]
    assert (len(data.samples), len(data.validation)) == (4500, 500)
    assert 800 < data.preparation.vocabulary_size < 3000
    data = load("dialogue")
    assert len(data.prompts) == len(data.samples) > 2000
    with pytest.raises(ValueError, match="headlines has the columns 'category text'"):
        load("headlines", columns="prompt reply")


# --- TensorFlow Datasets --------------------------------------------------------------------------


class _Set(tensorflow_datasets.core.GeneratorBasedBuilder, skip_registration=True):
    """A set that the test prepares itself, offline."""

    VERSION = tensorflow_datasets.core.Version("1.0.0")
    TEXTS, CLASSES = (), None

    def _info(self):
        features = tensorflow_datasets.features
        kinds = {name: features.Text() for name in self.TEXTS}
        if self.CLASSES:
            kinds["label"] = features.ClassLabel(names=self.CLASSES)
        return self.dataset_info_from_configs(features=features.FeaturesDict(kinds))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        yield from enumerate(self.examples())


class GankitNews(_Set):
    TEXTS, CLASSES = ("title", "description"), ["cats", "dogs"]

    def examples(self):
        for line in categories():
            label, title = line.split("\t")
            yield {"title": title, "description": f"{title}, at length", "label": label}


class GankitUnlabelled(GankitNews):
    def examples(self):
        yield {"title": "no class", "description": "none", "label": -1}
        yield from super().examples()


class GankitPlay(_Set):
    TEXTS = ("text",)

    def examples(self):
        yield {"text": "\n".join(sentences(200))}


class GankitLines(_Set):
    TEXTS = ("text",)

    def examples(self):
        for line in [*sentences(), b"caf\xe9"]:
            yield {"text": line}


class GankitQuestions(_Set):
    TEXTS = ("question", "answer")

    def examples(self):
        for line in pairs():
            yield dict(zip(self.TEXTS, line.split("\t")))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("tfds"))
    for builder in (GankitNews, GankitUnlabelled, GankitPlay, GankitLines, GankitQuestions):
        builder(data_dir=folder).download_and_prepare()
    return folder


@pytest.fixture
def here(prepared, monkeypatch):
    real = tensorflow_datasets.load
    monkeypatch.setattr(
        tensorflow_datasets, "load", lambda *a, **k: real(*a, data_dir=prepared, **k)
    )


@pytest.mark.usefixtures("here")
def test_a_set_with_classes():
    data = load("tfds:gankit_news")
    assert data.classes == ["cats", "dogs"]
    assert "The text is the feature 'title', beside 'label'." in data.notes
    known = dict(reversed(line.split("\t")) for line in categories())
    assert [known[text] for text in texts(data)] == [data.classes[i] for i in data.labels]
    data = load("tfds:gankit_news", columns="description")
    assert data.labels is None
    assert all(text.endswith(", at length") for text in texts(data))


@pytest.mark.usefixtures("here")
def test_a_set_too_large_for_memory(monkeypatch):
    monkeypatch.setattr(sources, "MOST", 50)
    message = r"tfds:gankit_news: 80 examples are too many.*such as tfds:gankit_news:train\[:5\]"
    with pytest.raises(ValueError, match=message):
        load("tfds:gankit_news")


@pytest.mark.usefixtures("here")
def test_an_example_without_a_class():
    """TFDS marks it by -1, which is not the last class."""
    with pytest.raises(ValueError, match=r"tfds:gankit_unlabelled, example \d+: its class is -1"):
        load("tfds:gankit_unlabelled")
    data = load("tfds:gankit_unlabelled", skip_bad_lines=True)
    assert np.bincount(data.labels).tolist() == [36, 36]


@pytest.mark.usefixtures("here")
def test_a_set_of_one_long_text():
    data = load("tfds:gankit_play", length=10)
    assert data.samples.shape[1] == 10
    assert "It is taken as running text." in data.notes
    assert len(data.samples) + len(data.validation) == pytest.approx(120, abs=2)


@pytest.mark.usefixtures("here")
def test_a_set_of_lines():
    with pytest.raises(ValueError, match=r"tfds:gankit_lines, example \d+: byte 3 is not UTF-8"):
        load("tfds:gankit_lines")
    data = load("tfds:gankit_lines", skip_bad_lines=True)
    assert sorted(texts(data) + texts(data, "validation")) == sorted(sentences())
    assert "1 examples are left out" in data.notes[-1]


@pytest.mark.usefixtures("here")
def test_a_set_of_questions():
    with pytest.raises(ValueError, match="say which features.*question.*answer"):
        load("tfds:gankit_questions")
    data = load("tfds:gankit_questions", columns="question answer")
    known = {tuple(line.split("\t")) for line in pairs()}
    assert set(zip(texts(data, "prompts"), texts(data))) < known
    assert load("tfds:gankit_questions", columns="answer").prompts is None
    for columns in ("nothing", "question answer question", "nothing answer"):
        with pytest.raises(ValueError, match=f"Received: columns='{columns}'"):
            load("tfds:gankit_questions", columns=columns)
