"""SeqGAN's oracle: what adversarial training of a language model wins over maximum likelihood.

    python benchmarks/text_oracle.py --oracle oracle.npz --json oracle-20.json      # length 20
    python benchmarks/text_oracle.py --oracle oracle.npz --length 40 --json oracle-40.json

The data are sequences drawn from a fixed LSTM, so that the likelihood of any sample is known. Two
numbers belong together: NLL_oracle, of a model's samples under the oracle, which a model lowers by
saying little; and NLL_test, of the oracle's sequences under the model, which that raises. So every
model is swept over temperatures, and a game leads where its NLL_oracle is lower than that of the
maximum-likelihood twin's sweep at equal NLL_test, both of the same tempered distribution.

Every contender is the same LSTM student, and games are lighter than in their papers; the protocol of
each row says in what. The twin stops at its best held-out likelihood; `mle-trained-on` does not, as in
SeqGAN's code. Every game starts from one of the two of its seed, and its discriminator is then trained for
a while with the generator at rest. Everything compiles by XLA, so runs do not repeat bit by bit. A game has
a number of steps of its own, or those for a time, which are measured before the games, contenders in turn
on a machine that does nothing else, and kept beside the JSON with every finished run: an interrupted
benchmark goes on.
Without --oracle it is a seeded one of our own, with another floor: never compare the two.
"""

import dataclasses
import os
import pathlib
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import keras
import numpy as np

from benchmarks import table
from benchmarks.kept import Kept
from benchmarks.text_field import (
    BATCH,
    EPOCH,
    FILTERS,
    Field,
    at,
    floor,
    lead,
    uniform_ceiling,
)
from gankit import launch, text
from gankit.optimizers import Adam
from gankit.schedules import Exponential
from gankit.text import likelihood

NATS = "nats a token"
TRAINED_ON = "mle-trained-on"
AGAIN = "mle swept again"


@dataclasses.dataclass
class Game:
    """A contender: its rewards or its loss, how it is trained, and what is not as in its authors' code,
    besides what `unlike` tells of all."""

    differs: str
    rewards: tuple | None = None  # class, arguments; None for softened tokens
    judge: str = "cnn"
    begins: str = "mle"
    steps: int | None = None  # as many as the time allows
    generator_rate: float = 1e-3
    betas: tuple = (0.0, 0.99)
    discriminator_rate: float = 1e-4
    discriminator_steps: int = 5
    warm_up: int = 1000  # steps of the discriminator alone
    sharpness: tuple = (1.0, 100.0)


LIGHTER = (
    "4 roll-outs and not 16, by the generator of the moment and not a slower one; a quarter of the "
    "discriminator's multiplications, no L2 penalty; 4,680 discriminator updates a step and 46,800 before "
    "the game there"
)
GAMES = {
    "seqgan": Game(
        LIGHTER,
        (text.RollOuts, {"n": 4}),
        begins=TRAINED_ON,
        steps=150,
        generator_rate=1e-2,
        betas=(0.9, 0.999),
        discriminator_steps=1,  # at 5 it soon knows the training set by heart, and samples get worse again
        warm_up=500,
    ),
    "seqgan-baseline": Game(
        f"{LIGHTER}; Adam at 1e-2 from an overfitted model there; a baseline of decay 0.9",
        (text.RollOuts, {"n": 4, "baseline": 0.9}),
    ),
    "scratchgan": Game(
        "from the twin and not from random weights; 2 x 512 units, batches of 512, 1 discriminator update a "
        "step, layer normalisation and a baseline of decay 0.08 there",
        (text.PerToken, {"discount": 0.23}),
        "recurrent",
        discriminator_rate=1e-3,
    ),
    "maligan": Game(
        "the basic variant, without its mixed training on given beginnings", (text.Reweighted, {})
    ),
    "relgan": Game(
        "an LSTM student and not the relational memory, 100 convolutions of each width and not 300",
        judge="relgan",
        generator_rate=1e-4,
        warm_up=0,
    ),
}


def train_twin(field, seed):
    """A student by maximum likelihood, with the weights of the best held-out likelihood.

    At SeqGAN's rate, and from its best on at a tenth of it: a lead over a twin that is badly tuned is none.
    """
    keras.utils.set_random_seed(seed)
    model, dataset = field.student(), field.dataset(1, seed)
    for rate in (1e-2, 1e-3):
        likelihood.train(
            model, dataset, field.twin_steps, rate, every=EPOCH, held_out=field.data["held out"]
        )
    return model


def train_on(field, seed):
    """A student by maximum likelihood as SeqGAN begins: for so many epochs, held-out likelihood or not."""
    keras.utils.set_random_seed(seed)
    model = field.student()
    likelihood.train(model, field.dataset(1, seed), field.steps_on, 1e-2, every=EPOCH)
    return model


def contend(name, field, seed, path, steps):
    """A game's compiled model that begins from the one at `path`, and its dataset."""
    game = GAMES[name]
    keras.utils.set_random_seed(seed)
    generator = keras.saving.load_model(path)
    size = (field.oracle.vocabulary, field.length)
    if game.judge == "cnn":
        judge = text.cnn_discriminator(*size, filters=FILTERS)
    elif game.judge == "recurrent":
        judge = text.recurrent_discriminator(*size, padding=None)
    else:
        judge = text.relgan_discriminator(*size, filters={width: 100 for width in (2, 3, 4, 5)})
    shared = {"discriminator_steps": game.discriminator_steps, "seed": seed}
    rates = (
        Adam(game.generator_rate, *game.betas, clipnorm=5.0),
        Adam(game.discriminator_rate),
    )
    if game.rewards is None:
        sharpness = Exponential(*game.sharpness, max(steps, 1))
        gan = text.GumbelGAN(generator, judge, sharpness=sharpness, **shared)
        gan.compile(*rates, loss="relativistic_pairing")
    else:
        warm_up = max(int(game.warm_up * field.warm_up), 1)
        rate = Adam(game.discriminator_rate)
        text.warm_up(generator, judge, field.dataset(1, seed), warm_up, rate)
        reward, arguments = game.rewards
        gan = text.PolicyGAN(generator, judge, reward(**arguments), **shared)
        gan.compile(*rates)
    return gan, field.dataset(game.discriminator_steps, seed)


BEGINNINGS = {"mle": train_twin, TRAINED_ON: train_on}


def run_likelihood(name, field, seed, path):
    began = time.monotonic()
    model = BEGINNINGS[name](field, seed)
    minutes = (time.monotonic() - began) / 60
    model.save(path)
    return {"minutes": minutes, "points": field.sweep(model, seed, field.temperatures)}


def sweep_again(field, seed, path):
    """Other samples of the twin, halfway between the temperatures of its sweep."""
    halfway = [round(one + 0.025, 3) for one in field.some_temperatures]
    return {"points": field.sweep(keras.saving.load_model(path), 500 + seed, halfway)}


def run_game(name, field, seed, path, steps):
    began = time.monotonic()
    gan, dataset = contend(name, field, seed, path, steps)
    gan.fit(dataset, epochs=1, steps_per_epoch=steps, verbose=0)
    minutes = (time.monotonic() - began) / 60
    return {"minutes": minutes, "points": field.sweep(gan.sampler, seed, field.some_temperatures)}


def play(field, options, state):
    """Every contender over the seeds; resumable."""
    seeds = options.seeds[:1] if options.quick else options.seeds
    minutes = 0.02 if options.quick else options.minutes

    def path_of(name, seed):
        return options.json.with_suffix(f".{name}-{seed}.keras")

    for seed in seeds:
        for name in BEGINNINGS:
            state.run(f"{name}/{seed}", run_likelihood, name, field, seed, path_of(name, seed))
        state.run(f"{AGAIN}/{seed}", sweep_again, field, seed, path_of("mle", seed))

    def trainer(name):
        gan, dataset = contend(name, field, 0, path_of(GAMES[name].begins, seeds[0]), 1000)
        return lambda n: gan.fit(dataset, epochs=1, steps_per_epoch=n, verbose=0)

    for name in options.games:
        if (steps := GAMES[name].steps) is not None:
            state.steps[name] = 2 if options.quick else steps
    timed = [name for name in options.games if GAMES[name].steps is None]
    state.calibrate(minutes, timed, trainer, 1 if options.quick else 8)
    for name in options.games:
        for seed in seeds:
            path, steps = path_of(GAMES[name].begins, seed), state.steps[name]
            state.run(f"{name}/{seed}", run_game, name, field, seed, path, steps)
    return seeds


def rows_of(field, options, state, seeds, floors):
    """The table: floor, ceiling, each contender at temperature 1, its curve, and its lead."""
    about = f"{field.name}, length {field.length}, {field.n} samples, {os.cpu_count()} cores"
    rows = bounds(field, floors, about)

    def runs_of(name):
        return [state.runs[f"{name}/{seed}"] for seed in seeds]

    rows += curve_rows("mle", runs_of("mle"), field.temperatures, seeds, about)
    # What chance and the lines between temperatures make of no lead:
    rows += lead_rows(AGAIN, runs_of(AGAIN), state, seeds, about)
    on = f"{field.steps_on} steps without a held-out set, Adam at 0.01"
    told_of = {TRAINED_ON: f"{about}, {on}"}
    for name in options.games:
        game = GAMES[name]
        told_of[name] = f"{about}, {state.steps[name]} steps from `{game.begins}`; {unlike(game)}"
    for name, told in told_of.items():
        rows += curve_rows(name, runs_of(name), field.some_temperatures, seeds, told)
        rows += lead_rows(name, runs_of(name), state, seeds, told)
    for name in options.games:
        before = runs_of(GAMES[name].begins)
        minutes = [run["minutes"] + one["minutes"] for run, one in zip(runs_of(name), before)]
        label = f"{name}/minutes, with what it begins from"
        rows.append(table.row(label, minutes, "minutes", len(before), seeds, told_of[name]))
    return rows


def unlike(game):
    """How a game is trained, and in what that is not its authors' way."""
    return (
        f"batches of {BATCH}, {game.warm_up:,} updates of the discriminator before the game and "
        f"{game.discriminator_steps} a step, Adam at {game.generator_rate:g} and {game.discriminator_rate:g}; "
        f"unlike its authors' code: {game.differs}"
    )


def bounds(field, floors, about):
    """What nobody gets below without saying little, and what knowing nothing costs."""
    told = ("its own samples", "its exact entropy before each token of its own samples")
    rows = []
    for name, values, how in zip(("oracle/nll_oracle", "oracle/entropy"), floors, told):
        row = table.row(name, [values.mean()], NATS, len(values), [1, 2, 3], f"{how}; {about}")
        error = float(np.std(values, ddof=1) / np.sqrt(len(values)))
        rows.append({**row, "standard_error": error})
    ceiling = [uniform_ceiling(field)]
    return [*rows, table.row("uniform/nll_oracle", ceiling, NATS, field.n, [0], about)]


def curve_rows(name, runs, temperatures, seeds, told):
    """Both likelihoods and the minutes of a contender, and its sweep."""
    minutes = [run["minutes"] for run in runs]
    rows = [table.row(f"{name}/minutes", minutes, "minutes", len(runs), seeds, told)]
    for label, temperature in [("", 1.0)] + [(f"temperature {t:g}/", t) for t in temperatures]:
        for key in ("nll_oracle", "nll_test"):
            values = [at(run["points"], temperature)[key] for run in runs]
            rows.append(table.row(f"{name}/{label}{key}", values, NATS, len(runs), seeds, told))
    return rows


def lead_rows(name, runs, state, seeds, told):
    found = [
        lead(run["points"], state.runs[f"mle/{seed}"]["points"]) for run, seed in zip(runs, seeds)
    ]
    told = f"{told}; the largest of the sweep, positive where the game is ahead"
    return [
        table.row(f"{name}/{key}", [one[i] for one in found], NATS, len(runs), seeds, told)
        for i, key in enumerate(("largest lead over mle", "nll_test there"))
    ]


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--oracle", type=pathlib.Path, help="an .npz file; by default a seeded one")
    parser.add_argument("--length", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=15.0, help="of a game's run")
    parser.add_argument("--twin-epochs", type=int, default=60, help="at most, at each of two rates")
    parser.add_argument("--epochs-on", type=int, default=30, help="of the twin that is trained on")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--games", nargs="+", default=list(GAMES), choices=GAMES)
    options = parser.parse_args()
    options.json = options.json or pathlib.Path(f"text-oracle-{options.length}.json")
    field = Field(options)
    floors = floor(field)
    print(f"floor {floors[1].mean():.4f}, of samples {floors[0].mean():.4f}", flush=True)
    state = Kept(options.json)
    seeds = play(field, options, state)
    rows = rows_of(field, options, state, seeds, floors)
    table.save(rows, options.json)
    table.show([one for one in rows if "/temperature " not in one["name"]])


if __name__ == "__main__":
    sys.exit(launch.reporting_errors(main))
