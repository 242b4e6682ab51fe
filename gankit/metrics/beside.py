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
    """
    for name, sign in better.items():
        if name in metrics:
            yield (
                name,
                sign * metrics[name]["value"],
                sign * controls[f"real_against_real/{name}"]["value"],
                sign * controls[f"maximum_likelihood/{name}"]["value"],
            )
