"""Numbers beside their controls: one protocol for samples, real data and the twin."""


def beside_controls(metrics, real, contenders, seed):
    """Measures several sets of samples against the same real ones.

    Args:
        metrics: a list of `Metric`.
        real: real samples.
        contenders: `{prefix: (samples, condition)}`; the prefix of the samples in question is empty,
            a control's ends in a slash.
        seed: of the samples, for the protocol.

    Returns:
        `metrics, controls` for a run's report: `{prefix + name: {"value", "n", "protocol"}}`.

    Example:

    ```python
    import numpy as np

    import gankit

    real, other, fake = np.random.default_rng(0).normal(size=(3, 100, 2))
    contenders = {"": (fake, None), "real_against_real/": (other, None)}
    metrics, controls = gankit.metrics.beside_controls(
        [gankit.metrics.SlicedWasserstein()], real, contenders, seed=0
    )
    ```
    """
    ours, controls = {}, {}
    for prefix, (samples, condition) in contenders.items():
        n = len(samples)
        about = f"{n} samples against {len(real)} held out, seed {seed}"
        for metric in metrics:
            metric.reset()
            metric.update(real, samples, condition)
            for name, value in metric.result().items():
                row = {"value": value, "n": n, "protocol": f"{metric.protocol()}; {about}"}
                (controls if prefix else ours)[prefix + name] = row
    return ours, controls


def triples(metrics, controls, better):
    """Yields `(name, ours, real's, the twin's)`, signed so that larger is better.

    Args:
        metrics, controls: as `beside_controls` gives them.
        better: `{name: 1 or -1}`, whether larger or smaller is better.

    Example:

    ```python
    import gankit

    metrics = {"coverage": {"value": 0.9}}
    controls = {
        "real_against_real/coverage": {"value": 0.97},
        "maximum_likelihood/coverage": {"value": 0.8},
    }
    list(gankit.metrics.triples(metrics, controls, {"coverage": 1}))
    ```
    """
    for name, sign in better.items():
        if name in metrics:
            yield (
                name,
                sign * metrics[name]["value"],
                sign * controls[f"real_against_real/{name}"]["value"],
                sign * controls[f"maximum_likelihood/{name}"]["value"],
            )
