"""The text recipe and what one does with its runs, as a user runs them."""

import io
import itertools
import json
import sys

import keras
import numpy as np
import pytest

from gankit import cli, runs, text
from gankit.text.begun import texts_of
from recipes import text as module
from tests.programs import output, run
from tests.recipes.commands import gankit, within

pytestmark = pytest.mark.once

ANIMALS = ("cats", "dogs", "owls", "bees", "ants", "cows", "hens", "rats")
FOOD = ("fish", "bones", "mice", "honey", "sugar", "grass", "corn", "cheese")


def recipe(*arguments, start=within):
    return start("recipes/text.py", "--units", 8, "--batch-size", 4, *arguments)


def write(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def plain(folder):
    pairs = itertools.product(ANIMALS, FOOD)
    return write(folder / "plain.txt", [f"{one} like {other}" for one, other in pairs])


def dialogue(folder):
    pairs = itertools.product(ANIMALS, FOOD)
    return write(folder / "talk.tsv", [f"do {a} eat {b} ?\tyes , {a} eat {b}" for a, b in pairs])


def headlines(folder):
    lines = [f"{kind}\t{a} like {b}" for a in ANIMALS for b, kind in zip(FOOD, "qz" * 4)]
    return write(folder / "kinds.tsv", lines)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    data, directory = dialogue(folder), folder / "run"
    code, out, err = recipe("--data", data, "--smoke", "--out", directory, start=run)
    assert code == 0, err
    return data, directory, out


def test_what_a_run_leaves(finished):
    _, directory, out = finished
    names = {path.name for path in directory.iterdir()}
    assert names >= {"config.json", "model.keras", "twin.keras", "encoder.keras", "judge.keras"}
    assert "nats a token" in out
    assert "Training the discriminator while the generator rests" in out
    report = json.loads((directory / "report.json").read_text())
    measured = {"lm_score", "reverse_lm_score", "bleu_5", "self_bleu_5", "distinct_2", "copied"}
    for prefix, rows in (
        ("", report["metrics"]),
        ("maximum_likelihood/", report["controls"]),
        ("real_against_real/", report["controls"]),
    ):
        assert {f"{prefix}{name}" for name in measured | {"frechet_distance"}} <= set(rows)
        if prefix != "real_against_real/":
            assert {f"{prefix}{name}" for name in ("nll_test", "nll_div", "perplexity")} <= set(
                rows
            )
    assert any("At equal LM score" in one or "say nothing" in one for one in report["remarks"])
    twin = report["twin"]
    assert (twin["steps"], twin["best_step"], twin["stopped_early"]) == (5, 5, False)
    assert any("twin did not stop early: after 5 steps" in one for one in report["remarks"])
    protocol = report["metrics"]["frechet_distance"]["protocol"]
    assert "an LSTM of 64 units that learned to predict the next token" in protocol
    perplexity = np.exp(report["metrics"]["nll_test"]["value"])
    assert report["metrics"]["perplexity"]["value"] == pytest.approx(perplexity)
    assert (directory / "samples" / "curves.png").stat().st_size > 1000
    assert "nats a token   sample" in (directory / "samples" / "final.txt").read_text()
    assert "do " in out
    assert "samples      " in out


def test_a_twin_that_had_finished_is_not_remarked_on():
    course = {"steps": 1200, "best_step": 200, "nats": 2.0, "stopped_early": True}
    assert module.unfinished(course) == module.unfinished(None) == []
    (remark,) = module.unfinished({**course, "stopped_early": False})
    assert "after 1,200 steps, the best of them 200" in remark


def test_the_same_again_goes_on(finished):
    data, directory, _ = finished
    before = json.loads((directory / "report.json").read_text())
    code, out, err = recipe("--data", data, "--smoke", "--out", directory)
    assert code == 0, err
    assert "Training by maximum likelihood" not in out
    again = json.loads((directory / "report.json").read_text())
    assert again["metrics"] == before["metrics"]
    assert again["controls"] == before["controls"]


def test_evaluate(finished, tmp_path, capsys):
    _, directory, _ = finished
    cli.Evaluate(directory, json=tmp_path / "again.json")()
    report = json.loads((directory / "report.json").read_text())
    again = json.loads((tmp_path / "again.json").read_text())
    for table in ("metrics", "controls"):
        assert set(again[table]) == set(report[table])
        for name, row in again[table].items():
            assert row["value"] == pytest.approx(report[table][name]["value"], rel=1e-4), name


def test_export(finished, tmp_path):
    _, directory, _ = finished
    code, out, err = gankit("export", directory, "--format", "saved_model", "--out", tmp_path)
    assert code == 0, err
    for name in ("start", "step"):
        assert (tmp_path / name).is_dir()
        assert run(tmp_path / f"run_{name}.py")[0] == 0
    assert "step: differs from the trained network by" in out


def test_what_a_format_lacks_does_not_stand_in_the_way_of_the_rest(finished, tmp_path):
    """A prompt is read by a loop, which LiteRT has not."""
    _, directory, _ = finished
    code, _, err = gankit("export", directory, "--format", "litert", "--out", tmp_path)
    assert code == 1
    assert "has step, and not start: " in err
    assert (tmp_path / "step.tflite").is_file()
    assert run(tmp_path / "run_step.py")[0] == 0
    assert (tmp_path / "card.md").is_file()


def test_an_exported_run_writes_what_the_run_writes(finished, tmp_path):
    _, directory, _ = finished
    prompt = "do cats eat fish ?"
    cli.Export(directory, "saved_model", tmp_path)()
    program, n = tmp_path / "write_text.py", ("--n", 3)
    likeliest = output(program, prompt, *n, "--temperature", 1e-6)
    cli.Generate(directory, prompt=prompt, n=3, temperature=1e-6, out=tmp_path / "ours")()
    words = runs.Run.open(directory).load_preparation().encode
    ours = (tmp_path / "ours.txt").read_text().splitlines()
    assert len(ours) == 3
    for one, other in zip(words(likeliest.splitlines()), words(ours), strict=True):
        np.testing.assert_array_equal(one, other)
    drawn = [output(program, prompt, *n, "--temperature", 9, "--seed", seed) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_generate_replies(finished, capsys):
    _, directory, _ = finished
    asked = {"prompt": "do cats eat fish ?", "n": 5}
    cold = []
    for name in ("one", "other"):
        out = directory / name
        cli.Generate(directory, out=out, temperature=1e-6, seed=3, **asked)()
        cold.append(out.with_suffix(".txt").read_text())
        assert capsys.readouterr().out == f"{cold[-1]}\n{out.with_suffix('.txt')}\n"
    assert cold[0] == cold[1]
    lines = cold[0].splitlines()
    assert len(lines) == 5
    assert len(set(lines)) == 1  # the likeliest reply
    cli.Generate(directory, out=directory / "one", temperature=5.0, seed=3, **asked)()
    assert len(set((directory / "one.txt").read_text().splitlines())) > 1
    cli.Generate(directory, out=directory / "other", top_k=1, top_p=0.5, **asked)()
    assert (directory / "other.txt").read_text() == cold[0]


def test_other_settings_are_other_files(finished):
    _, directory, _ = finished
    found = set((directory / "samples").glob("generated-*"))
    for settings in ({}, {"temperature": 0.5}, {"temperature": 0.5, "top_k": 2}):
        for prompt in ("do cats eat fish ?", "do dogs eat bones ?"):
            cli.Generate(directory, prompt=prompt, n=2, **settings)()
    new = sorted(path.name for path in set((directory / "samples").glob("generated-*")) - found)
    assert len(new) == 6
    assert any(name.startswith("generated-0-temperature-0.5-top-k-2-prompt-do-") for name in new)


def test_another_file_under_the_same_name(finished):
    """Neither goes on with the run nor measures it, and leaves everything as it is."""
    data, directory, _ = finished
    lines, kept = data.read_text(), (directory / "config.json").read_bytes()
    options = module.Options(str(data), batch_size=4, units=8, smoke=True, out=directory)
    options.every, options.steps = json.loads(kept)["every"], json.loads(kept)["steps"]
    data.write_text(lines.replace("cats", "mules"))
    try:
        for act in (lambda: module.main(options), cli.Evaluate(directory)):
            with pytest.raises(ValueError, match="talk.tsv is not what this run was trained on"):
                act()
    finally:
        data.write_text(lines)
    assert (directory / "config.json").read_bytes() == kept


def test_from_another_runs_weights(finished, tmp_path):
    """In its vocabulary, whatever words there are; where its categories are others, not at all."""
    data, directory, _ = finished
    tokenizer = runs.Run.open(directory).load_preparation()
    mine = write(tmp_path / "mine.tsv", data.read_text().replace("cats", "mules").splitlines())
    options = module.Options(str(mine), out=tmp_path / "run", init_from=directory)
    found = texts_of(options)
    assert found.preparation.get_config() == tokenizer.get_config()
    assert 3 in found.samples  # mules
    assert "The vocabulary is that of" in found.notes[-1]
    options.data = str(headlines(tmp_path))
    with pytest.raises(
        ValueError, match="its categories are None, and those of .* are \\['q', 'z'"
    ):
        texts_of(options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give --prompt"),
        ({"prompt": "Xyzzy plugh"}, "knows no word of this prompt: 'Xyzzy plugh'"),
        ({"prompt": "do cats", "label": "cats"}, "no labels to choose from"),
        ({"prompt": "do cats", "truncation": 1.0}, "--truncation means nothing"),
        (
            {"prompt": "do cats", "temperature": -1.0},
            "must be positive and finite. Received: temperature=-1",
        ),
        ({"prompt": "do cats", "top_k": 0}, "Received: top_k=0"),
        ({"prompt": "do cats", "top_p": 2.0}, "Received: top_p=2"),
    ],
)
def test_what_generate_refuses(finished, options, message):
    _, directory, _ = finished
    with pytest.raises(ValueError, match=message):
        cli.Generate(directory, out=directory / "none", **options)()
    assert not (directory / "none.txt").exists()


def talk(directory, monkeypatch, capsys, spoken, **options):
    monkeypatch.setattr(sys, "stdin", io.StringIO(spoken))
    cli.Chat(directory, **options)()
    return capsys.readouterr().out.splitlines()


def test_chat(finished, monkeypatch, capsys):
    """Unknown words end nothing; an empty line, and the end of the input, do."""
    _, directory, _ = finished
    spoken = "do cats eat fish ?\nXyzzy\ndo dogs eat bones ?"
    answers = talk(directory, monkeypatch, capsys, spoken)
    assert len(answers) == 3
    assert "knows no word of this prompt: 'Xyzzy'" in answers[1]
    assert answers == talk(directory, monkeypatch, capsys, f"{spoken}\n\ndo owls eat mice ?\n")
    warm = [
        talk(directory, monkeypatch, capsys, "do cats eat fish ?\n" * 8, seed=seed, temperature=3.0)
        for seed in (0, 1)
    ]
    assert warm[0] != warm[1]
    assert len(set(warm[0])) > 1  # the same prompt again is answered anew


def test_byte_pairs_know_every_prompt():
    """Though a byte of a letter is none."""
    tokenizer = text.Tokenizer.train(["how are you"] * 3, "bpe", vocabulary=270)
    for prompt in ("\N{LATIN SMALL LETTER E WITH ACUTE}", "\N{CJK UNIFIED IDEOGRAPH-732B}", "hi 5"):
        tokens = text.samples.read_prompt(tokenizer, prompt, 12)
        assert tokenizer.decode(text.unpad(tokens)) == [prompt]
    with pytest.raises(ValueError, match="knows no word"):
        text.samples.read_prompt(tokenizer, "", 12)


def test_categories_that_are_asked_for(tmp_path):
    given = ("--data", headlines(tmp_path), "--preset", "scratchgan", "--smoke")
    code, _, err = recipe(*given, "--out", tmp_path / "run")
    assert code == 0, err
    run = tmp_path / "run"
    pages = []
    for label in ("q", "z", None):
        cli.Generate(run, label=label, n=4, seed=1, temperature=1e-6, out=tmp_path / "some")()
        pages.append((tmp_path / "some.txt").read_text().splitlines())
    one, other, both = pages
    assert both == [one[0], other[1], one[2], other[3]]
    with pytest.raises(ValueError, match="sport.*q.*z|Known: q, z"):
        cli.Generate(run, label="sport", out=tmp_path / "some")()
    with pytest.raises(ValueError, match="knows no prompts"):
        cli.Generate(run, prompt="do cats", out=tmp_path / "some")()


def test_long_sequences_are_played_without_roll_outs(tmp_path):
    options = module.Options(str(plain(tmp_path)), tokenizer="character")
    for length, expected in ((40, "seqgan"), (80, "scratchgan")):
        data = text.load(options.data, "character", length=length)
        assert module.preset_of(options, data) is module.PRESETS[expected]


def test_chat_at_no_temperature(finished):
    with pytest.raises(ValueError, match="must be positive"):
        cli.Chat(finished[1], temperature=0.0)()


def test_chat_is_for_dialogue(tmp_path, monkeypatch):
    config = {"recipe": "text", "prompt_length": None}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="knows no prompts"):
        cli.Chat(tmp_path)()
    (tmp_path / "config.json").write_text(json.dumps({"recipe": "points"}))
    with pytest.raises(ValueError, match="is a run of points: it does not talk"):
        cli.Chat(tmp_path)()


CASES = {
    "seqgan": (plain, {}),
    "seqgan of categories": (headlines, {"generator": "transformer"}),
    "scratchgan": (plain, {"generator": "gru"}),
    "maligan": (headlines, {}),
    "relgan": (plain, {}),
    "relgan of categories": (headlines, {"generator": "lstm"}),
    "dialogue": (dialogue, {"generator": "transformer"}),
}


@pytest.mark.parametrize("case", CASES)
def test_every_preset_takes_a_step(case, tmp_path):
    spec, more = CASES[case]
    keras.utils.set_random_seed(0)
    options = module.Options(str(spec(tmp_path)), case.split()[0], units=8, batch_size=4, **more)
    data = text.load(options.data)
    preset = module.preset_of(options, data)
    generator = module.build_generator(options, preset, data)
    gan = module.build(options, preset, data, generator, 4)
    gan.run_eagerly = True
    dataset = data.dataset(4 * preset.discriminator_steps)
    before = [np.array(weight) for weight in generator.get_weights()]
    logs = gan.fit(dataset, epochs=1, steps_per_epoch=1, verbose=0).history
    assert np.isfinite(logs["g_loss"]).all()
    assert any((a != b).any() for a, b in zip(before, generator.get_weights()))


def test_maximum_likelihood_plays_no_game(tmp_path):
    code, _, err = recipe(
        "--data", plain(tmp_path), "--preset", "mle", "--smoke", "--out", tmp_path / "r"
    )
    assert code == 0, err
    report = json.loads((tmp_path / "r" / "report.json").read_text())
    assert report["steps"] == 0
    twin = report["controls"]["maximum_likelihood/nll_test"]["value"]
    assert report["metrics"]["nll_test"]["value"] == pytest.approx(twin, rel=1e-5)


def empty(folder):
    return write(folder / "empty.txt", [])


def latin(folder):
    path = folder / "latin.txt"
    path.write_bytes("cats like fish\nun caf\u00e9\n".encode("latin-1"))
    return path


def long(folder):
    return write(folder / "long.txt", ["cats like fish", "cats " * 100, *ANIMALS])


def one(folder):
    return write(folder / "one.txt", ["cats like fish"] * 50)


def ragged(folder):
    return write(folder / "ragged.tsv", ["q\tcats", "z\tdogs", "owls", "q\tbees"])


def tiny(folder):
    return write(folder / "tiny.txt", [f"{one} like fish" for one in ANIMALS])


def few(folder):
    return write(folder / "few.tsv", [f"{kind}\t{a} run" for kind in "qz" for a in ANIMALS])


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (empty, {}, "empty.txt: there is no text in it"),
        (latin, {}, r"latin.txt, line 2: byte 21 \(0xe9\) is not UTF-8"),
        (long, {}, "long.txt, line 2: 100 tokens are more than the limit of 64"),
        (one, {}, "one.txt: there is only one distinct line"),
        (ragged, {"columns": "category text"}, "ragged.tsv, line 3"),
        (few, {"columns": "category text"}, "fewer than a batch of"),
        (plain, {"vocabulary": 3}, "Received: vocabulary=3"),
        (plain, {"preset": "dialogue"}, "needs prompts and replies"),
        (plain, {"preset": "seqgam"}, "Known: default, mle"),
        (plain, {"preset": "mle", "steps": 10}, "say --likelihood-steps"),
        (plain, {"likelihood_steps": 0}, "--likelihood-steps must be at least 1. Received: 0"),
        (plain, {"generator": "rnn"}, "Known: lstm, gru, relational, transformer"),
        (dialogue, {"units": 7}, "must be even. Received: units=7"),
        (plain, {"units": 6, "generator": "transformer"}, "Received: width=6"),
        (tiny, {"preset": "relgan"}, "4 lines to train on are fewer than the 5 batches"),
    ],
)
def test_what_the_recipe_refuses(data, options, message, tmp_path):
    """Before anything is trained or written."""
    with pytest.raises(ValueError, match=message):
        module.main(module.Options(str(data(tmp_path)), out=tmp_path / "run", **options))
    assert not (tmp_path / "run").exists()


def test_a_vocabulary_larger_than_the_limit_is_said(tmp_path):
    """The rarest words become unknown, and a note says how many of the text they are."""
    data = text.load(str(plain(tmp_path)), vocabulary=10)
    assert data.preparation.vocabulary_size == 10
    assert any("A vocabulary of 10" in note and "unknown are 4" in note for note in data.notes)
