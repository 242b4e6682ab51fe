"""The train steps of the games as XLA compiles them, with nothing left on the host."""

import keras
import numpy as np
import pytest

from gankit import files
from gankit.text import conditions, networks, rewards
from gankit.text.model import GumbelGAN, PolicyGAN
from tests.text.models import L, V, language_model, tokens

pytestmark = pytest.mark.tensorflow_only


def by_roll_outs():
    judge = networks.cnn_discriminator(V, L, 4, {1: 2, 2: 2})
    return PolicyGAN(language_model("lstm"), judge, rewards.RollOuts(2, seed=0, baseline=0.9))


def by_token():
    judge = networks.recurrent_discriminator(V, L, 4, 4)
    return PolicyGAN(language_model("transformer"), judge, rewards.PerToken())


def by_weights():
    judge = networks.cnn_discriminator(V, L, 4, {1: 2})
    return PolicyGAN(language_model("gru"), judge, rewards.Reweighted())


def by_softened_tokens():
    judge = networks.relgan_discriminator(V, L, 4, 2, {2: 2})
    return GumbelGAN(language_model("relational"), judge)


def of_categories():
    judge = networks.cnn_discriminator(V, L, 4, {1: 2}, given=networks.told_category(3))
    generator = language_model("lstm", conditions.Category(3, 4))
    return PolicyGAN(generator, judge, rewards.RollOuts(2, seed=0))


def of_prompts():
    judge = networks.recurrent_discriminator(V, L, 4, 4, given=networks.told_prompt(L))
    generator = language_model("gru", conditions.Prompt(V, 4, 8))
    return PolicyGAN(generator, judge, rewards.PerToken(0.9))


TOLD = {of_categories: np.arange(32) % 3, of_prompts: tokens(32, seed=1)}
GAMES = [by_roll_outs, by_token, by_weights, by_softened_tokens, *TOLD]


@pytest.mark.parametrize("make", GAMES)
def test_the_step_is_traced_once_and_compiles(make):
    gan = make()
    gan.compile(jit_compile=True)
    traces, update = [], gan.update
    gan.update = lambda batch: traces.append(None) or update(batch)
    data = files.Dataset.from_arrays(tokens(32), TOLD.get(make), batch_size=16)
    logs = gan.fit(data, epochs=2, verbose=0).history
    assert len(traces) == 1
    assert np.isfinite(logs["g_loss"]).all()
    assert int(keras.ops.convert_to_numpy(gan.optimizer.iterations)) == 4


@pytest.mark.parametrize("make", [by_roll_outs, by_softened_tokens])
def test_the_step_holds_no_host_operation(make):
    import tensorflow as tf

    gan = make()
    gan.compile()
    gan.prepare((tokens(16),))
    step = tf.function(gan.train_step).get_concrete_function((tf.TensorSpec((16, L), tf.int32),))
    graph = step.graph.as_graph_def()
    names = {node.op for node in graph.node}
    names |= {node.op for function in graph.library.function for node in function.node_def}
    assert "MatMul" in names
    assert not names & {"PyFunc", "EagerPyFunc", "PyFuncStateless"}
