import dataclasses
import json
import os
import re
import sys

import keras
import numpy as np
import pytest

import gankit
from gankit import cli, launch, lock, runs
from tests import programs
from tests.helpers import numpy, points_gan, some_points


def options(tmp_path, **given):
    return launch.Options(**{"data": "ring", "out": tmp_path / "run", "every": 5, **given})


def data():
    return gankit.files.Dataset.from_arrays(some_points(64), batch_size=16)


def test_default_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = runs.Run.start("points", launch.Options(data="some/where/mine.csv", seed=4))
    assert str(run.directory) == "runs/points-mine-default-4"


def test_a_run_from_beginning_to_end(tmp_path):
    run = runs.Run.start("points", options(tmp_path, steps=12))
    gan = points_gan()
    steps = run.total_steps(1000, points_gan, data())
    assert steps == 15  # rounded up to whole looks
    seconds = run.train(gan, data(), steps)
    assert int(keras.ops.convert_to_numpy(gan.optimizer.iterations)) == 15
    row = {"value": 1.0, "n": 2, "protocol": "by hand"}
    run.report(gan, seconds, {"m": row}, {"c": row}, ["remark"])
    report = json.loads((run.directory / "report.json").read_text())
    assert set(report) == {
        "recipe",
        "data",
        "preset",
        "steps",
        "seconds",
        "parameters",
        "environment",
        "metrics",
        "controls",
        "remarks",
    }
    assert report["steps"] == 15
    assert report["parameters"] == {"generator": 354, "discriminator": 337}
    np.testing.assert_array_equal(
        runs.Run.open(run.directory).load().generate(3, seed=0), gan.generate(3, seed=0)
    )


def test_a_kept_model_is_made_once(tmp_path):
    run, made = runs.Run.start("points", options(tmp_path)), []

    def make():
        made.append(points_gan().generator)
        return made[-1]

    assert run.kept("twin") is None
    first, second = (run.keep("twin", make) for _ in range(2))
    assert len(made) == 1
    for one, *others in zip(made[0].weights, first.weights, second.weights):
        for other in others:
            np.testing.assert_array_equal(numpy(one), numpy(other))
    (run.directory / "twin.keras").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"twin.keras can't be loaded: .* Remove it"):
        run.keep("twin", make)


def test_what_was_trained_for_fewer_steps_is_trained_on(tmp_path):
    run, made = runs.Run.start("points", options(tmp_path)), []

    def make():
        made.append(points_gan().generator)
        return made[-1]

    for steps in (10, 10, 30, 30):
        run.keep("twin", make, steps)
    assert len(made) == 2


def test_facts_outlive_a_start_that_fails(tmp_path):
    """The same command again, which then can't find its data: what the run knew is still there."""
    run = runs.Run.start("points", options(tmp_path))
    run.remember(names=["a", "b"])
    run.total_steps(5, points_gan, data())
    again = runs.Run.start("points", options(tmp_path)).config
    assert (again["names"], again["total_steps"]) == (["a", "b"], 5)


def test_an_option_that_is_newer_than_the_run(tmp_path):
    run = runs.Run.start("points", options(tmp_path))
    run.total_steps(5, points_gan, data())
    path = run.directory / "config.json"
    config = json.loads(path.read_text())
    del config["precision"]
    path.write_text(json.dumps(config))
    runs.Run.start("points", options(tmp_path))
    path.write_text(json.dumps(config))
    with pytest.raises(ValueError, match="--precision was float32 and is mixed_bfloat16"):
        runs.Run.start("points", options(tmp_path, precision="mixed_bfloat16"))


def test_preparation(tmp_path):
    run = runs.Run.start("points", options(tmp_path))
    run.save_preparation(gankit.points.Standardisation([1.0, 2.0], [3.0, 4.0]))
    assert run.load_preparation().get_config() == {"mean": [1.0, 2.0], "scale": [3.0, 4.0]}


def test_same_options_go_on(tmp_path):
    for _ in range(2):
        run = runs.Run.start("points", options(tmp_path, steps=10))
    assert run.config["steps"] == 10


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 1}, "--seed was 0 and is 1"),
        ({"batch_size": 7}, "--batch-size was 128 and is 7"),
        ({"preset": "other"}, "--preset was default and is other"),
        ({"steps": 20}, "--steps was 10 and is 20 .more goes with --extend"),
        ({"steps": 5, "extend": True}, "--extend goes with --steps of more than 10"),
        ({"steps": None, "extend": True}, "--extend goes with --steps of more than 10"),
        (
            {"steps": None, "minutes": 1.0, "extend": True},
            "--extend goes with --steps of more than",
        ),
    ],
)
def test_other_options_are_refused(tmp_path, change, message):
    run = runs.Run.start("points", options(tmp_path, steps=10))
    run.total_steps(1, points_gan, data())
    with pytest.raises(ValueError, match=message):
        runs.Run.start("points", options(tmp_path, **{"steps": 10, **change}))


def test_other_options_before_anything_was_trained(tmp_path):
    """A command that was refused for its options and is given again with better ones."""
    runs.Run.start("points", options(tmp_path, steps=10))
    run = runs.Run.start("points", options(tmp_path, steps=20, seed=3))
    assert (run.config["steps"], run.config["seed"]) == (20, 3)


def test_data_are_found_from_elsewhere(tmp_path, monkeypatch):
    """Relative to where the run was started; what is no path stays as it is."""
    (tmp_path / "here" / "mine").mkdir(parents=True)
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    runs.Run.start("points", options(tmp_path, data="mine"))
    monkeypatch.chdir(tmp_path / "there")
    assert runs.Run.open(tmp_path / "run").config["data"] == str(tmp_path / "here" / "mine")
    monkeypatch.chdir(tmp_path / "here")
    assert runs.Run.open(tmp_path / "run").config["data"] == "mine"
    (tmp_path / "here" / "ring").mkdir()  # nobody's data: the name is a built-in set's
    runs.Run.start("points", options(tmp_path, data="ring"))
    monkeypatch.chdir(tmp_path / "there")
    assert runs.Run.open(tmp_path / "run").config["data"] == "ring"


def test_another_recipes_run(tmp_path):
    runs.Run.start("points", options(tmp_path)).total_steps(1, points_gan, data())
    with pytest.raises(ValueError, match="--recipe was points and is images"):
        runs.Run.start("images", options(tmp_path))


def test_extending(tmp_path):
    run = runs.Run.start("points", options(tmp_path, steps=5))
    run.train(points_gan(), data(), run.total_steps(1, points_gan, data()))
    run = runs.Run.start("points", options(tmp_path, steps=15, extend=True))
    gan = points_gan()
    run.train(gan, data(), run.total_steps(1, points_gan, data()))
    assert int(keras.ops.convert_to_numpy(gan.optimizer.iterations)) == 15
    whole = points_gan()
    whole.fit(data(), epochs=3, steps_per_epoch=5, verbose=0)
    np.testing.assert_array_equal(whole.generate(4, seed=0), gan.generate(4, seed=0))


def test_an_extension_goes_on_with_the_same_command(tmp_path):
    """Whose steps were rounded up to whole parts of `--every`."""
    run = runs.Run.start("points", options(tmp_path, steps=5))
    run.train(points_gan(), data(), run.total_steps(1, points_gan, data()))
    for _ in range(2):
        run = runs.Run.start("points", options(tmp_path, steps=12, extend=True))
        assert run.total_steps(1, points_gan, data()) == 15


def test_a_start_that_was_killed_is_no_run_yet(tmp_path):
    unfinished = tmp_path / "run" / "config.jsonx.partial"
    unfinished.parent.mkdir()
    unfinished.write_text("{")
    runs.Run.start("points", options(tmp_path))
    assert not unfinished.exists()


def test_minutes_become_steps_once(tmp_path, capsys):
    run = runs.Run.start("points", options(tmp_path, minutes=0.01))
    steps = run.total_steps(1, points_gan, data())
    assert steps >= 1
    assert "0.01 minutes are" in capsys.readouterr().out
    again = runs.Run.start("points", options(tmp_path, minutes=0.01))
    assert again.total_steps(1, None, None) == steps


def test_minutes_for_fewer_steps_than_a_look(tmp_path, monkeypatch):
    """The time is not overrun to a whole look; what is extended later is looked at as often."""
    monkeypatch.setattr(runs, "calibrate", lambda *_: 7)
    run = runs.Run.start("points", options(tmp_path, minutes=1.0, every=1000))
    assert run.total_steps(1, points_gan, data()) == 7
    run.train(points_gan(), data(), 7)
    run = runs.Run.start("points", options(tmp_path, steps=10, extend=True, every=1000))
    gan = points_gan()
    assert run.total_steps(1, points_gan, data()) == 14
    run.train(gan, data(), 14)
    assert int(keras.ops.convert_to_numpy(gan.optimizer.iterations)) == 14


def test_minutes_for_more_are_whole_looks(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "calibrate", lambda *_: 14)
    run = runs.Run.start("points", options(tmp_path, minutes=1.0))
    assert run.total_steps(1, points_gan, data()) == 10


def test_a_run_is_one_processes(tmp_path):
    """The second is told so, and the first's death frees it."""
    run = runs.Run.start("points", options(tmp_path))
    code = (
        "from gankit import launch, runs; "
        f"runs.Run.start('points', launch.Options(data='ring', out={str(tmp_path / 'run')!r}, every=5))"
    )
    status, _, err = programs.run("-c", code)
    assert status == 1
    assert "another process is training this run. Wait until it has ended" in err
    os.close(lock._OWNED.pop((run.directory / "config.json.lock").resolve()))
    status, _, err = programs.run("-c", code)
    assert status == 0, err


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("tfds:glue/sst2:train[:80%]", "points-tfds-glue-sst2-train-80-default-0"),
        ("my pictures/summer.2024", "points-summer-default-0"),
    ],
)
def test_names_of_runs(data, name):
    assert runs.Run.of("points", launch.Options(data=data)).directory.name == name


def test_a_folder_of_other_files(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").write_text("")
    with pytest.raises(ValueError, match="no run of gankit's"):
        runs.Run.start("points", options(tmp_path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "--steps must be more than 0, and finite. Received: 0"),
        ({"steps": -3}, "Received: -3"),
        ({"minutes": 0}, "--minutes must be"),
        ({"minutes": float("nan")}, "--minutes must be more than 0, and finite"),
        ({"minutes": float("inf")}, "Received: inf"),
        ({"batch_size": 0}, "--batch-size must be"),
        ({"every": 0}, "--every must be"),
        ({"seed": -1}, "--seed must be at least 0"),
        ({"precision": "mixed_float16"}, "Use --precision mixed_bfloat16: float16 overflows"),
        ({"steps": 5, "minutes": 1}, "and not both"),
    ],
)
def test_options_out_of_range(tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        runs.Run.start("points", options(tmp_path, **change))


def test_opening_what_is_no_run(tmp_path):
    with pytest.raises(ValueError, match=r"is no run: there is no config.json"):
        runs.Run.open(tmp_path)
    run = runs.Run.start("points", options(tmp_path))
    with pytest.raises(ValueError, match=r"model.keras: no such file"):
        run.load()
    (run.directory / "preparation.json").write_text("{")
    with pytest.raises(ValueError, match=r"preparation.json is damaged"):
        run.load_preparation()


def test_loading_what_is_no_gan(tmp_path):
    text, other = tmp_path / "text.keras", tmp_path / "other.keras"
    text.write_text("hello")
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(other)
    with pytest.raises(ValueError, match=r"text.keras is no model that gankit can load"):
        runs.load_model(text)
    with pytest.raises(ValueError, match=r"other.keras holds a Sequential"):
        runs.load_model(other)


def test_code_in_a_model_is_not_run(tmp_path):
    """Keras's safe mode stays on: a lambda in the file is refused."""
    evil = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x)])
    evil.save(tmp_path / "evil.keras")
    with pytest.raises(ValueError, match=r"evil.keras is no model.*[Ll]ambda"):
        runs.load_model(tmp_path / "evil.keras")


STANDARDISATION = {
    "module": "gankit.points.data",
    "class_name": "Standardisation",
    "config": {"mean": [0.0, 0.0], "scale": [1.0, 1.0]},
    "registered_name": "gankit>Standardisation",
}
EVIL = {"class_name": "__lambda__", "config": {"value": "4wEAAAAAAAAAAAAAAAAAAAAA"}}
SYSTEM = {"module": "os", "class_name": "system", "config": "mkdir pwned", "registered_name": None}
NO_PREPARATION = "preparation.json holds no preparation.*as the recipe wrote it, or train again"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("preparation.json", {**STANDARDISATION, "registered_name": "gankit>X"}, NO_PREPARATION),
        ("preparation.json", {**STANDARDISATION, "config": {}}, NO_PREPARATION),
        ("preparation.json", {"config": {}}, "preparation.json holds no preparation, but a dict"),
        ("preparation.json", {}, "preparation.json holds no preparation, but a dict"),
        ("preparation.json", EVIL, NO_PREPARATION),
        ("preparation.json", {**STANDARDISATION, "config": {"mean": EVIL}}, NO_PREPARATION),
        ("preparation.json", SYSTEM, NO_PREPARATION),
        (
            "preparation.json",
            [1],
            r"preparation.json is damaged: it holds no JSON object, but \[1\]",
        ),
        ("preparation.json", 3, "preparation.json is damaged: it holds no JSON object, but 3"),
        ("preparation.json", b"\xff\xfe", "preparation.json is damaged: 'utf-8' codec"),
        ("preparation.json", b"[" * 99_999, "preparation.json is damaged: maximum recursion"),
        ("config.json", [], r"config.json is damaged: it holds no JSON object, but \[\]"),
        ("config.json", EVIL, "is a run of None; this version knows points"),
        (
            "config.json",
            {"recipe": "points", "data": [7]},
            r"config.json is damaged: 'data' is \[7\]",
        ),
        ("config.json", b"\xff\xfe", "config.json is damaged: 'utf-8' codec"),
        ("config.json", b"", "config.json is damaged: Expecting value"),
    ],
    ids=str,
)
def test_damaged_or_hostile_files_of_a_run(tmp_path, monkeypatch, capsys, name, content, message):
    """`gankit generate` says so in one paragraph, and runs nothing that is in them."""
    monkeypatch.chdir(tmp_path)
    run = tmp_path / "run"
    run.mkdir()
    points_gan().save(run / "model.keras")
    files = {
        "config.json": {"recipe": "points", "data": "ring"},
        "preparation.json": STANDARDISATION,
    }
    for file, right in files.items():
        given = content if file == name else right
        (run / file).write_bytes(given if type(given) is bytes else json.dumps(given).encode())
    monkeypatch.setattr(sys, "argv", ["gankit", "generate", str(run), "--n", "4"])
    monkeypatch.delenv("GANKIT_DEBUG", raising=False)
    assert cli.main() == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert re.search(message, said), said
    assert str(run) in said
    assert not list(tmp_path.rglob("pwned"))


def test_what_a_file_of_a_run_does_not_say(tmp_path):
    (tmp_path / "config.json").write_text('{"recipe": "points"}')
    config = runs.Run.open(tmp_path).config
    assert config.get("data") is None
    with pytest.raises(
        ValueError, match=r"config.json is damaged: it does not say 'data'. Put back"
    ):
        config["data"]


def test_starting_from_another_run(tmp_path):
    run = runs.Run.start("points", options(tmp_path))
    source = points_gan()
    source.fit(data(), epochs=2, verbose=0)
    source.save(run.directory / "model.keras")
    gan = points_gan(seed=9)
    runs.initialise(gan, run.directory)
    latents = gankit.sampling.latents(3, 2, seed=0)
    begun = numpy(source.generator(latents))  # where training goes on from, and the average too
    np.testing.assert_allclose(gan.generate(3, seed=0), begun, rtol=1e-5)
    np.testing.assert_allclose(numpy(gan.generator(latents)), begun, rtol=1e-5)
    assert np.abs(source.generate(3, seed=0) - begun).max() > 1e-3
    assert int(keras.ops.convert_to_numpy(gan.optimizer.iterations)) == 0
    other = gankit.GAN(gankit.points.generator(units=5), gankit.points.discriminator())
    other.compile()
    with pytest.raises(ValueError, match="can't be started from: its g is built otherwise"):
        runs.initialise(other, run.directory)


def test_errors_are_one_paragraph(capsys, monkeypatch):
    def fail():
        raise ValueError("the data is odd")

    monkeypatch.delenv("GANKIT_DEBUG", raising=False)
    assert launch.reporting_errors(fail) == 1
    assert capsys.readouterr().err == "error: the data is odd\n"
    monkeypatch.setenv("GANKIT_DEBUG", "1")
    with pytest.raises(ValueError, match="odd"):
        launch.reporting_errors(fail)
    assert launch.reporting_errors(lambda: None) == 0


def test_errors_that_nobody_expects_are_one_paragraph_too(capsys, monkeypatch):
    def fail():
        raise RuntimeError("out of memory")

    monkeypatch.delenv("GANKIT_DEBUG", raising=False)
    assert launch.reporting_errors(fail) == 1
    assert capsys.readouterr().err == "error: RuntimeError: out of memory (--debug shows where.)\n"
    with pytest.raises(RuntimeError):
        launch.reporting_errors(fail, debug=True)


@pytest.mark.parametrize("also", ["weights.bin", None])
def test_a_config_of_somebody_elses_is_left_alone(tmp_path, also):
    config = tmp_path / "config.json"
    config.write_text('{"model_type": "bert"}')
    if also:
        (tmp_path / also).touch()
    with pytest.raises(ValueError, match="holds files that are no run of gankit's"):
        runs.Run.start("points", launch.Options(data="ring", out=tmp_path))
    assert config.read_text() == '{"model_type": "bert"}'


def test_data_are_those_of_where_the_run_was_started(tmp_path, monkeypatch):
    """And not what has the same name where one is now."""
    for name in ("then", "now"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.csv").touch()
    monkeypatch.chdir(tmp_path / "then")
    run = runs.Run.start("points", launch.Options(data="mine.csv", out=tmp_path / "run"))
    monkeypatch.chdir(tmp_path / "now")
    assert run.config["data"] == str(tmp_path / "then" / "mine.csv")
    (tmp_path / "then" / "mine.csv").unlink()
    assert run.config["data"] == "mine.csv"


def test_every_option_is_explained():
    import inspect

    source = inspect.getsource(launch.Options)
    for field in dataclasses.fields(launch.Options):
        line = source.split(f"    {field.name}:", 1)[1].split("\n")[1]
        assert line.strip().startswith('"""'), field.name
