"""A trained generator with all that its samples need."""

import json
import os
import pathlib

import keras
import numpy as np

from gankit import labels, sampling
from gankit.pretrained.half import halve


@keras.saving.register_keras_serializable(package="gankit")
class Trained(keras.Model):
    """A trained generator, with the way back from its samples to the data's own units.

    Args:
        generator: a built `keras.Model` from latents (n, latent_dim), or from latents and labels (n,),
            to samples.
        preparation: how the data was prepared; its `inverse` brings samples back.
        classes: the labels' names, or None where there are none.
        about: where it comes from: recipe, data, steps, numbers, as `{name: value}`, JSON types.

    Example:

    ```python
    import gankit

    digits = gankit.load("digits")
    pictures = digits.generate(3, label=["2", "0", "6"], seed=0)  # (3, 8, 8, 1) uint8
    print(digits.about["steps"], digits.generator.count_params())
    ```
    """

    def __init__(self, generator, preparation, classes=None, about=None, **kwargs):
        super().__init__(**kwargs)
        self.generator, self.preparation = generator, preparation
        self.classes = None if classes is None else list(classes)
        self.about = dict(about or {})
        self.built = True

    @classmethod
    def of(cls, run):
        """That of a finished run on points or pictures: its averaged generator.

        Raises:
            ValueError: a run of another domain, or one that has not finished.
        """
        config = run.config
        if config["recipe"] not in ("points", "images"):
            raise ValueError(
                f"{run.directory} is a run of {config['recipe']}, whose samples need more than a "
                f"generator. Use `gankit generate {run.directory}`, or "
                f'gankit.runs.load_model("{run.directory}/model.keras") for the whole model.'
            )
        gan, report = run.load(), run.read_report()
        about = {name: report[name] for name in ("recipe", "data", "preset", "steps")}
        about["seed"] = config["seed"]
        about["metrics"] = {name: row["value"] for name, row in report["metrics"].items()}
        classes = config.get("classes") if gan.conditional else None
        return cls(gan.sampler, run.load_preparation(), classes, about)

    def call(self, inputs, training=False):
        """Prepared samples, as the generator gives them."""
        return self.generator(inputs, training=training)

    def generate(self, n, label=None, seed=None, truncation=None):
        """Samples in the data's own units: points (n, 2) float32, or pictures (n, height, width,
        channels) uint8.

        Args:
            n: how many, at least 1.
            label: a class's name for all, or a list of `n` names; by default all classes in turn.
            seed: of the latents: the same seed gives the same samples; None draws others each time.
            truncation: keep latents within [-truncation, truncation]: surer, less varied.

        Raises:
            ValueError: a label that the model does not know, or any where it has none.
        """
        latents = sampling.latents(n, sampling.latent_dim(self.generator), seed, truncation)
        numbers = self._numbers(label, n)
        inputs = latents if numbers is None else [latents, numbers]
        prepared = sampling.in_batches(self.generator.predict_on_batch, inputs, batch_size=256)
        return self.preparation.inverse(prepared)

    def _numbers(self, label, n):
        """The labels' numbers, (n,) int32, or None where there are no classes."""
        if self.classes is None:
            if label is not None:
                raise ValueError(f"This model has no classes to choose from. Received: {label!r}")
            return None
        if label is None:
            return labels.in_turn(len(self.classes), n).astype("int32")
        names = [label] * n if np.ndim(label) == 0 else list(label)
        if len(names) != n:
            raise ValueError(f"Give one label, or {n} of them. Received: {len(names)} labels")
        return np.array([labels.number(str(name), self.classes) for name in names], "int32")

    def write(self, path):
        """Saves to a `.keras` file, weights in half precision: half the size, for samples as good.

        A file of Keras's own, `keras.saving.load_model` reads it; `save` writes all bits.
        """
        path = pathlib.Path(path)
        partial = path.with_name(f"partial-{path.name}")
        self.save(partial)
        halve(partial)
        os.replace(partial, path)

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            "generator": serialize(self.generator),
            "preparation": serialize(self.preparation),
            "classes": self.classes,
            "about": json.dumps(self.about),  # as text, so that Keras leaves it as it is
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        deserialize = keras.saving.deserialize_keras_object
        return cls(
            deserialize(config["generator"], custom_objects=custom_objects),
            deserialize(config["preparation"], custom_objects=custom_objects),
            config["classes"],
            json.loads(config["about"]),
            name=config["name"],
        )
