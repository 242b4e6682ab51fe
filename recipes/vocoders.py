"""Vocoders, from mels to waves: the part of recipes/audio.py that is trained on segments of sound."""

import dataclasses
import math
from collections.abc import Callable

import keras

import gankit
from gankit import audio, files, launch, runs
from gankit.audio import LogMel, MelL1, MultiResolutionSTFT
from gankit.losses import LeastSquares
from gankit.optimizers import Adam
from gankit.schedules import Cosine

WATCHED = 64  # held-out recordings that are compared while training
HEARD = 6  # of those, written to samples/


def mels(options, rate):
    """Mels up to half the sample rate."""
    fft = options.fft or 2 ** round(math.log2(0.046 * rate))
    bands = options.mels or (80 if rate >= 16_000 else 64)
    return LogMel(rate, fft, options.hop or fft // 4, options.window, bands)


def mels_of_hifigan(options, rate):
    """HiFi-GAN's mels, which end at 8,000 hertz."""
    frames = {"fft": options.fft or 1024, "hop": options.hop or 256, "window": options.window}
    return LogMel.hifigan(
        sample_rate=rate, **frames, mels=options.mels or 80, high=min(8000.0, rate / 2)
    )


# --- presets --------------------------------------------------------------------------------------


@dataclasses.dataclass
class Vocoding:
    """A game for waves from mels: the networks, the losses and the hyper-parameters."""

    representation: Callable  # of the options and the sample rate
    generator: Callable  # of the representation
    discriminators: Callable  # of the samples in a segment, and the representation
    reconstruction: Callable  # of the representation
    optimizer: Callable  # of the player, the steps in all, and the steps in an epoch
    half_life: int | None = None  # of the average, in segments
    hop: int | None = None  # that the generator is built for
    segment: int = 32  # hops
    batch_size: int = 8
    steps: int = 500
    sample_rate: int | None = None


def vocos(representation):
    stft, bins = representation.stft, representation.bins
    return audio.vocos(bins, stft.fft, stft.hop, width=96, blocks=2, mel=representation)


def small_discriminators(samples, representation):
    fft = representation.stft.fft
    return [
        *audio.multi_resolution(samples, (fft // 2, fft, 2 * fft), width=16),
        *audio.multi_period(samples, width=4),
    ]


def mels_and_spectra(representation):
    fft = representation.stft.fft
    return [MelL1(representation, 60.0), MultiResolutionSTFT((fft // 2, fft, 2 * fft), 120.0)]


def falling(player, steps, per_epoch):
    rate = {"generator": 2e-3, "discriminator": 5e-4}[player]
    return Adam(Cosine(rate, 0.0, steps), 0.8, 0.99)


def of_hifigan(version):
    """HiFi-GAN: Kong et al. (2020), section 3.2 and its authors' code."""

    def optimizer(player, steps, per_epoch):
        rate = keras.optimizers.schedules.ExponentialDecay(2e-4, per_epoch, 0.999, staircase=True)
        return keras.optimizers.AdamW(rate, 0.01, beta_1=0.8, beta_2=0.99, epsilon=1e-8)

    return Vocoding(
        mels_of_hifigan,
        lambda representation: audio.hifigan(version, representation.bins),
        lambda samples, _: [*audio.multi_period(samples), *audio.multi_scale(samples)],
        lambda representation: [MelL1(audio.changed(representation, high=None), 45.0)],
        optimizer,
        hop=256,
        batch_size=16,
        steps=2_500_000,
        sample_rate=22_050,
    )


PRESETS = {
    "vocoder": Vocoding(
        mels, vocos, small_discriminators, mels_and_spectra, falling, half_life=1_000
    ),
    "hifigan-v1": of_hifigan(1),
    "hifigan-v2": of_hifigan(2),
    "hifigan-v3": of_hifigan(3),
}


# --- training -------------------------------------------------------------------------------------


@launch.on_devices
def build(options, preset, data, representation, segment, steps):
    """The compiled game of a vocoder preset, that will train for so many steps."""
    gan = audio.Vocoder(
        preset.generator(representation),
        preset.discriminators(segment, representation),
        representation,
        seed=options.seed,
    )
    per_epoch = per_epoch_of(options, preset, data, segment)
    gan.compile(
        preset.optimizer("generator", steps, per_epoch),
        preset.optimizer("discriminator", steps, per_epoch),
        loss=[LeastSquares(), audio.SummedFeatureMatching(1.0)],
        adversarial_weight=2.0,  # so that both losses have the paper's weights, 1 and 2
        reconstruction=preset.reconstruction(representation),
        ema=preset.half_life and gankit.EMA(half_life=preset.half_life),
    )
    return gan


def segments_of(options, preset, data, segment):
    """Batches of random segments, smaller ones where there is little sound."""
    at_least = max(len(data.train), int(data.train.lengths.sum()) // (2 * segment))
    batch = options.batch_size or min(preset.batch_size, at_least)
    return data.segments(batch, segment, options.seed)


def per_epoch_of(options, preset, data, segment):
    """Steps in which as many segments are heard as there are recordings, HiFi-GAN's epoch."""
    batch = segments_of(options, preset, data, segment).batch_size
    return max(len(data.train) // batch, 1)


def build_twin(options, preset, data, gan, segment, steps):
    """The generator of `gan` behind its mels, compiled for Keras's own `fit`: the same losses without the
    adversarial ones, and the same optimizer. A learning rate that falls to 0 takes the average's place."""
    per_epoch = per_epoch_of(options, preset, data, segment)
    twin = audio.CopySynthesis(preset.generator(gan.representation), gan.representation)
    twin.compile(preset.optimizer("generator", steps, per_epoch), loss=gan.reconstruction_loss)
    return twin


def twin_of(run, options, preset, data, gan, segment, steps):
    """The generator of the run's twin, trained now on the same batches where there is none yet."""

    def make():
        print("Training the twin without an adversary ...")
        launch.prepare_process(options)
        twin = build_twin(options, preset, data, gan, segment, steps)
        segments, folder = (
            segments_of(options, preset, data, segment),
            run.shared / "twin-checkpoints",
        )

        def pairs(start):
            return segments.stream(start).map(lambda wave: (wave, wave))

        gankit.twins.train(twin, pairs, steps, folder, options.every)
        return twin.generator

    return run.keep("twin", make, steps)


def train(options, data):
    """Trains, samples and measures a vocoder. Returns its report."""
    preset = PRESETS[options.preset]
    representation = preset.representation(options, data.sample_rate)
    if preset.hop not in (None, representation.hop):
        raise ValueError(
            f"--preset {options.preset} makes {preset.hop} samples of a frame: --hop must be "
            f"{preset.hop}. Received: --hop {representation.hop}"
        )
    segment = options.segment or preset.segment * representation.hop
    representation.frames(segment)  # refuses what is no multiple of the hop
    preset.discriminators(segment, representation)  # refuse what is too short for them
    dataset = segments_of(options, preset, data, segment)
    run = runs.Run.start("audio", options)
    run.save_preparation(representation)
    terms = "_and_".join(term.name for term in preset.reconstruction(representation))
    run.remember(rate=data.sample_rate, twin_name=f"{terms}_only")

    def make(steps):
        return build(options, preset, data, representation, segment, steps)

    steps = run.total_steps(preset.steps, lambda: make(1000), dataset)
    gan = make(steps)
    if options.init_from:
        runs.initialise(gan, options.init_from)
    gan.host_metrics = [audio.MultiResolutionSTFTDistance()]
    watched, lengths, _ = audio.held_out(data, representation, WATCHED)
    heard = audio.some_rows(len(watched), HEARD)
    shown = keras.ops.convert_to_numpy(representation(watched[heard]))

    def draw(waves, path):
        return audio.draw(waves, path, data.sample_rate, representation, lengths=lengths[heard])

    rows = audio.some_rows(len(data.validation), WATCHED)
    segments = data.validation.padded(segment, rows)
    seconds = run.train(
        gan,
        dataset,
        steps,
        others=[
            gankit.callbacks.Samples(run.directory, draw, n=len(shown), condition=shown),
            gankit.callbacks.Diagnostics(),
            gankit.callbacks.Logits(run.directory, segments),
        ],
        show=("g_mel_l1", "val_stft_distance"),
        validation_data=files.Dataset.from_arrays(
            watched, batch_size=min(16, len(watched)), shuffle=False
        ),
    )
    twin = twin_of(run, options, preset, data, gan, segment, steps)
    n = 20 if options.smoke else audio.VOICES
    numbers, controls, remarks = audio.evaluate_vocoder(gan, data, twin, f"{terms}_only", n)
    report = run.report(gan, seconds, numbers, controls, [*data.notes, *remarks])
    final = run.directory / "samples" / "final.png"
    draw(gan.translate(shown), final)
    print(launch.closing(run, report, [final, final.with_suffix("")]))
    return report
