"""The recipe of sound and what one does with its runs, as a user runs them."""

import json
import shutil

import keras
import numpy as np
import pytest
import soundfile

from gankit import audio, cli
from tests.audio.test_data import PATTERN, RATE, folder, tone
from tests.benchmarks.test_benchmarks import run as benchmark
from tests.programs import run
from tests.recipes.commands import gankit, within

DATA = ("--labels", PATTERN, "--validation", "index:4-5")


def options(data, *more):
    return ("--data", data, *DATA, "--smoke", *more)


def recipe(*arguments, start=within):
    return start("recipes/audio.py", *arguments)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return folder(tmp_path_factory.mktemp("words"))


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory):
    directory = tmp_path_factory.mktemp("run") / "words"
    code, out, err = recipe(*options(data, "--out", directory), start=run)
    assert code == 0, err
    return directory, out


# --- the chain ------------------------------------------------------------------------------------


@pytest.mark.once
def test_what_a_run_leaves(finished):
    directory, out = finished
    names = {path.name for path in directory.iterdir()}
    assert names >= {"config.json", "model.keras", "vocoder.keras", "preparation.json", "vocoder"}
    report = json.loads((directory / "report.json").read_text())
    metrics, controls = report["metrics"], report["controls"]
    assert {"label_accuracy", "speaker_accuracy", "frechet_distance", "ndb"} <= set(metrics)
    for prefix in ("real_against_real", "maximum_likelihood", "real_vocoded", "griffin_lim"):
        assert f"{prefix}/label_accuracy" in controls
    assert "held_out/speaker_accuracy" in controls
    wavs = sorted((directory / "samples" / "final").glob("*.wav"))
    assert [wav.name for wav in wavs[:3]] == ["00-a__ann.wav", "01-b__ann.wav", "02-a__bob.wav"]
    assert soundfile.info(wavs[0]).samplerate == RATE
    assert (directory / "samples" / "final.png").stat().st_size > 5000
    assert "gankit say" in out
    vocoder = json.loads((directory / "vocoder" / "report.json").read_text())
    twin = "mel_l1_and_multi_resolution_stft_only"
    assert {f"{twin}/stft_distance", "griffin_lim/stft_distance"} <= set(vocoder["controls"])


@pytest.mark.once
def test_export(finished, tmp_path):
    """The spectrogram's network and its vocoder."""
    directory, _ = finished
    arguments = ("--format", "saved_model", "--out", tmp_path)
    code, _, err = gankit("export", directory, *arguments)
    assert code == 0, err
    for name in ("generator", "vocoder"):
        assert (tmp_path / name).is_dir()
        assert run(tmp_path / f"run_{name}.py")[0] == 0
    card = (tmp_path / "card.md").read_text()
    assert "Labels by number: 0 a, 1 b." in card
    assert "Speakers by number: 0 ann, 1 bob." in card
    assert "It makes things up" in card


@pytest.mark.once
def test_say(finished, tmp_path, capsys):
    directory, _ = finished
    for name in ("one", "again"):
        cli.Say(directory, "b a b", speaker="bob", seed=2, out=tmp_path / f"{name}.wav")()
    assert str(tmp_path / "again.wav") in capsys.readouterr().out
    waves = [soundfile.read(tmp_path / f"{name}.wav")[0] for name in ("one", "again")]
    np.testing.assert_array_equal(*waves)
    assert len(waves[0]) > 2 * 0.15 * RATE
    with pytest.raises(ValueError, match="Unknown label. Known: a, b. Received: 'c'"):
        cli.Say(directory, "b c")()
    with pytest.raises(ValueError, match="Unknown speaker. Known: ann, bob"):
        cli.Say(directory, "b", speaker="cid")()
    with pytest.raises(ValueError, match="vocoder's run has no labels"):
        cli.Say(directory / "vocoder", "b")()
    with pytest.raises(ValueError, match=r"said.mp3: speech is written as WAV: name it .*said.wav"):
        cli.Say(directory, "b", out=tmp_path / "said.mp3")()
    broken = shutil.copytree(directory, tmp_path / "broken")
    vocoder = keras.saving.load_model(broken / "vocoder.keras", compile=False)
    vocoder.set_weights([np.full_like(one, np.nan) for one in vocoder.get_weights()])
    vocoder.save(broken / "vocoder.keras")
    with pytest.raises(ValueError, match="samples are NaN or infinite.*diverged"):
        cli.Say(broken, "b", out=tmp_path / "said.wav")()


@pytest.mark.once
def test_generate(finished, tmp_path):
    directory, _ = finished
    cli.Generate(directory, n=3, label="b", out=tmp_path / "some")()
    assert {path.name for path in (tmp_path / "some").iterdir()} == {
        "00-b__ann.wav",
        "01-b__ann.wav",
        "02-b__bob.wav",
    }
    assert (tmp_path / "some.png").is_file()
    with pytest.raises(ValueError, match="--input is for a vocoder's run"):
        cli.Generate(directory, input=tmp_path)()
    with pytest.raises(ValueError, match="a vocoder's, and --n means nothing for it"):
        cli.Generate(directory / "vocoder", n=3, input=tmp_path)()
    with pytest.raises(ValueError, match="a vocoder's, and --label means nothing for it"):
        cli.Generate(directory / "vocoder", label="b", input=tmp_path)()


@pytest.mark.once
def test_the_vocoder_makes_recordings_again(finished, data, tmp_path, capsys):
    vocoder, source = finished[0] / "vocoder", data / "a_ann_0.wav"
    cli.Generate(vocoder, input=source, out=tmp_path)()
    assert capsys.readouterr().out.strip() == str(tmp_path / "a_ann_0.wav")
    assert soundfile.info(tmp_path / "a_ann_0.wav").frames == soundfile.info(source).frames
    with pytest.raises(ValueError, match="give --input"):
        cli.Generate(vocoder)()


@pytest.mark.once
def test_evaluate(finished, tmp_path):
    vocoder = finished[0] / "vocoder"
    cli.Evaluate(vocoder, n=20, json=tmp_path / "e.json")()
    again = json.loads((tmp_path / "e.json").read_text())["metrics"]
    report = json.loads((vocoder / "report.json").read_text())["metrics"]
    for name in set(report) - {"times_real_time"}:
        assert again[name]["value"] == pytest.approx(report[name]["value"], rel=1e-3), name


@pytest.mark.once
def test_the_same_again_goes_on(finished, data):
    """It neither trains nor measures the vocoder again."""
    directory, _ = finished
    before = json.loads((directory / "report.json").read_text())["metrics"]
    code, out, err = recipe(*options(data, "--out", directory))
    assert code == 0, err
    assert "Training a vocoder" not in out
    assert "Nothing left to train" in out
    after = json.loads((directory / "report.json").read_text())["metrics"]
    for name in before:
        assert after[name]["value"] == pytest.approx(before[name]["value"], rel=1e-3, abs=1e-3)


@pytest.mark.once
def test_another_runs_vocoder(finished, data, tmp_path):
    """The run needs nothing but itself afterwards."""
    directory, _ = finished
    vocoder = shutil.copytree(directory / "vocoder", tmp_path / "vocoder")
    out = tmp_path / "run"
    code, printed, err = recipe(*options(data, "--vocoder", vocoder, "--out", out))
    assert code == 0, err
    assert "Training a vocoder" not in printed
    with pytest.raises(ValueError, match="--sample-rate 4000, and .* is 8000; --mels 32"):
        audio.open_vocoder(vocoder, sample_rate=4000, mels=32, fft=512, hop=None)
    shutil.rmtree(vocoder)
    cli.Say(out, "a", out=tmp_path / "a.wav")()
    cli.Evaluate(out, n=20)()
    code, printed, err = recipe(*options(data, "--vocoder", vocoder, "--out", out))
    assert code == 0, err
    assert "Nothing left to train" in printed
    with pytest.raises(ValueError, match="is no vocoder's"):
        audio.open_vocoder(out)


@pytest.mark.once
def test_iterations_of_a_finished_vocoder(finished, tmp_path):
    directory, _ = finished
    rows = benchmark("audio", tmp_path, "--part", "iterations", "--run", str(directory / "vocoder"))
    for count in (0, 1):
        assert rows[f"{count}/speed"]["value"] > 0
        assert rows[f"{count}/stft_distance"]["value"] > 0


def test_every_seed_of_a_benchmark_takes_the_steps_of_the_first(tmp_path, monkeypatch):
    """Of each of the two trainings; a seed's game has that seed's vocoder."""
    import argparse

    from benchmarks import audio as benchmark

    given = []

    def main(options):
        given.append(options)
        steps = options.steps or 100 * len(given)
        row = {"value": 1.0, "n": 1, "protocol": "test"}
        return {"steps": steps, "metrics": {"ndb": row}, "controls": {}}

    monkeypatch.setattr(benchmark.recipe, "main", main)
    options = argparse.Namespace(
        data="words", labels="subfolders", validation=None, seconds=None, quick=False, minutes=2.0
    )
    options.json, options.seeds = tmp_path / "speech.json", [3, 4]
    (row,) = benchmark.speech(options)
    assert [one.preset for one in given] == ["vocoder", "vocoder", "default", "default"]
    assert [one.seed for one in given] == [3, 4, 3, 4]
    assert [one.minutes for one in given] == [2.0, None, 2.0, None]
    assert [one.steps for one in given] == [None, 100, None, 300]
    assert [one.vocoder for one in given[2:]] == [one.out for one in given[:2]]
    assert len({one.out for one in given}) == 4
    assert row["protocol"] == "test; 300 steps"


# --- mistakes -------------------------------------------------------------------------------------


def broken(path, kind):
    """A folder of recordings, with one that can't be used."""
    folder(path)
    bad = path / "a_ann_0.wav"
    good = bad.read_bytes()
    if kind == "silent":
        soundfile.write(bad, np.zeros(1000), RATE)
    elif kind == "empty":
        soundfile.write(bad, np.zeros(0), RATE)
    elif kind == "nan":
        soundfile.write(bad, np.full(1000, np.nan), RATE, subtype="FLOAT")
    elif kind == "short":
        soundfile.write(bad, tone(440, 24), RATE)
    elif kind == "video":
        bad.write_bytes(b"\0\0\0\x18ftypmp42" + 999 * b"\0")
    elif kind == "truncated":
        bad.write_bytes(good[: len(good) // 2])
    elif kind == "rates":
        soundfile.write(bad, tone(440, 2000, 16_000), 16_000)
    elif kind == "channels":
        soundfile.write(bad, np.stack(3 * [tone(440)], axis=1), RATE)
    return path


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        ("silent", {}, "a_ann_0.wav: silent"),
        ("empty", {}, "a_ann_0.wav: there are no samples"),
        ("nan", {}, "a_ann_0.wav: 1,000 samples are NaN"),
        ("short", {}, "a_ann_0.wav: 3 ms are too short"),
        ("video", {}, "a_ann_0.wav: not a sound file, whatever its name says"),
        ("truncated", {}, "a_ann_0.wav: truncated"),
        ("rates", {}, "2 different sample rates.*--sample-rate 8000"),
        ("channels", {}, "one channel or two. Received: 3"),
        (None, {"labels": "{label}-{speaker}"}, "as 'yes-anna' would"),
        (None, {"validation": "speaker:cid"}, "cid"),
        (None, {"preset": "best"}, "Known: default, spectrogram, specgan, vocoder"),
        (None, {"segment": 1000}, "nearest that work: 896 and 1024"),
        (None, {"fft": 256, "window": 512}, "`fft` must be at least the window"),
        (None, {"hop": 512}, "`hop` must be at most half the window"),
        (None, {"mels": 4000}, "The nearest that work are mels="),
        (None, {"preset": "hifigan-v2", "hop": 128}, "--hop must be 256. Received: --hop 128"),
        (None, {"preset": "specgan", "vocoder": "anything"}, "--vocoder means nothing for"),
        (None, {"preset": "specgan", "segment": 1000}, "--segment means nothing for"),
        (None, {"preset": "vocoder", "vocoder": "anything"}, "--vocoder means nothing for"),
        (None, {"preset": "hifigan-v3", "augment": "shift"}, "--augment means nothing for"),
        (None, {"preset": "default", "vocoder": "nothing"}, "nothing is no run"),
        (
            None,
            {"preset": "default", "vocoder": "nothing", "segment": 640},
            "--segment is of a vocoder's training, and that of nothing is done",
        ),
        (
            None,
            {"preset": "default", "labels": "subfolders", "validation": "0.04"},
            "at least 2 held-out recordings. Received: 1",
        ),
        (None, {"batch_size": 0}, "--batch-size must be more than 0"),
        (None, {"segment": 0}, "--segment must be at least 1"),
        (None, {"seconds": 0.001}, "at least 0.02 s"),
    ],
)
def test_bad_input(kind, arguments, message, tmp_path):
    from recipes import audio as recipe

    (tmp_path / "data").mkdir()
    given = {
        "data": str(broken(tmp_path / "data", kind)),
        "labels": PATTERN,
        "validation": "index:4-5",
        "preset": "vocoder",
        "out": tmp_path / "run",
        **arguments,
    }
    with pytest.raises(ValueError, match=message):
        recipe.main(recipe.Options(**given))
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_recordings_that_are_too_long_to_be_made_whole(tmp_path, monkeypatch):
    from recipes import audio as recipe

    monkeypatch.setattr(recipe, "LONGEST", 0.1)
    options = recipe.Options(data=str(broken(tmp_path, None)), labels=PATTERN, out=tmp_path / "run")
    with pytest.raises(ValueError, match="of at most 0.1 s: cut them with --seconds"):
        recipe.main(options)


def test_hifigans_are_the_papers():
    """Mels end at 8,000 hertz, those of the loss do not; AdamW, falling by 0.999 an epoch."""
    from recipes import audio as recipe
    from recipes import vocoders

    for version in (1, 2, 3):
        preset = vocoders.PRESETS[f"hifigan-v{version}"]
        mel = preset.representation(recipe.Options(), preset.sample_rate)
        assert (mel.sample_rate, mel.bins, mel.high, mel.hop) == (22_050, 80, 8000, 256)
        (term,) = preset.reconstruction(mel)
        assert (term.weight, term.representation.high) == (45, 11_025)
        assert preset.segment * mel.hop == 8192
        optimizer = preset.optimizer("generator", 10_000, 100)
        assert (optimizer.beta_1, optimizer.beta_2, optimizer.weight_decay) == (0.8, 0.99, 0.01)
        rate = optimizer._learning_rate
        assert [float(rate(step)) for step in (0, 99, 100, 250)] == pytest.approx(
            [2e-4, 2e-4, 2e-4 * 0.999, 2e-4 * 0.999**2]
        )


def test_an_epoch_of_hifigan_hears_each_recording_once(tmp_path):
    """However many segments of it there are."""
    from recipes import audio as recipe
    from recipes import vocoders

    for i in range(40):
        noise = np.random.default_rng(i).uniform(-0.5, 0.5, 22_050)
        audio.write(noise, tmp_path / f"{i}.wav", 22_050)
    options = recipe.Options(str(tmp_path), preset="hifigan-v3")
    data, preset = audio.load(str(tmp_path)), vocoders.PRESETS["hifigan-v3"]
    assert len(data.train) == 36
    assert vocoders.segments_of(options, preset, data, 8192).steps_per_epoch == 108 // 16
    assert vocoders.per_epoch_of(options, preset, data, 8192) == 36 // 16


def test_frames_that_nobody_asked_for():
    """SpecGAN's overlap by half, HiFi-GAN has 80 mels at any sample rate."""
    from recipes import audio as recipe
    from recipes import vocoders

    for fft, expected in ((None, (256, 128)), (512, (512, 256))):
        frames = recipe.linear(recipe.Options(fft=fft), 8000)
        assert (frames.stft.fft, frames.hop) == expected
    assert vocoders.mels_of_hifigan(recipe.Options(), 8000).bins == 80


def test_mels_follow_the_sample_rate():
    from recipes import audio as recipe
    from recipes import vocoders

    sizes = {8000: (512, 128, 64), 16_000: (1024, 256, 80), 22_050: (1024, 256, 80)}
    sizes |= {44_100: (2048, 512, 80), 6000: (256, 64, 64)}
    for rate, expected in sizes.items():
        mel = vocoders.mels(recipe.Options(), rate)
        assert (mel.stft.fft, mel.hop, mel.bins) == expected
