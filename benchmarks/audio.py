"""Sound: how fast vocoders and mels are, and what trained ones are worth beside Griffin-Lim and their twins.

    python benchmarks/audio.py --part speed --json speed.json
    python benchmarks/audio.py --part mel --json mel.json
    python benchmarks/audio.py --part iterations --run RUN --json iterations.json
    python benchmarks/audio.py --part vocoder --data spoken-digits --labels "{label}_{speaker}_{index}" \\
        --validation index:5-9 --seconds 1.024 --minutes 30 --json vocoder.json
    python benchmarks/audio.py --part speech --data spoken-digits --labels "{label}_{speaker}_{index}" \\
        --validation index:5-9 --seconds 1.024 --minutes 35 --json speech.json

`speed`: samples a second of the default vocoder, of HiFi-GAN V2 and of Griffin-Lim, one clip at once, in
turn; a ratio is of two times of the same round, and `noise` times the default against itself. `mel`:
log-mels on the device, and as many Fourier transforms alone, beside librosa on all cores. `iterations`: the vocoder of a finished run with
other numbers of Griffin and Lim's iterations, on held-out recordings. `vocoder`, `speech`: the recipe's
presets, a run for every seed beside the JSON, so that an interrupted benchmark goes on; rows are those of
the runs' reports. How many steps fit into the minutes is found once, by the first seed.
"""

import concurrent.futures
import functools
import math
import multiprocessing
import os
import pathlib
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import keras
import numpy as np

from benchmarks import table
from benchmarks.librosas import by_librosa, clips
from gankit import audio, runs
from gankit.audio.stft import in_parts
from gankit.audio.vocoder_evaluation import paired_metrics
from gankit.sampling import in_batches
from recipes import audio as recipe
from recipes import vocoders

RATES = {8000: (8, 8, 2), 22_050: (8, 8, 2, 2)}  # Hz, and HiFi-GAN's upsampling to the same hop
ITERATIONS = (0, 1, 2, 4, 8, 12, 32)
SECONDS = 4.0  # of a clip that vocoders make
BATCH, CLIP = 64, 5.0  # clips whose mels are computed at once, and their seconds


def in_turn(contenders, rounds):
    """Seconds that each takes in every round: `{name: (rounds,) array}`.

    Each is called once more before its time is taken: what was in the cache was the one's before it.
    """
    found = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, function in contenders.items():
            function()
            began = time.perf_counter()
            function()
            found[name].append(time.perf_counter() - began)
    return {name: np.array(seconds) for name, seconds in found.items()}


def ratio(name, over, under, protocol):
    """A row: the ratio of two contenders' times, round by round, with its 95 % interval."""
    ratios = over / under
    one = table.row(name, ratios, "times", len(ratios), [0], protocol)
    error = 1.96 * (one["standard_error"] or 0.0)
    one["interval"] = [one["value"] - error, one["value"] + error]
    return one


def speed(options):
    """Samples a second."""
    rows, rounds = [], 2 if options.quick else options.rounds
    for rate, rates in RATES.items():
        mel = vocoders.mels(recipe.Options(), rate)
        samples = round((0.5 if options.quick else SECONDS) * rate / mel.hop) * mel.hop
        rng = np.random.default_rng(0)
        wave = 0.3 * np.sin(np.cumsum(rng.uniform(0.05, 0.2, (1, samples)), axis=1))
        mels = np.asarray(keras.ops.convert_to_numpy(mel(wave.astype("float32"))))
        ours = vocoders.vocos(mel)
        theirs = audio.hifigan(2, mel.bins, rates=rates)
        contenders = {
            "vocoder": lambda ours=ours, mels=mels: ours.predict_on_batch(mels),
            "vocoder again": lambda ours=ours, mels=mels: ours.predict_on_batch(mels),
            "hifigan-v2": lambda theirs=theirs, mels=mels: theirs.predict_on_batch(mels),
            "Griffin-Lim": lambda mel=mel, mels=mels: mel.inverse(mels),
        }
        seconds = in_turn(contenders, rounds)
        protocol = (
            f"{keras.backend.backend()}, {os.cpu_count()} cores, {rate} Hz, hop {mel.hop}, one clip "
            f"of {samples} samples, {rounds} rounds in turn"
        )
        for name in ("vocoder", "hifigan-v2", "Griffin-Lim"):
            per_second = samples / seconds[name]
            label = f"{rate} Hz/{name}"
            rows.append(table.row(label, per_second, "samples/s", rounds, [0], protocol))
            rows.append(
                table.row(
                    f"{label}/times real time", per_second / rate, "times", rounds, [0], protocol
                )
            )
        for name in ("hifigan-v2", "Griffin-Lim"):
            rows.append(
                ratio(f"{rate} Hz/{name} over vocoder", seconds[name], seconds["vocoder"], protocol)
            )
        rows.append(
            ratio(f"{rate} Hz/noise", seconds["vocoder again"], seconds["vocoder"], protocol)
        )
    return rows


def transforms(stft):
    """As many Fourier transforms as `stft` makes, or a few less, and nothing else."""

    def some(waves):
        firsts = []
        for start in range(0, stft.fft, stft.hop):
            count = (waves.shape[1] - start) // stft.fft
            frames = keras.ops.reshape(
                waves[:, start : start + count * stft.fft], (-1, count, stft.fft)
            )
            firsts.append(keras.ops.rfft(frames, stft.fft)[0][..., 0])
        return keras.ops.concatenate(firsts, axis=-1)

    return lambda waves: in_parts(some, waves)


def mel(options):
    """Clips a second, on the device and by librosa in a process for every core."""
    rate, cores = 22_050, os.cpu_count()
    rounds = 2 if options.quick else options.rounds
    of = vocoders.mels(recipe.Options(), rate)
    n = 4 if options.quick else BATCH
    samples = round(CLIP * rate / of.hop) * of.hop
    waves = clips(n, samples)
    model = keras.Sequential([keras.Input((samples,)), keras.layers.Lambda(of)])
    alone = keras.Sequential([keras.Input((samples,)), keras.layers.Lambda(transforms(of.stft))])
    sizes = (samples, rate, of.stft.fft, of.hop, of.bins)
    spawned = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(cores, mp_context=spawned) as pool:
        parts = [len(part) for part in np.array_split(np.arange(n), cores)]

        def librosas():
            futures = [pool.submit(by_librosa, part, *sizes) for part in parts]
            return [future.result() for future in futures]

        for _ in range(2):  # every worker imports and compiles
            librosas()
        drawing = in_turn({"": lambda: clips(n // cores, samples)}, rounds)[""].mean()
        contenders = {
            "device": lambda: model.predict_on_batch(waves),
            "device again": lambda: model.predict_on_batch(waves),
            "transforms alone": lambda: alone.predict_on_batch(waves),
            "librosa": librosas,
        }
        seconds = in_turn(contenders, rounds)
    seconds["librosa"] = seconds["librosa"] - drawing  # the clips, which it draws for itself
    protocol = (
        f"{of.bins} log-mels, FFT {of.stft.fft}, hop {of.hop}, {n} clips of {CLIP:g} s at {rate} Hz, "
        f"{keras.backend.backend()}, {cores} cores, {rounds} rounds in turn"
    )
    return [
        *(
            table.row(name, n / seconds[name], "clips/s", rounds, [0], protocol)
            for name in ("device", "transforms alone", "librosa")
        ),
        ratio("librosa over device", seconds["librosa"], seconds["device"], protocol),
        ratio(
            "librosa over transforms alone",
            seconds["librosa"],
            seconds["transforms alone"],
            protocol,
        ),
        ratio("noise", seconds["device again"], seconds["device"], protocol),
    ]


def iterations(options):
    """What a trained vocoder's sound and time make of its number of iterations."""
    run = runs.Run.open(options.run)
    gan, data = run.load(), audio.load_data(run.config)
    n = 5 if options.quick else 200
    real, lengths, speakers = audio.held_out(data, gan.representation, n)
    mels = np.asarray(keras.ops.convert_to_numpy(gan.representation(real)))
    steps = run.read_report()["steps"]
    protocol = f"{len(real)} held-out recordings of {data.name}, weights of {steps} steps"
    rows, networks = [], {}
    for count in ITERATIONS[:2] if options.quick else ITERATIONS:
        network = networks[count] = audio.with_iterations(gan.sampler, count)
        fake = in_batches(network.predict_on_batch, mels, 16)
        for metric in paired_metrics(data.sample_rate, lengths, speakers):
            metric.update(real, fake, speakers, lengths)
            for name, value in metric.result().items():
                told = f"{metric.protocol()}; {protocol}"
                rows.append(table.row(f"{count}/{name}", [value], "", len(real), [0], told))
    clip = np.concatenate(mels)[None, : round(SECONDS * data.sample_rate / gan.representation.hop)]
    return rows + times_of(networks, clip, data.sample_rate, gan.representation, options)


def times_of(networks, mels, rate, mel, options):
    """Rows of how many samples a second networks make of a clip's mels, and, where its hop is one of
    HiFi-GAN's, of the time that V2 takes over theirs."""
    rounds, samples = 2 if options.quick else options.rounds, mels.shape[1] * mel.hop
    rates = {math.prod(one): one for one in RATES.values()}
    others = {}
    if mel.hop in rates:
        others["hifigan-v2"] = audio.hifigan(2, mel.bins, rates=rates[mel.hop])
    contenders = {
        name: functools.partial(one.predict_on_batch, mels)
        for name, one in {**networks, **others}.items()
    }
    seconds = in_turn(contenders, rounds)
    protocol = (
        f"{os.cpu_count()} cores, {rate} Hz, one clip of {samples} samples, {rounds} rounds in turn"
    )
    rows = []
    for name in networks:
        per_second = samples / seconds[name]
        rows.append(table.row(f"{name}/speed", per_second, "samples/s", rounds, [0], protocol))
        for other in others:
            label = f"{name}/{other} over vocoder"
            rows.append(ratio(label, seconds[other], seconds[name], protocol))
    return rows


def trained(options, preset, name="{seed}", **more):
    """Reports of the recipe's runs, one for every seed, of as many steps as fitted into the first's minutes.

    Args:
        options: of the command line.
        preset: the recipe's.
        name: of each run, beside the JSON.
        more: options of the recipe that depend on the seed, `{option: function of the seed}`.
    """
    reports = []
    for seed in seeds_of(options):
        calibrated = reports[0]["steps"] if reports else None
        given = recipe.Options(
            data=options.data,
            preset=preset,
            labels=options.labels,
            validation=options.validation,
            seconds=options.seconds,
            steps=calibrated,
            minutes=None if options.quick or calibrated else options.minutes,
            smoke=options.quick,
            seed=seed,
            out=run_of(options, name, seed),
            **{option: function(seed) for option, function in more.items()},
        )
        reports.append(recipe.main(given))
        keras.backend.clear_session()
    return reports


def seeds_of(options):
    return options.seeds[:1] if options.quick else options.seeds


def run_of(options, name, seed):
    """The directory of a seed's run."""
    return options.json.with_suffix("") / name.format(seed=seed)


def vocoder(options):
    """The vocoder preset."""
    return rows_of(trained(options, "vocoder"), seeds_of(options))


def speech(options):
    """The default preset, on a vocoder that is trained first for each seed."""
    before = "{seed}-vocoder"
    trained(options, "vocoder", before)
    reports = trained(options, "default", vocoder=lambda seed: run_of(options, before, seed))
    return rows_of(reports, seeds_of(options))


def rows_of(reports, seeds):
    """Rows of the reports of runs, one for every seed."""
    rows = []
    for kind in ("metrics", "controls"):
        for name in reports[0][kind]:
            found = [report[kind][name] for report in reports if name in report[kind]]
            protocol = f"{found[0]['protocol']}; {reports[0]['steps']} steps"
            values = [one["value"] for one in found]
            rows.append(table.row(name, values, "", len(values), seeds, protocol))
            first, _, metric = name.rpartition("/")
            if first and metric in reports[0]["metrics"]:
                ahead = [
                    report["metrics"][metric]["value"] - report[kind][name]["value"]
                    for report in reports
                    if metric in report["metrics"] and name in report[kind]
                ]
                rows.append(
                    table.row(f"adversarial minus {name}", ahead, "", len(ahead), seeds, protocol)
                )
    return rows


PARTS = {
    "speed": speed,
    "mel": mel,
    "iterations": iterations,
    "vocoder": vocoder,
    "speech": speech,
}


def main():
    parser = table.arguments(__doc__)
    parser.add_argument("--part", choices=PARTS, default="speed")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--run", help="of a finished vocoder, for `iterations`")
    parser.add_argument("--data", default="vowels")
    parser.add_argument("--labels", default="subfolders", help="as the recipe takes it")
    parser.add_argument("--validation", help="as the recipe takes it")
    parser.add_argument("--seconds", type=float, help="as the recipe takes it")
    parser.add_argument("--minutes", type=float, default=30.0, help="of each training")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args()
    options.json = options.json or pathlib.Path(f"{options.part}.json")
    rows = PARTS[options.part](options)
    table.save(rows, options.json)
    table.show(rows)


if __name__ == "__main__":
    main()
