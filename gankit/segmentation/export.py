"""The network of a run that is exported."""

from gankit.segmentation.model import CycleGAN


def to_export(run):
    """The averaged network from sources to targets; of `CycleGAN` the way there.

    Example:

    ```python
    from gankit import runs, segmentation

    run = runs.Run.open("runs/segmentation-streets-default-0")
    segmentation.to_export(run)  # {"generator": a keras.Model}
    ```
    """
    gan = run.load()
    forward = isinstance(gan, CycleGAN)
    return {"generator": gan.sampler.get_layer("forward") if forward else gan.sampler}
