"""A run's directory: what was asked, where training stands, what came out."""

import dataclasses
import fnmatch
import json
import os
import pathlib
import re
import textwrap
import time

import keras

from gankit import backend, callbacks, launch, lock, summary
from gankit.callbacks.checkpoints import sync
from gankit.callbacks.hyperparameters import write_config, write_hyperparameters
from gankit.files.writing import naming
from gankit.folder import AGAIN, Folder
from gankit.version import __version__

GOES_ON_WITH = (
    "steps",
    "minutes",
    "extend",
    "out",
    "retries",
    "strategy",
)  # options that may differ when a run goes on
# Data that are no paths, whatever files there are.
BUILT_IN = ("ring", "grid", "digits", "glyphs", "streets", "vowels", "headlines", "dialogue")


class Run(Folder):
    """A directory that a recipe trains in and that everything afterwards reads.

    `config.json` (the options), `checkpoints/`, `model.keras` (the final model), `preparation.json`
    (how the data was prepared), `samples/`, `metrics.csv`, `report.json`, `tensorboard/`.

    Args:
        directory: of the run.

    Example:

    ```python
    from gankit import runs

    run = runs.Run.open("runs/points-ring-default-0")
    gan, preparation = run.load(), run.load_preparation()
    points = preparation.inverse(gan.generate(100, seed=0))
    run.read_report()["metrics"]["modes"]["value"]
    ```
    """

    def __init__(self, directory):
        super().__init__(directory)
        self._events = []

    # --- opening ----------------------------------------------------------------------------

    @classmethod
    def start(cls, recipe, options):
        """Opens the run of a recipe with these options: a new one, or the same one to go on with.

        Raises:
            ValueError: the directory holds another run, and how it differs; or something else.
        """
        launch.require_positive(options)
        run = cls.of(recipe, options)
        wanted = {
            "recipe": recipe,
            **json.loads(json.dumps(dataclasses.asdict(options), default=str)),
        }
        if run.has("config.json") and "recipe" in run.read("config.json"):
            if run._has_begun():
                run._require_same(wanted, options)
        elif os.path.exists(run.directory) and not run.directory.is_dir():
            raise ValueError(
                f"{run.directory} is a file, and a run is a directory. Give another --out."
            )
        elif run.directory.is_dir() and not run._is_empty():
            raise ValueError(
                f"{run.directory} holds files that are no run of gankit's. Give another --out."
            )
        run.directory.mkdir(parents=True, exist_ok=True)
        lock.own(run.directory)
        for unfinished in run.directory.glob("config.json*.partial"):
            unfinished.unlink()
        kept = run.read("config.json") if run.has("config.json") and run._has_begun() else {}
        if options.extend:
            kept.pop("total_steps", None)
        here = {"gankit": __version__, "directory": os.getcwd()}
        run.write("config.json", {**kept, **wanted, **here})
        return run

    @classmethod
    def of(cls, recipe, options):
        """The run that `start` opens, as it is now: it may hold nothing."""
        name = options.data
        if "/" in name and not name.startswith("tfds:"):
            name = pathlib.Path(name).stem
        name = re.sub(r"[^\w.+-]+", "-", name).strip("-")
        return cls(options.out or f"runs/{recipe}-{name}-{options.preset}-{options.seed}")

    @classmethod
    def open(cls, directory):
        """Opens a run that is there.

        Raises:
            ValueError: naming the directory, where it is none.
        """
        run = cls(directory)
        if not run.has("config.json"):
            raise ValueError(f"{directory} is no run: there is no config.json in it.")
        return run

    def remember(self, **facts):
        """Writes facts about the run beside its options, such as the classes' names."""
        self.write("config.json", {**self.read("config.json"), **facts})

    def _is_empty(self):
        """Whether nothing is there, but for what a start that was killed had not finished writing."""
        names = (path.name for path in self.directory.iterdir())
        return all(fnmatch.fnmatch(name, "config.json?*") for name in names)

    def _has_begun(self):
        """Whether anything was trained, or is about to be; before that, options may change."""
        trained = [*self.shared.glob("*.keras"), *(self.shared / "checkpoints").glob("*")]
        return bool(trained) or "total_steps" in self.read("config.json")

    def _require_same(self, wanted, options):
        # An option that is newer than the run had its default.
        defaults = {one.name: one.default for one in dataclasses.fields(options)}
        before = {**json.loads(json.dumps(defaults, default=str)), **self.read("config.json")}
        differs = [
            f"--{name.replace('_', '-')} was {before.get(name)} and is {value}"
            for name, value in wanted.items()
            if name not in GOES_ON_WITH and before.get(name) != value
        ]
        if not wanted["extend"]:
            differs += [
                f"--{name} was {before.get(name)} and is {wanted[name]} (more goes with --extend)"
                for name in ("steps", "minutes")
                if before.get(name) != wanted[name]
            ]
        elif _whole(wanted["steps"] or 0, _steps_between_looks(before)) < before.get(
            "total_steps", 0
        ):
            differs.append(f"--extend goes with --steps of more than {before['total_steps']}")
        if differs:
            raise ValueError(
                f"{self.directory} holds a run with other options: {'; '.join(differs)}. Give "
                "another --out, or the options it was started with."
            )

    # --- training ---------------------------------------------------------------------------

    def total_steps(self, default, make, dataset):
        """The steps to train for, in all: as asked, or as many as fit into the minutes asked for.

        Resolved once and stored, so that the run goes on to the same end on a slower day.

        Args:
            default: where neither steps nor minutes were asked for.
            make: makes a compiled `GAN`, to be timed and thrown away.
            dataset: to time it on.
        """
        config = self.config
        if "total_steps" not in config:
            steps = _whole(config["steps"] or default, _steps_between_looks(config))
            if config["minutes"]:
                print("Measuring how long a step takes ...")
                fit_in = calibrate(make, dataset, config["minutes"])
                print(f"{config['minutes']:g} minutes are {fit_in:,} steps on this machine.")
                config.setdefault("look", min(config["every"], fit_in))
                steps = max(fit_in - fit_in % config["look"], config["look"])
            config["total_steps"] = steps
            self.write("config.json", config)
        return config["total_steps"]

    def train(self, gan, dataset, steps, others=(), show=(), **fit):
        """`fit` up to `steps` steps, resumable, with the scalars written down. Saves the model.

        Args:
            gan: a compiled `GAN`.
            dataset: a gankit dataset.
            steps: adversarial steps in all, of this call and those it goes on from.
            others: more callbacks.
            show: logged values to show besides the losses.
            fit: more arguments of `fit`, such as `validation_data`.

        Returns:
            The seconds spent in training, earlier calls included.
        """
        every = _steps_between_looks(self.config)
        clock = callbacks.Clock()
        recover = callbacks.Recover(self.config["retries"])
        progress = callbacks.Progress(steps, ("d_loss", "g_loss", *show))
        looks = [one for one in others if isinstance(one, callbacks.Diagnostics)]
        others = [one for one in others if one not in looks]
        resume = callbacks.Resume(self.shared / "checkpoints")
        print(summary.text(gan, next(iter(dataset)), steps))
        write_config(self.directory, self.config)
        gan.fit(
            dataset,
            epochs=steps // every,
            steps_per_epoch=every,
            verbose=0,
            callbacks=[
                clock,
                *looks,  # before a row or a sample of what has diverged is written
                callbacks.Scalars(self.directory),
                *others,
                progress,
                recover,
                resume,
            ],
            **fit,
        )
        self._events = recover.events
        self._save(gan, "model")
        return clock.seconds

    def keep(self, name, make, steps=None):
        """A model that the run keeps beside its own, such as a classifier to measure with.

        Args:
            name: of its file, without suffix.
            make: makes it, trained; not called where it is there from before.
            steps: that it is trained for, where they are the run's: after `--extend` it is made again.

        Returns:
            The model, as loaded from its file.
        """
        trained = f"{name}_steps"
        outgrown = steps is not None and self.config.get(trained) != steps
        if outgrown or not self.has(f"{name}.keras"):
            self._save(make(), name)
        if outgrown:
            self.remember(**{trained: steps})
        return self.kept(name)

    def _save(self, model, name):
        """Writes a model so that it is there whole or not at all."""
        partial, path = self.path(f"partial-{name}.keras"), self.path(f"{name}.keras")
        with naming(path):
            try:
                model.save(partial)
            except OSError:
                partial.unlink(missing_ok=True)
                raise
            sync(partial)
            os.replace(partial, path)
            sync(path.parent)

    # --- afterwards -------------------------------------------------------------------------

    def load(self):
        """The final model.

        Raises:
            ValueError: training has not finished, or the file is no model of gankit's.
        """
        return load_model(self.found("model.keras"))

    def kept(self, name):
        """What `keep` kept, or None.

        Raises:
            ValueError: naming the file, where it is damaged.
        """
        path = self.found(f"{name}.keras")
        try:
            return keras.saving.load_model(path, compile=False) if path.is_file() else None
        except Exception as error:
            raise ValueError(
                f"{path} can't be loaded: {error}. Remove it, and the recipe makes it again."
            ) from error

    def save_preparation(self, preparation):
        """Writes how the data was prepared, so that samples can be brought back to its units."""
        self.write("preparation.json", keras.saving.serialize_keras_object(preparation))

    def load_preparation(self):
        """How the data was prepared. Keras's safe mode stays on: no code in the file is run.

        Raises:
            ValueError: naming the file: it is missing or damaged, or says something else.
        """
        content, path = self.read("preparation.json"), self.found("preparation.json")
        advice = f"Put back the file as the recipe wrote it, or {AGAIN}"
        try:
            found = keras.saving.deserialize_keras_object(content)
        except Exception as error:  # of many kinds: whatever a class makes of its configuration
            reason = textwrap.shorten(str(error), 300)
            raise ValueError(f"{path} holds no preparation: {reason} {advice}") from error
        if ">" not in keras.saving.get_registered_name(type(found)):  # a class of a package's
            raise ValueError(f"{path} holds no preparation, but a {type(found).__name__}. {advice}")
        return found

    def report(self, gan, seconds, metrics, controls, remarks=(), **more):
        """Writes `report.json`, and options and numbers for TensorBoard; returns the report.

        Args:
            gan: the trained model.
            seconds: of training, earlier calls included.
            metrics, controls: `{name: {"value", "n", "protocol"}}`.
            remarks: sentences that an honest reader should be told.
            more: whatever else the report is to hold, by name, as JSON has it.
        """
        config = self.config
        report = {
            "recipe": config["recipe"],
            "data": config["data"],
            "preset": config["preset"],
            "steps": int(keras.ops.convert_to_numpy(gan.optimizer.iterations)),
            "seconds": round(seconds, 1),
            "parameters": {
                "generator": gan.generator.count_params(),
                "discriminator": sum(one.count_params() for one in gan.discriminators),
            },
            "environment": {
                **launch.environment(),
                "replicas": backend.replicas_of(gan),
                "workers": backend.workers(),
            },
            "metrics": metrics,
            "controls": controls,
            "remarks": [*self._events, *remarks],
            **more,
        }
        self.write("report.json", report)
        numbers = {name: row["value"] for name, row in metrics.items()}
        write_hyperparameters(self.directory, config, numbers, report["steps"])
        return report

    def read_report(self):
        """What `report` wrote.

        Raises:
            ValueError: the run has not finished.
        """
        return self.read("report.json")

    @property
    def config(self):
        """The options, and facts about the run; paths of data from where the run was started."""
        config = self.read("config.json")
        for name in ("data", "labels"):
            given = config.get(name)
            if given is None or given in BUILT_IN:
                continue
            if not isinstance(given, str):
                raise ValueError(
                    f"{config.path} is damaged: {name!r} is {given!r}, and text belongs there. Put back "
                    f"a copy of it, or {AGAIN}"
                )
            then = os.path.join(config.get("directory", ""), given)
            here = os.path.exists(given) and os.path.exists(then) and os.path.samefile(given, then)
            if os.path.exists(then) and not here:
                config[name] = then
        return config


def load_model(path):
    """Loads a model that gankit saved. Keras's safe mode stays on: no code in the file is run.

    Raises:
        ValueError: naming the file: not there, not readable, or no `GAN` in it.

    Example:

    ```python
    from gankit import runs

    gan = runs.load_model("runs/points-ring-default-0/model.keras")
    ```
    """
    from gankit.gan import GAN

    path = pathlib.Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such file. Training writes it when it has finished.")
    try:
        model = keras.saving.load_model(path)
    except Exception as error:
        raise ValueError(f"{path} is no model that gankit can load: {error}") from error
    if not isinstance(model, GAN):
        raise ValueError(f"{path} holds a {type(model).__name__}, and gankit loads a GAN.")
    return model


def calibrate(make, dataset, minutes, trial=200):
    """How many steps fit into so many minutes on this machine, in whole executions.

    Args:
        make: makes a compiled `GAN`, which is trained for a moment and thrown away.
        dataset: what to train it on.
        minutes: the time to fill.
        trial: steps to measure over, or fewer, that take a twentieth of the time.

    Example:

    ```python
    import gankit
    from gankit import points, runs


    def make():
        gan = gankit.GAN(points.generator(units=8), points.discriminator(units=8))
        gan.compile()
        return gan


    runs.calibrate(make, points.ring(n=1_000).dataset(32), minutes=1, trial=5)
    ```
    """
    gan = make()
    steps, seconds = gan.steps_per_execution, 0.0
    gan.fit(dataset, epochs=1, steps_per_epoch=steps, verbose=0)  # compiles
    while not seconds or (seconds < 0.05 * 60 * minutes and steps < trial):
        steps *= 2
        began = time.perf_counter()
        gan.fit(dataset, epochs=1, steps_per_epoch=steps, verbose=0)
        seconds = float(backend.from_chief(time.perf_counter() - began))  # all go on, or none
    executions = int(60 * minutes * steps / seconds) // gan.steps_per_execution
    return max(executions, 1) * gan.steps_per_execution


def initialise(gan, directory):
    """Gives the players of `gan` the weights of a finished run's. Optimizers start anew, and so does the
    average, from the generator's weights.

    Raises:
        ValueError: the run's networks are others.

    Example:

    ```python
    import gankit
    from gankit import points, runs

    gan = gankit.GAN(points.generator(), points.discriminator())
    gan.compile(ema=0.999)
    runs.initialise(gan, "runs/points-ring-default-0")  # goes on from that run's weights
    ```
    """
    source = Run.open(directory).load()
    for target, origin in zip(gan.networks, source.networks):
        try:
            target.set_weights(origin.get_weights())
        except ValueError as error:
            raise ValueError(
                f"{directory} can't be started from: its {origin.name} is built otherwise: {error}"
            ) from error
    if gan.ema is not None:
        gan.ema.network.set_weights(gan.generator.get_weights())


def _steps_between_looks(config):
    """Steps between two looks at a run: `--every`, or all of them where `--minutes` has time for fewer."""
    return config.get("look", config["every"])


def _whole(steps, every):
    """Steps, rounded up to whole parts of `every`."""
    return -(-steps // every) * every
