"""RelGAN's recurrent cell."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="gankit")
class RelationalMemory(layers.Layer):
    """A recurrent cell whose state is a few vectors that attend to each other and to the input.

    Santoro et al. (2018), https://arxiv.org/abs/1806.01822, equations 1 to 6, as the generator of
    RelGAN, Nie et al. (2019): M' = attention(M, [M; x]), a perceptron, each with a residual and a
    normalisation, and gates as an LSTM's.

    Args:
        units: in all, `slots` x size of a slot.
        slots: how many vectors.
        heads: of the attention.

    Example:

    ```python
    from gankit import text

    model = text.Recurrent(vocabulary=100, length=12, units=8, cell="relational")  # is built of it
    ```
    """

    def __init__(self, units, slots=1, heads=2, **kwargs):
        super().__init__(**kwargs)
        if units % (slots * heads):
            raise ValueError(
                f"`units` must be a multiple of slots x heads, {slots * heads}. Received: {units}"
            )
        self.units, self.slots, self.heads = units, slots, heads
        self.size = units // slots
        self.state_size = units  # `keras.layers.RNN` asks for it
        policy = {"dtype": self.dtype_policy}
        self.read_in = layers.Dense(self.size, **policy)
        self.attention = layers.MultiHeadAttention(heads, self.size // heads, **policy)
        self.norms = [layers.LayerNormalization(**policy) for _ in range(2)]
        self.perceptron = [
            layers.Dense(self.size, activation="relu", **policy),
            layers.Dense(self.size, **policy),
        ]
        self.of_input, self.of_memory = (layers.Dense(2 * self.size, **policy) for _ in range(2))

    def build(self, input_shape):
        slot = (None, None, self.size)
        self.read_in.build(input_shape)
        self.attention.build(slot, slot)
        for layer in (*self.norms, *self.perceptron, self.of_memory):
            layer.build(slot)
        self.of_input.build((None, self.size))

    def get_initial_state(self, batch_size):
        """The first slots are unit vectors."""
        eye = ops.reshape(ops.eye(self.slots, self.size, dtype=self.compute_dtype), (1, self.units))
        return [ops.tile(eye, (batch_size, 1))]

    def call(self, inputs, states, training=False):
        memory = ops.reshape(states[0], (-1, self.slots, self.size))
        x = self.read_in(inputs)
        seen = ops.concatenate([memory, x[:, None]], axis=1)
        proposal = self.norms[0](memory + self.attention(memory, seen))
        inner = self.perceptron[1](self.perceptron[0](proposal))
        proposal = self.norms[1](proposal + inner)
        gates = self.of_input(x)[:, None] + self.of_memory(ops.tanh(memory))
        keep, write = ops.split(gates, 2, axis=-1)
        memory = ops.sigmoid(keep + 1.0) * memory + ops.sigmoid(write) * ops.tanh(proposal)
        memory = ops.reshape(memory, (-1, self.units))
        return memory, [memory]

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "slots": self.slots,
            "heads": self.heads,
        }
