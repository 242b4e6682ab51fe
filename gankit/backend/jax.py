"""The primitives on JAX: pure functions made of stateful ones.

Keras code assigns to variables; JAX differentiates pure functions. Each primitive runs the stateful
function inside a `Ledger`, which records the assignments instead of doing them, and posts them
afterwards to whatever encloses the call: an outer ledger, or the variables themselves.
"""

import jax
import keras

from gankit.backend import jax_devices

adam = None  # XLA makes one kernel of Keras's
batch_normalization = None  # Keras's is used
grouped_convolution = None  # Keras's is right


def train_step(model, state, data):
    """Keras's JAX trainer calls `train_step(state, data) -> (logs, state)` inside `jax.jit`.

    `state` lists the trainable, non-trainable, optimizer and metric variables' values.
    """
    groups = (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )
    with Ledger(
        (variable, value)
        for variables, values in zip(groups, state)
        for variable, value in zip(variables, values)
    ) as ledger:
        logs = model.update(jax_devices.split(model, data))
        state = tuple([ledger.get_current_value(v) for v in variables] for variables in groups)
    return logs, jax_devices.copied(model, state)


def minimise(loss_fn, variables, optimizer):
    """One optimizer step on `loss_fn() -> (loss, aux)`. Returns (loss, aux, gradients)."""
    written = []

    def pure(values):
        with Ledger(zip(variables, values)) as ledger:
            loss, aux = loss_fn()
        return loss, (aux, ledger.close(written))

    differentiate = jax.value_and_grad(pure, has_aux=True)
    (loss, (aux, entries)), gradients = differentiate([v.value for v in variables])
    _post(written, entries)
    optimizer.apply(gradients, variables)
    return loss, aux, gradients


def value_and_input_gradient(f, x):
    """`f(x) -> (value, aux)` becomes `((value, aux), gradient of value by x)`.

    `x` and its gradient may be any structure. The gradient is differentiable again by whatever
    encloses the call.
    """
    written = []

    def pure(x):
        with Ledger() as ledger:
            value, aux = f(x)
        return value, (aux, ledger.close(written))

    (value, (aux, entries)), gradient = jax.value_and_grad(pure, has_aux=True)(x)
    _post(written, entries)
    return (value, aux), gradient


def vjp(f, variables):
    """`f() -> (outputs, aux)` becomes `((outputs, aux), pullback)`.

    `pullback(cotangents)` gives the gradient by `variables`; `cotangents` has the structure of
    `outputs`. `f` runs once.
    """
    written = []

    def pure(values):
        with Ledger(zip(variables, values)) as ledger:
            outputs, aux = f()
        return outputs, (aux, ledger.close(written))

    outputs, pull, (aux, entries) = jax.vjp(pure, [v.value for v in variables], has_aux=True)
    _post(written, entries)
    return (outputs, aux), lambda cotangents: pull(cotangents)[0]


def scan(move, carry, xs):
    """The carry after every step of `carry = move(carry, x)` over the first axis of `xs`, stacked."""

    def both(carry, x):
        carry = move(carry, x)
        return carry, carry

    return jax.lax.scan(both, carry, xs)[1]


def at_once(f, variables):
    """`f()`, which reads these variables and assigns any, as one program: operation by operation, each
    would be compiled by itself."""
    written = []

    def pure(values):
        with Ledger(zip(variables, values)) as ledger:
            found = f()
        return found, ledger.close(written)

    found, entries = jax.jit(pure)([v.value for v in variables])
    _post(written, entries)
    return found


def compiled(function):
    """The function as it is: what assigns variables outside a step is run operation by operation."""
    return function


def abandon(model):
    """Forgets a `fit` that ended in an error: the next one compiles its step anew, from the
    model's variables, not from the copies that the trainer held."""
    model.train_function = None
    model._jax_state = None


def on_accelerator():
    """Whether this backend computes on something else than the CPU."""
    return jax.default_backend() != "cpu"


def deterministic():
    """XLA on a CPU is bit-reproducible as it is."""


class Ledger(keras.StatelessScope):
    """A stateless scope that sees what the enclosing one sees and remembers who was assigned."""

    def __init__(self, values=()):
        super().__init__()
        self._values = {id(variable): value for variable, value in values}
        self._written = {}

    def __enter__(self):
        super().__enter__()
        enclosing = self.original_scope.state_mapping if self.original_scope else {}
        self.state_mapping = {**enclosing, **self._values}
        return self

    def add_update(self, update):
        variable, _ = update
        self._written[id(variable)] = variable
        super().add_update(update)

    def close(self, written):
        """Lists the assigned variables in `written` and returns their new values."""
        written[:] = self._written.values()
        return [self.get_current_value(variable) for variable in written]


def _post(variables, values):
    for variable, value in zip(variables, values):
        variable.assign(value)
