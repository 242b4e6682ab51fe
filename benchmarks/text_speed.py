"""Sequences a second: sampling and roll-outs against a plain PyTorch loop, and where a step goes.

    python benchmarks/text_speed.py --json text-speed.json

The sizes are SeqGAN's: an LSTM of 32 units, a vocabulary of 5,000, sequences of 20 tokens, batches of
64, 16 roll-outs. The PyTorch contender does what its name says, as SeqGAN's ports do: embedding,
`LSTMCell`, a dense layer, softmax and `multinomial` for each token, and for the roll-outs of each
beginning the beginning read again. Every round runs all contenders in turn, in random order; a row is
the mean ratio over the rounds, with its 95 % interval. `noise` times the PyTorch loop against a second
copy of itself. Tokens are those newly drawn.

The second part times the parts of an adversarial step by themselves, and the whole, with roll-outs (a
convolutional discriminator, smaller than SeqGAN's) and with per-token rewards (a recurrent one): as
`fit` compiles it, by XLA, and as the recipes run it on CPUs, where a run can be repeated bit by bit.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks import table
from benchmarks.step import has_torch, ratio

VOCABULARY, LENGTH, UNITS, BATCH, N = 5000, 20, 32, 64, 16
TOKENS = {
    "sampling": BATCH * LENGTH,
    "roll-outs": N * BATCH * LENGTH * (LENGTH - 1) // 2,
}


# --- PyTorch, in a process of its own ---------------------------------------------------------------


def torch_model():
    """What draws: `sample(begun)` goes on from given tokens (batch, places) to full length."""
    import torch

    torch.manual_seed(0)
    embed = torch.nn.Embedding(VOCABULARY, UNITS)
    cell = torch.nn.LSTMCell(UNITS, UNITS)
    dense = torch.nn.Linear(UNITS, VOCABULARY)

    @torch.no_grad()
    def sample(begun=None):
        h = c = torch.zeros(BATCH, UNITS)
        token, drawn = torch.zeros(BATCH, dtype=torch.long), []
        for place in range(LENGTH):
            h, c = cell(embed(token), (h, c))
            if begun is not None and place < begun.shape[1]:
                token = begun[:, place]
            else:
                chances = torch.softmax(dense(h), dim=-1)
                token = torch.multinomial(chances, 1)[:, 0]
            drawn.append(token)
        return torch.stack(drawn, dim=1)

    return sample


def serve():
    """Does what each line of the input says, and answers the seconds."""
    sample = torch_model()
    begun = sample()
    for line in sys.stdin:
        began = time.perf_counter()
        if line.strip() == "sampling":
            sample()
        else:
            for _ in range(N):
                for places in range(1, LENGTH):
                    sample(begun[:, :places])
        print(time.perf_counter() - began, flush=True)


class Torch:
    """The PyTorch loop, which waits between its turns."""

    def __init__(self):
        command = [sys.executable, __file__, "--serve"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, what):
        print(what, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


# --- gankit -----------------------------------------------------------------------------------------


def games():
    """The two games whose steps are taken apart, compiled, and a batch for them."""
    import keras

    from benchmarks.text_field import FILTERS
    from gankit import text
    from gankit.text import oracle

    keras.utils.set_random_seed(0)
    judges = {
        "roll-outs": text.cnn_discriminator(VOCABULARY, LENGTH, filters=FILTERS),
        "per-token": text.recurrent_discriminator(VOCABULARY, LENGTH, padding=None),
    }
    rewards = {"roll-outs": text.RollOuts(N, seed=0), "per-token": text.PerToken()}
    found = {}
    for name, judge in judges.items():
        generator = oracle.student(VOCABULARY, LENGTH, UNITS)
        found[name] = text.PolicyGAN(generator, judge, rewards[name], seed=0)
        found[name].compile()
    batch = np.random.default_rng(0).integers(VOCABULARY, size=(BATCH, LENGTH)).astype("int32")
    return found, batch


def compiled(function, jit):
    import tensorflow as tf

    return tf.function(function, jit_compile=jit)


def drawers(gan, jit):
    """Sampling and roll-outs, compiled: functions that give the seconds they took."""
    import tensorflow as tf

    from gankit.text.model import uniform_of

    model, rewards = gan.generator, gan.rewards
    start = tf.zeros((BATCH, LENGTH), "int32")

    def sample():
        return model.sample(uniform_of(tf.random.stateless_normal((BATCH, LENGTH), (0, 1))))

    calls = {
        "sampling": compiled(sample, jit),
        "roll-outs": compiled(lambda: rewards.continuations(model, start, None), jit),
    }

    def timed(what):
        began = time.perf_counter()
        calls[what]().numpy()
        return time.perf_counter() - began

    return timed


def parts(gan, batch, jit):
    """The parts of a step, and the whole, as functions without arguments."""
    import tensorflow as tf

    from gankit import backend

    real = tf.constant(batch)
    fake = gan.draw(real, None)
    advantages, _ = gan.rewards.advantages(gan, fake, None)

    def follow():
        loss, _, _ = backend.minimise(
            lambda: (gan.policy_loss(fake, advantages, None), {}),
            gan.generator_variables,
            gan.generator_optimizer,
        )
        return loss

    def update():
        return gan.update((real,))["g_loss"]

    made = {
        "draw": lambda: gan.draw(real, None),
        "discriminator update": lambda: gan.update_discriminator(real, fake, None)["d_loss"],
        "rewards": lambda: gan.rewards.advantages(gan, fake, None)[0],
        "policy update": follow,
        "whole step": update,
    }
    return {name: compiled(function, jit) for name, function in made.items()}


# --- the tables -------------------------------------------------------------------------------------


def race(rounds):
    """Seconds of every contender in every round: `{(contender, what): (rounds,)}`."""
    gan = games()[0]["roll-outs"]
    contenders = {"gankit": drawers(gan, False), "gankit, XLA": drawers(gan, True)}
    if has_torch():
        contenders |= {"PyTorch": Torch(), "PyTorch again": Torch()}
    seconds = {(name, what): [] for name in contenders for what in TOKENS}
    rng = np.random.default_rng(0)
    for _ in range(rounds + 1):  # the first compiles
        for i in rng.permutation(len(seconds)):
            name, what = list(seconds)[i]
            seconds[name, what].append(contenders[name](what))
    for one in contenders.values():
        if isinstance(one, Torch):
            one.close()
    return {key: np.array(values[1:]) for key, values in seconds.items()}


def speed_rows(seconds, rounds):
    about = (
        f"LSTM of {UNITS} units, vocabulary {VOCABULARY}, {LENGTH} tokens, batch {BATCH}, {N} "
        f"roll-outs, {rounds} rounds, interleaved, {os.cpu_count()} cores"
    )
    rows = []
    for (name, what), values in seconds.items():
        rate = TOKENS[what] / values
        rows.append(table.row(f"{what}/{name}", rate, "tokens/s", rounds, [0], about))
    for what in TOKENS:
        if ("PyTorch", what) not in seconds:
            continue
        torch = seconds["PyTorch", what]
        rows.append(ratio(f"{what}/noise", seconds["PyTorch again", what], torch, about))
        for name in ("gankit", "gankit, XLA"):
            label = f"{what}/PyTorch over {name}"
            rows.append(ratio(label, torch, seconds[name, what], about))
    return rows


HOW = {"": False, "XLA": True, "as recipes run": False}  # compiled by XLA


def step_rows(rounds, how):
    """Where a step's time goes, with roll-outs and with per-token rewards, in turn."""
    from gankit import launch

    jit = HOW[how]
    if how == "as recipes run":
        launch.prepare_process(launch.Options(data="none"))  # for good: this comes last
    found, batch = games()
    calls = {
        (name, part): call
        for name, gan in found.items()
        for part, call in parts(gan, batch, jit).items()
    }
    seconds = {key: [] for key in calls}
    for _ in range(rounds + 1):
        for key, call in calls.items():
            began = time.perf_counter()
            call().numpy()
            seconds[key].append(time.perf_counter() - began)
    about = f"batch {BATCH}, {rounds} rounds in turn, {how or 'without XLA'}"
    return [
        table.row(
            f"step with {name}{how and f', {how}'}/{part}",
            np.array(values[1:]) * 1e3,
            "ms",
            rounds,
            [0],
            about,
        )
        for (name, part), values in seconds.items()
    ]


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--no-steps", action="store_true", help="leave out the second part")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    rounds = 1 if options.quick else options.rounds
    rows = speed_rows(race(rounds), rounds)
    for how in () if options.no_steps else HOW:
        rows += step_rows(max(rounds // 4, 1), how)
    table.save(rows, options.json)
    table.show([{**one, "values": one.get("interval", [])} for one in rows])


if __name__ == "__main__":
    main()
