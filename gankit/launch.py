"""What every recipe and command shares: options, the process, errors, closing words.

A recipe of one's own is a class of options and a function of them. `command` makes a program of both, with
`--help`; what goes wrong ends in one paragraph.

Example:

```python
import dataclasses

import gankit
from gankit import launch, points, runs

PRESETS = {"default": 1e-3, "slow": 1e-4}


@dataclasses.dataclass
class Options(launch.Options):
    "Train on points, my way."

    data: str = "ring"
    points: int = 5_000
    "How many there are, 1,000 at least."


@launch.on_devices  # after `launch.prepare_process(options)`
def build(options):
    gan = gankit.GAN(points.generator(), points.discriminator(), seed=options.seed)
    gan.compile(gankit.optimizers.Adam(PRESETS[options.preset]))
    return gan


def main(options):
    launch.require_positive(options)
    launch.require_at_least(1_000, points=options.points)
    launch.require_preset(options.preset, PRESETS)
    launch.shorten(options)
    data = points.ring(options.points)
    run = runs.Run.start("mine", options)
    run.save_preparation(data.preparation)
    dataset = data.dataset(options.batch_size, options.seed)
    steps = run.total_steps(5_000, lambda: build(options), dataset)
    gan = build(options)
    seconds = run.train(gan, dataset, steps)
    metrics, controls, remarks = points.evaluate(gan, data)
    report = run.report(gan, seconds, metrics, controls, remarks)
    print(launch.closing(run, report, files=[]))


main(Options(smoke=True))
# In a program: sys.exit(launch.command(main, Options)), which reads the options from the command line and
# tells errors as launch.reporting_errors(action) does.
```
"""

import contextlib
import dataclasses
import errno
import functools
import math
import os
import pathlib
import platform
import sys

import keras

from gankit import backend, command_line
from gankit.version import __version__

MAKE_ROOM = " Make room there and run the same again. A run goes on from its last checkpoint, which is whole."
ALLOW = (
    " Make it writable and run the same again, or write somewhere else. A run goes on from its last "
    "checkpoint, which is whole."
)
WHAT_TO_DO = {
    errno.ENOSPC: MAKE_ROOM,
    errno.EDQUOT: MAKE_ROOM,
    errno.EROFS: ALLOW,
    errno.EACCES: ALLOW,
    errno.EPERM: ALLOW,
}


TRY_AGAIN = 75  # the exit status that sysexits.h has for what may go well another time
INTERRUPTED = 130  # that of shells, for what Ctrl-C ended
LOST_A_WORKER = (
    "another worker of this job is gone. Start all of them again with the same command: they go on from "
    "the last checkpoint."
)


@dataclasses.dataclass
class Options:
    """What every recipe understands. A recipe's own options are a subclass."""

    data: str
    """What to learn: the name of built-in data, or the path of a file of your own."""
    preset: str = "default"
    """Which method, with its networks and hyper-parameters."""
    steps: int | None = None
    """Adversarial steps to train for; the preset's own number by default."""
    minutes: float | None = None
    """Train for about so many minutes instead: measured once on this machine and stored as steps, in
    whole parts of --every where there are as many."""
    every: int = 1000
    """Steps between two looks at the run: samples, validation, scalars. --steps is rounded up to it."""
    batch_size: int = 128
    """Samples in a batch."""
    seed: int = 0
    """Seed of everything random: weights, order of the data, latents."""
    out: pathlib.Path | None = None
    """The run's directory; runs/RECIPE-DATA-PRESET-SEED by default."""
    retries: int = 3
    """Go back to the last checkpoint, and on with halved learning rates, so many times at most if
    training diverges (NaN or infinity); 0 to stop instead."""
    init_from: pathlib.Path | None = None
    """Start from the weights of this finished run instead of random ones."""
    precision: str = "float32"
    """What the networks compute in: float32 or mixed_bfloat16."""
    strategy: str = "none"
    """Devices to train on: none (one), mirrored (all of this machine's), multiworker (those of several
    processes, which TF_CONFIG names) on TensorFlow, data-parallel (all of this machine's) on JAX. The
    batch is shared out among them."""
    extend: bool = False
    """Continue an existing run to a larger --steps (give both); schedules are computed for the new end."""
    smoke: bool = False
    """A few steps of everything, to see that it works."""


def prepare_process(options):
    """Seeds, determinism and precision: again before each model is built, so that its weights do not depend
    on what drew numbers before."""
    keras.utils.set_random_seed(options.seed)
    if not backend.on_accelerator():
        backend.deterministic()
    keras.mixed_precision.set_dtype_policy(options.precision)


def require_strategy(name):
    """Refuses a strategy that the backend does not have, with what to do."""
    if name in ("none", *backend.STRATEGIES):
        return
    on = keras.backend.backend()
    known = ", ".join(("none", *backend.STRATEGIES))
    advice = (
        "PyTorch trains on one device here: leave --strategy out, or set KERAS_BACKEND=tensorflow or jax"
        if on == "torch"
        else f"on {on} it is one of {known}"
    )
    raise ValueError(f"--strategy can't be {name}: {advice}.")


@functools.cache
def strategy(name):
    """The strategy of that name, the same one each time, or None for one device."""
    require_strategy(name)
    return None if name == "none" else backend.strategy(name)


def scope(options):
    """Where a model is built and compiled that trains on the devices asked for."""
    found = strategy(options.strategy)
    return contextlib.nullcontext() if found is None else found.scope()


def on_devices(build):
    """Decorates a function of a recipe's options, and whatever else, that builds and compiles a model: it
    does so in a process that is prepared, on the devices asked for."""

    @functools.wraps(build)
    def within(options, *arguments, **named):
        prepare_process(options)
        with scope(options):
            return build(options, *arguments, **named)

    return within


def require_at_least(least, **values):
    """Refuses values below a bound, naming the option; None passes."""
    for name, value in values.items():
        if value is not None and value < least:
            raise ValueError(f"--{name} must be at least {least}. Received: {value}")


def require_positive(options):
    """Refuses options out of range, each with what was expected."""
    for name in ("steps", "minutes", "batch_size", "every"):
        value = getattr(options, name)
        if value is not None and not 0 < value < math.inf:
            raise ValueError(
                f"--{name.replace('_', '-')} must be more than 0, and finite. Received: {value}"
            )
    if options.steps is not None and options.minutes is not None:
        raise ValueError("Give --steps or --minutes, and not both.")
    require_at_least(0, seed=options.seed, retries=options.retries)
    if options.precision not in ("float32", "mixed_bfloat16"):
        raise ValueError(
            f"--precision must be float32 or mixed_bfloat16. Received: {options.precision}. Use "
            "--precision mixed_bfloat16: float16 overflows in adversarial training."
        )


def require_preset(name, presets):
    """Refuses a preset that a recipe does not have, naming those that it has."""
    if name not in presets:
        raise ValueError(f"Unknown preset. Known: {', '.join(presets)}. Received: --preset {name}")


def shorten(options, every=5, steps=10):
    """Makes a smoke run short, unless steps were asked for."""
    if options.smoke:
        options.every = min(options.every, every)
        options.steps = steps if options.steps is None else options.steps


def command(main, options_class):
    """Runs a recipe from the command line.

    Returns:
        The process's exit status.
    """
    import tyro

    given, debug = command_line.arguments()
    description = f"{options_class.__doc__}\n\n{command_line.DEBUG}"
    options = tyro.cli(command_line.readable(options_class), args=given, description=description)
    return reporting_errors(lambda: on_all_workers(main, options), debug)


def on_all_workers(main, options):
    """Runs a recipe in this process, one of several perhaps, of which the chief alone speaks."""
    strategy(options.strategy)  # before anything is computed
    quiet = contextlib.nullcontext()
    if not backend.is_chief():
        quiet = contextlib.redirect_stdout(open(os.devnull, "w"))  # noqa: SIM115
    with quiet:
        main(options)
    backend.any_worker(False)  # none leaves before all are done


def reporting_errors(action, debug=False):
    """Does something; what goes wrong ends in one paragraph on the standard error, and Ctrl-C without a
    word.

    Args:
        action: a function without arguments.
        debug: let it end in a stack trace; GANKIT_DEBUG in the environment does too.

    Returns:
        The process's exit status.
    """
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # for files whose names are no text
    try:
        action()
    except (Exception, KeyboardInterrupt) as error:
        if debug or os.environ.get("GANKIT_DEBUG"):
            raise
        if isinstance(error, KeyboardInterrupt):
            return INTERRUPTED
        lost = isinstance(error, backend.LOST) and backend.workers() > 1
        print(f"error: {LOST_A_WORKER if lost else told(error)}", file=sys.stderr)
        return TRY_AGAIN if lost else 1
    return 0


def told(error):
    """An error in words: of the operating system's, the file, the reason, and what to do; of a kind that
    gankit does not raise itself, such as of memory or a package that is missing, its name too."""
    if not isinstance(error, (ValueError, OSError)):
        return f"{type(error).__name__}: {error} (--debug shows where.)"
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror}.{WHAT_TO_DO.get(error.errno, '')}"


def closing(run, report, files):
    """What a recipe says at its end: the numbers, and where to look."""
    width = max(len(name) for name in (*report["metrics"], *report["controls"]))
    lines = ["", f"{report['steps']:,} steps in {report['seconds']:,.0f} s", ""]
    for table in ("metrics", "controls"):
        lines += [f"  {name:<{width}}  {row['value']:.4g}" for name, row in report[table].items()]
    lines += ["", *report["remarks"], ""]
    lines += [f"samples      {file}" for file in files]
    lines += [
        f"report       {run.directory / 'report.json'}",
        f"model        {run.directory / 'model.keras'}",
        f"TensorBoard  tensorboard --logdir {run.directory}",
    ]
    return "\n".join(lines)


def environment():
    """Versions and machine, for a report."""
    return {
        "gankit": __version__,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "accelerator": backend.on_accelerator(),
    }
