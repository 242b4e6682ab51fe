"""What of a run on sound is exported."""

from gankit.audio.model import Vocoder
from gankit.audio.vocoders import by_matrices


def to_export(run):
    """The generator, and the vocoder that makes its spectrograms sound where the run keeps one.

    Example:

    ```python
    from gankit import audio, runs

    audio.to_export(runs.Run.open("runs/audio-vowels-spectrogram-0"))  # {"generator", "vocoder"}
    ```
    """
    gan = run.load()
    if isinstance(gan, Vocoder):
        return {"vocoder": by_matrices(gan.sampler)}
    vocoder = run.kept("vocoder")
    found = {"generator": gan.sampler}
    return found if vocoder is None else {**found, "vocoder": by_matrices(vocoder)}
