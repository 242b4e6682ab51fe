"""The games on tokens, on a model small enough to work out by hand, and as users play them."""

import keras
import numpy as np
import pytest
from keras import ops

import gankit
from gankit import backend, sampling
from gankit.callbacks.logits import logits_of
from gankit.text import networks, rewards
from gankit.text.conditions import Category, Prompt
from gankit.text.ids import UNKNOWN
from gankit.text.model import GumbelGAN, PolicyGAN, uniform_of
from gankit.text.warm_up import warm_up
from tests.helpers import assert_same_state, check_config_round_trip, numpy
from tests.text.models import Bigrams, L, V, language_model, tokens, uniform, with_unknown


def at_once(model, function):
    """What a model is asked for, as within a step of training."""
    return backend.at_once(function, model.variables)


# --- rewards --------------------------------------------------------------------------------------


class Game:
    """As much of a GAN as rewards ask for, with a discriminator that is a function of tokens."""

    def __init__(self, generator, logits):
        self.generator, self.discriminators, self.logits = generator, [None], logits

    def judge(self, discriminator, tokens, condition=None, training=True):
        return {"logits": ops.cast(self.logits(ops.convert_to_tensor(tokens)), "float32")}


def test_discounted_by_hand():
    found = numpy(rewards.discounted(ops.convert_to_tensor(np.float32([[1, 2, 4]])), 0.5))
    np.testing.assert_allclose(found, [[1 + 1 + 1, 2 + 2, 4]])
    found = numpy(rewards.discounted(ops.convert_to_tensor(np.float32([[1, 2, 4]])), 0.0))
    np.testing.assert_allclose(found, [[1, 2, 4]])


def test_per_token_by_hand():
    """Logit log 3 is D = 3/4 and earns 1/2; padding earns nothing and passes nothing on."""
    game = Game(Bigrams(), lambda x: np.log(3) * ops.cast(ops.equal(x, 5), "float32"))
    reward = rewards.PerToken(discount=0.5, baseline=None)
    sampled = ops.convert_to_tensor(np.int32([[5, 4, 5, 2, 0]]))
    found, logs = reward.advantages(game, sampled, None)
    np.testing.assert_allclose(numpy(found), [[0.5 + 0.125, 0.25, 0.5, 0, 0]], atol=1e-6)
    np.testing.assert_allclose(numpy(logs["reward"]), (0.625 + 0.25 + 0.5) / 4, rtol=1e-5)


def test_reweighted_by_hand():
    """Two sequences with D / (1 - D) of 1 and 3: shares 1/4 and 3/4, times two, less one."""
    game = Game(Bigrams(), lambda x: np.float32([[0.0], [np.log(3)]]))
    found, _ = rewards.Reweighted().advantages(
        game, ops.convert_to_tensor(np.int32([[4, 2, 0, 0, 0], [4, 5, 2, 0, 0]])), None
    )
    expected = [[-0.5, -0.5, 0, 0, 0], [0.5, 0.5, 0.5, 0, 0]]
    np.testing.assert_allclose(numpy(found), expected, atol=1e-6)


def test_weights_are_those_of_the_discriminator_as_it_stands():
    """Without its dropout: twice the same."""
    gan, sampled = policy_gan(rewards.Reweighted()), ops.convert_to_tensor(tokens(16))
    one, other = (numpy(gan.rewards.advantages(gan, sampled, None)[0]) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert np.ptp(one) > 0


def test_a_judge_of_every_place_judges_the_whole_by_their_mean():
    """D is 3/4 where a token is 5 and 1/2 elsewhere; what padding is called makes no difference."""
    game = Game(Bigrams(), lambda x: np.log(3) * ops.cast(ops.equal(x, 5), "float32"))
    sampled = ops.convert_to_tensor(np.int32([[5, 4, 5, 4, 4], [4] * 5, [5, 2, 0, 0, 0]]))
    expected = [[0.6] * 5, [0.5] * 5, [0.625, 0.625, 0, 0, 0]]
    found, _ = rewards.WholeSequence().advantages(game, sampled, None)
    np.testing.assert_allclose(numpy(found), expected, rtol=1e-5)
    found, _ = rewards.RollOuts(2, seed=0).advantages(game, sampled, None)
    np.testing.assert_allclose(numpy(found)[:2, -1], [0.6, 0.5], rtol=1e-5)
    np.testing.assert_allclose(numpy(found)[2, 1], 0.625, rtol=1e-5)


def test_baseline_is_a_moving_average():
    """Of what was earned before: 1/2, then 3/4, then 3/4. It does not start from 0."""
    reward = rewards.WholeSequence(baseline=0.5)
    sampled = ops.convert_to_tensor(np.int32([[4, 2, 0, 0, 0]]))
    for earned, average in ((0.5, 0), (0.75, 0.5), (0.75, (0.5 + 2 * 0.75) / 3)):
        logits = np.full((1, 1), np.log(earned / (1 - earned)))
        game = Game(Bigrams(), lambda x, logits=logits: logits)
        found, _ = reward.advantages(game, sampled, None)
        np.testing.assert_allclose(numpy(found)[0, :2], earned - average, rtol=1e-4)


@pytest.mark.parametrize("kind", ["lstm", "transformer"])
@pytest.mark.parametrize("given", [None, "category"])
def test_continuations_begin_as_the_samples(kind, given):
    given = given and Category(3, 4)
    model, condition = language_model(kind, given), given and ops.arange(6) % 3
    drawn = at_once(model, lambda: model.sample(uniform(6), condition))
    roll_outs = rewards.RollOuts(4, seed=0)
    found = numpy(at_once(model, lambda: roll_outs.continuations(model, drawn, condition)))
    found = found.reshape(L - 1, 4, 6, L)
    for t in range(L - 1):
        np.testing.assert_array_equal(
            found[t, :, :, : t + 1], np.broadcast_to(numpy(drawn)[:, : t + 1], (4, 6, t + 1))
        )
    assert (found[0] != numpy(drawn)).any()
    ended = np.cumsum(found == 2, axis=-1) - (found == 2)
    assert ((found == 0) == (ended > 0)).all()


def test_continuations_are_the_generators_own():
    """What follows a token in the continuations is as frequent as the table says."""
    model = Bigrams()
    model.table.assign(np.random.default_rng(0).normal(size=model.table.shape))
    drawn, roll_outs = (
        at_once(model, lambda: model.sample(uniform(64))),
        rewards.RollOuts(50, seed=0),
    )
    found = numpy(at_once(model, lambda: roll_outs.continuations(model, drawn, None)))
    after = found.reshape(L - 1, 50, 64, L)[0]
    frequent = [token for token in range(3, V) if (after[..., 0] == token).sum() > 400]
    assert len(frequent) >= 2
    for token in frequent:
        rows = after[after[..., 0] == token]
        share = np.bincount(rows[:, 1], minlength=V) / len(rows)
        logits = numpy(model.table)[token] + model.never
        expected = np.exp(logits - logits.max())
        np.testing.assert_allclose(share, expected / expected.sum(), atol=0.08)


def test_roll_outs_reward_the_token_that_earned():
    """D believes in sequences whose second token is 5. A second token of 5 earns 1, another one 0; the
    first earns the share of 5s after it; what follows changes nothing."""
    game = Game(Bigrams(), lambda x: 40.0 * ops.cast(ops.equal(x[:, 1:2], 5), "float32") - 20.0)
    sampled = ops.convert_to_tensor(np.int32([[4, 5, 6, 7, 8], [4, 6, 6, 7, 8]]))
    roll_outs = rewards.RollOuts(400, seed=1)
    found, _ = at_once(game.generator, lambda: roll_outs.advantages(game, sampled, None))
    found = numpy(found)
    np.testing.assert_allclose(found[0, 1:], 1, atol=1e-4)
    np.testing.assert_allclose(found[1, 1:], 0, atol=1e-4)
    logits = numpy(game.generator.table)[4] + game.generator.never
    share = np.exp(logits)[5] / np.exp(logits).sum()
    np.testing.assert_allclose(found[:, 0], share, atol=0.1)


# --- the games ------------------------------------------------------------------------------------


def policy_gan(reward=None, discriminator=None, share_forward=False, **arguments):
    keras.utils.set_random_seed(0)
    discriminator = discriminator or networks.cnn_discriminator(V, L, 4, {1: 4, 2: 4})
    reward = reward or rewards.WholeSequence()
    gan = PolicyGAN(Bigrams(), discriminator, reward, share_forward=share_forward, seed=1)
    gan.compile(
        **{
            "generator_optimizer": keras.optimizers.SGD(1.0),
            "discriminator_optimizer": keras.optimizers.Adam(1e-2),
            **arguments,
        }
    )
    return gan


def test_policy_gradient_by_hand():
    """-a log p by a softmax's logits is a (p - onehot), averaged over the tokens that count; p is what
    was drawn from, the unknown token included."""
    gan = policy_gan()
    sampled = ops.convert_to_tensor(np.int32([[4, 2, 0, 0, 0]]))
    advantages = ops.convert_to_tensor(np.float32([[3.0, -1.0, 9.0, 9.0, 9.0]]))
    table = numpy(gan.generator.table)
    gankit.backend.minimise(
        lambda: (gan.policy_loss(sampled, advantages, None), {}),
        gan.generator_variables,
        gan.generator_optimizer,
    )
    moved = table - numpy(gan.generator.table)
    expected = np.zeros((V, V))
    for before, token, advantage in ((1, 4, 3.0), (4, 2, -1.0)):
        logits = table[before] + gan.generator.never
        probabilities = np.exp(logits) / np.exp(logits).sum()
        expected[before] = advantage * (probabilities - np.eye(V)[token]) / 2
    np.testing.assert_allclose(moved, expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["policy", "softened"])
def test_games_draw_unknown_tokens_and_text_for_people_has_none(kind):
    """As often as the generator says, here nearly always: in what the discriminator sees, in what it is
    warmed up on, and in roll-outs; not in what `generate` and `evaluate` draw."""
    if kind == "policy":
        gan = policy_gan(rewards.RollOuts(2, seed=0))
    else:
        gan = GumbelGAN(Bigrams(), networks.relgan_discriminator(V, L, 8, 4), seed=1)
        gan.compile()
    with_unknown(gan.generator, 0.99)
    real = ops.convert_to_tensor(tokens(64))
    if kind == "policy":
        fake = gan.draw(real, None)
        after = numpy(gan.rewards.continuations(gan.generator, fake, None))
        assert (after == UNKNOWN).mean() > 0.9
        fake = numpy(fake)
    else:
        fake = numpy(gan.play((real,))[1]).argmax(axis=-1)
    assert (fake == UNKNOWN).mean() > 0.9
    latents = sampling.latents(64, L, 0)
    evaluated = gan.generate_from(gan.sampler, latents, batch_size=64)
    for drawn in (gan.generate(64, seed=0), evaluated):
        assert (drawn != UNKNOWN).all()


class RelativisticDiscriminator(gankit.losses.AdversarialLoss):
    """Only the discriminator's formula compares real with fake."""

    relativistic = True
    discriminator_formula = gankit.losses.relativistic_pairing_discriminator
    generator_formula = gankit.losses.non_saturating_generator


class RelativisticGenerator(gankit.losses.AdversarialLoss):
    """Only the generator's formula does."""

    generator_sees_real = True
    discriminator_formula = gankit.losses.minimax_discriminator
    generator_formula = gankit.losses.relativistic_pairing_generator


def test_a_judge_of_every_place_learns_from_those_that_count():
    """Real sequences of two tokens and fake ones of three, in rows of five: as if there were no padding."""
    real, fake = np.int32([[4, 2, 0, 0, 0]] * 2), np.int32([[5, 4, 2, 0, 0]] * 2)
    tokens_in = keras.Input((L,), dtype="int32")
    embed = keras.layers.Embedding(V, 1)
    logits = keras.layers.Reshape((L,))(embed(tokens_in))
    logits = keras.layers.Multiply()([logits, networks.Counts()(tokens_in)])
    gan = policy_gan(rewards.PerToken(), keras.Model(tokens_in, logits))
    table = np.zeros((V, 1), "float32")
    embed.set_weights([table])
    table[[4, 2, 5]] = [[1.0], [2.0], [-3.0]]
    embed.set_weights([table])
    one, other = map(ops.convert_to_tensor, (real, fake))
    softplus = lambda x: np.log1p(np.exp(np.float64(x)))  # noqa: E731
    apart = softplus([-1, -2]).mean() + softplus([-3, 1, 2]).mean()
    in_pairs = softplus([-4, -1]).mean()
    for loss, expected in (
        ("non_saturating", apart),
        (RelativisticGenerator(), apart),
        ("relativistic_pairing", in_pairs),
        (RelativisticDiscriminator(), in_pairs),
    ):
        gan.compile(loss=loss)
        found, logs = gan.discriminator_loss(one, other, None)
        np.testing.assert_allclose(numpy(found), expected, rtol=1e-5)
    np.testing.assert_allclose(numpy(logs["d_real"]), 1.5, rtol=1e-5)
    np.testing.assert_allclose(numpy(logs["d_fake"]), 0.0, atol=1e-6)
    np.testing.assert_allclose(numpy(logs["d_accuracy"]), 1.0)  # 1 > -3 and 2 > 1


@pytest.mark.parametrize("name", ["non_saturating", "hinge", "relativistic_average"])
def test_a_judge_of_whole_sequences_learns_as_in_any_game(name):
    gan, loss = policy_gan(), gankit.losses.get(name)
    samples = map(ops.convert_to_tensor, (tokens(8), tokens(8, seed=1)))
    seen = [gan.judge(gan.discriminator, one, training=False) for one in samples]
    found = gan.discriminator_term(loss, *seen, None)
    expected = gankit.GAN.discriminator_term(gan, loss, *seen, None)
    np.testing.assert_allclose(numpy(found), numpy(expected), rtol=1e-5)
    logs, as_usual = (one.discriminator_logs(*seen) for one in (gan, super(PolicyGAN, gan)))
    assert set(logs) == set(as_usual)
    for key, value in logs.items():
        np.testing.assert_allclose(numpy(value), numpy(as_usual[key]), rtol=1e-4, err_msg=key)


@pytest.mark.parametrize("share", [True, False])
def test_the_generator_learns_from_the_sequences_judged_or_from_fresh_ones(share):
    gan, seen = policy_gan(share_forward=share), {}
    discriminator_loss, policy_loss = gan.discriminator_loss, gan.policy_loss
    gan.discriminator_loss = lambda real, fake, condition: (
        seen.update(judged=numpy(fake)) or discriminator_loss(real, fake, condition)
    )
    gan.policy_loss = lambda fake, advantages, condition: (
        seen.update(learned=numpy(fake)) or policy_loss(fake, advantages, condition)
    )
    gan.update((ops.convert_to_tensor(tokens(16)),))
    assert np.array_equal(seen["judged"], seen["learned"]) == share


def test_the_generator_learns_from_fresh_sequences_unless_told_otherwise():
    gan = PolicyGAN(Bigrams(), networks.cnn_discriminator(V, L, 4, {1: 4}), rewards.PerToken())
    assert not gan.share_forward


def test_a_last_batch_that_is_smaller():
    """Of 40 sequences in batches of 16 eight are left, and the step is traced for any number."""
    gan = policy_gan(rewards.RollOuts(2, seed=0))
    logs = gan.fit(tokens(40), batch_size=16, verbose=0).history
    assert np.isfinite(logs["g_loss"]).all()


def test_the_generator_learns_what_is_rewarded():
    """With a discriminator that likes one word, that word becomes frequent."""
    tokens_in = keras.Input((L,), dtype="int32")
    liked = keras.layers.Embedding(V, 1)
    logits = keras.layers.Flatten()(liked(tokens_in))
    discriminator = keras.Model(tokens_in, logits)
    liked.set_weights([4.0 * (np.arange(V) == 6).astype("float32")[:, None]])
    gan = policy_gan(
        rewards.PerToken(0.0),
        discriminator,
        discriminator_optimizer=keras.optimizers.SGD(0.0),
        generator_optimizer=keras.optimizers.Adam(0.05),
    )
    before = (gan.generate(200, seed=0) == 6).mean()
    gan.fit(tokens(256), batch_size=32, epochs=5, verbose=0)
    assert (gan.generate(200, seed=0) == 6).mean() > max(0.5, 2 * before)


GAMES = {
    "roll-outs": lambda: policy_gan(rewards.RollOuts(2, seed=0)),
    "per token": lambda: policy_gan(
        rewards.PerToken(), networks.recurrent_discriminator(V, L, 4, 4)
    ),
    "reweighted": lambda: policy_gan(rewards.Reweighted()),
}


@pytest.mark.parametrize("kind", GAMES)
def test_a_game_saved_and_loaded(kind, tmp_path):
    gan = GAMES[kind]()
    logs = gan.fit(tokens(), batch_size=16, epochs=2, verbose=0).history
    assert {"d_loss", "g_loss", "reward", "g_gradient"} <= set(logs)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert_same_state(loaded, gan)
    np.testing.assert_array_equal(loaded.generate(8, seed=3), gan.generate(8, seed=3))
    loaded.fit(tokens(), batch_size=16, verbose=0)


def test_gumbel(tmp_path):
    keras.utils.set_random_seed(0)
    discriminator = networks.relgan_discriminator(V, L, 8, 4, {2: 4, 3: 4})
    gan = GumbelGAN(
        language_model("relational"),
        discriminator,
        sharpness=gankit.schedules.Cosine(1.0, 10.0, 10),
        seed=1,
    )
    gan.compile(loss="relativistic_pairing", ema=0.9)
    logs = gan.fit(tokens(), batch_size=16, epochs=2, verbose=0).history
    assert logs["g_gradient"][0] > 0
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    np.testing.assert_array_equal(loaded.generate(8, seed=3), gan.generate(8, seed=3))


def test_sharpness_follows_its_schedule():
    """By the generator's steps: what the discriminator sees is as soft as the schedule says."""
    keras.utils.set_random_seed(0)
    schedule = gankit.schedules.Exponential(1.0, 100.0, 4)
    judge = networks.relgan_discriminator(V, L, 8, 4, {2: 4})
    gan = GumbelGAN(language_model(), judge, sharpness=schedule, seed=1)
    gan.compile()
    seen, real = [], ops.convert_to_tensor(tokens(64))
    soften = gan.generator.soften
    gan.generator.soften = lambda noise, sharpness, condition: (
        seen.append(float(sharpness)) or soften(noise, sharpness, condition)
    )
    largest = []
    for step in (0, 2, 4):
        gan.generator_optimizer.iterations.assign(step)
        _, fake, _ = gan.play((real,))
        largest.append(numpy(fake).max(axis=-1).mean())
    np.testing.assert_allclose(seen, [1, 10, 100], rtol=1e-5)
    assert largest[0] < largest[1] - 0.1 < largest[2] - 0.1
    gan.generator.soften = soften
    gan.fit(tokens(), batch_size=16, verbose=0)
    assert int(gan.generator_optimizer.iterations) == 4 + 4  # it goes on by itself


def test_a_discriminator_is_warmed_up_while_the_generator_rests():
    gan = policy_gan()
    (judge,), model = gan.discriminators, gan.generator
    real = np.full((64, L), 4, "int32")
    before = model.get_weights()
    data = gankit.files.Dataset.from_arrays(real, batch_size=32, seed=0)
    warm_up(model, judge, data, 60, keras.optimizers.Adam(1e-2))
    for one, other in zip(before, model.get_weights()):
        np.testing.assert_array_equal(one, other)
    of_real, of_fake = (numpy(judge(one)).mean() for one in (real, gan.generate(64, seed=0)))
    assert of_real > of_fake + 1


def test_softened_games_in_half_precision():
    """Of a Transformer too, whose places and tokens are added."""
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    try:
        gan = GumbelGAN(language_model("transformer"), networks.relgan_discriminator(V, L, 8, 4))
        gan.compile(loss="relativistic_pairing")
        logs = gan.fit(tokens(), batch_size=16, verbose=0).history
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    assert logs["g_gradient"][0] > 0


def test_conditional_games():
    keras.utils.set_random_seed(0)
    model = language_model(given=Category(3, 4))
    discriminator = networks.cnn_discriminator(V, L, 4, {1: 4}, given=networks.told_category(3))
    gan = PolicyGAN(model, discriminator, rewards.RollOuts(2), seed=1)
    gan.compile()
    gan.fit(tokens(), np.arange(64) % 3, batch_size=16, verbose=0)
    assert gan.generate(6, np.arange(6) % 3, seed=0).shape == (6, L)

    model = language_model(given=Prompt(V, 8, 8))
    discriminator = networks.recurrent_discriminator(V, L, 4, 4, given=networks.told_prompt(L))
    gan = PolicyGAN(model, discriminator, rewards.PerToken(), seed=1)
    gan.compile()
    gan.fit(tokens(), tokens(seed=1), batch_size=16, verbose=0)
    assert gan.generate(64, tokens(seed=1), seed=0).shape == (64, L)


@pytest.mark.parametrize("given", ["category", Category(3, 4)])
@pytest.mark.parametrize("kind", ["cnn", "recurrent", "relgan"])
def test_what_a_discriminator_can_not_be_told_by(kind, given):
    with pytest.raises(ValueError, match=r"told_category.* Received: given="):
        getattr(networks, f"{kind}_discriminator")(V, L, given=given)


@pytest.mark.parametrize("given", ["category", "prompt"])
def test_softened_games_under_a_condition(given):
    layer = {"category": Category(3, 4), "prompt": Prompt(V, 8, 8)}[given]
    told = {"category": networks.told_category(3), "prompt": networks.told_prompt(L)}[given]
    condition = {"category": np.arange(32) % 3, "prompt": tokens(32, seed=1)}[given]
    judge = networks.relgan_discriminator(V, L, 8, 4, {2: 4}, given=told)
    gan = GumbelGAN(language_model("transformer", layer), judge, sharpness=5.0, seed=1)
    gan.compile()
    logs = gan.fit(tokens(32), condition, batch_size=16, verbose=0).history
    assert logs["g_gradient"][0] > 0
    noise = np.random.default_rng(0).gumbel(size=(32, L, V)).astype("float32")
    first = [
        numpy(gan.generator.soften(noise, 5.0, asked))[:, 0]
        for asked in (condition, condition, np.roll(condition, 1, axis=0))
    ]
    np.testing.assert_array_equal(first[0], first[1])
    assert np.abs(first[0] - first[2]).max() > 1e-3  # of the same noise
    assert gan.generate(32, condition, seed=0).shape == (32, L)


def test_what_is_watched_of_a_policy():
    """The discriminator's logits of held-out tokens and of drawn ones, for the same category."""
    condition = np.arange(64) % 3
    judge = networks.cnn_discriminator(V, L, 4, {1: 4}, given=networks.told_category(3))
    gan = PolicyGAN(language_model(given=Category(3, 4)), judge, rewards.PerToken(), seed=1)
    gan.compile()
    ((of_real, of_fake),) = logits_of(gan, (tokens(), condition), seed=3)
    drawn = gan.side_by_side((tokens(), condition), seed=3)[1]
    assert (drawn == UNKNOWN).any()  # as in the game
    for logits, samples in ((of_real, tokens()), (of_fake, drawn)):
        expected = judge.predict_on_batch([samples, condition])
        np.testing.assert_allclose(logits, expected, atol=1e-5)


def test_what_is_watched_of_softened_tokens():
    """Whole ones, as vectors of zeros and a one."""
    judge = networks.relgan_discriminator(V, L, 8, 4, {2: 4})
    gan = GumbelGAN(language_model(), judge, seed=1)
    gan.compile()
    ((of_real, of_fake),) = logits_of(gan, (tokens(),))
    drawn = uniform_of(sampling.latents(64, L, 0))
    for logits, samples in ((of_real, tokens()), (of_fake, numpy(gan.generator.sample(drawn)))):
        expected = judge.predict_on_batch(np.eye(V, dtype="float32")[samples])
        np.testing.assert_allclose(logits, expected, atol=1e-5)


def test_uniform_numbers_are_below_1():
    """Whatever the latents: 1 would draw what has no probability."""
    found = numpy(uniform_of(np.float32([-40, 0, 4, 5.7, 40])))
    assert 0 <= found.min() <= found.max() < 1
    np.testing.assert_allclose(found[1:3], [0.5, 0.99996833], rtol=1e-6)


def test_generate_does_not_depend_on_the_batch():
    gan = policy_gan()
    np.testing.assert_array_equal(
        gan.generate(10, seed=0, batch_size=3), gan.generate(10, seed=0, batch_size=10)
    )
    cold = gan.generate(200, seed=0, temperature=0.01)
    assert len(np.unique(cold, axis=0)) < len(np.unique(gan.generate(200, seed=0), axis=0))


def test_configurations():
    for one in (
        rewards.RollOuts(3, seed=1),
        rewards.PerToken(0.5, 0.9),
        rewards.Reweighted(0.5),
        rewards.WholeSequence(),
        Category(3, 4),
        Prompt(V, 8, 8),
    ):
        check_config_round_trip(one)
    for bad in (
        lambda: rewards.RollOuts(0),
        lambda: rewards.PerToken(2.0),
        lambda: rewards.WholeSequence(1.0),
        lambda: Prompt(V, 7, 8),
    ):
        with pytest.raises(ValueError, match="Received"):
            bad()
