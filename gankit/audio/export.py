"""What is exported of a run on sound."""

import keras

from gankit.audio.model import Vocoder
from gankit.audio.vocoders import by_matrices


def to_export(run):
    """The generator, and, where the run keeps one, the vocoder that turns its spectrograms into sound.

    The generator then gives log-mels as the vocoder takes them: what one file gives, the other takes.

    Example:

    ```python
    from gankit import audio, runs

    audio.to_export(runs.Run.open("runs/audio-vowels-default-0"))  # {"generator", "vocoder"}
    ```
    """
    gan = run.load()
    if isinstance(gan, Vocoder):
        return {"vocoder": by_matrices(gan.sampler)}
    vocoder = run.kept("vocoder")
    if vocoder is None:
        return {"generator": gan.sampler}
    generator = denormalised(gan.sampler, gan.representation.normalise)
    return {"generator": generator, "vocoder": by_matrices(vocoder)}


def denormalised(generator, normalise):
    """The same generator, of (batch, frames, bins) features before their normalisation.

    Args:
        generator: of (batch, frames, bins, 1) in [-1, 1].
        normalise: a `gankit.audio.RangeNormalisation`, which is undone.
    """
    scale, shift = normalise.scale_and_shift()
    _, frames, bins, _ = generator.output_shape
    # By names of their own: Keras's may be those of the generator's layers, in another process.
    features = keras.layers.Reshape((frames, bins), name="normalised", dtype="float32")(
        generator.output
    )
    features = keras.layers.Rescaling(scale, shift, name="features", dtype="float32")(features)
    return keras.Model(generator.input, features, name=generator.name)
