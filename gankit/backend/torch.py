"""The primitives on PyTorch: autograd."""

import torch
from keras import ops, tree

adam = None  # no public kernel takes one
batch_normalization = None  # Keras's is used
grouped_convolution = None  # Keras's is right


def train_step(model, data):
    """Keras's PyTorch trainer calls `train_step(data)`; from `train_on_batch` with NumPy arrays."""

    def to_tensor(leaf):
        return leaf if leaf is None else ops.convert_to_tensor(leaf)

    return model.update(tree.map_structure(to_tensor, data))


def minimise(loss_fn, variables, optimizer):
    """One optimizer step on `loss_fn() -> (loss, aux)`. Returns (loss, aux, gradients)."""
    with torch.enable_grad():
        loss, aux = loss_fn()
        gradients = torch.autograd.grad(loss, [v.value for v in variables], allow_unused=True)
    with torch.no_grad():
        optimizer.apply(list(gradients), variables)
    return loss.detach(), _detach(aux), gradients


def value_and_input_gradient(f, x):
    """`f(x) -> (value, aux)` becomes `((value, aux), gradient of value by x)`.

    `x` and its gradient may be any structure. The gradient is differentiable again by whatever
    encloses the call.
    """
    with torch.enable_grad():
        flat = [leaf.detach().requires_grad_() for leaf in tree.flatten(x)]
        value, aux = f(tree.pack_sequence_as(x, flat))
        gradient = torch.autograd.grad(
            value, flat, create_graph=True, allow_unused=True, materialize_grads=True
        )
    return (value, aux), tree.pack_sequence_as(x, gradient)


def vjp(f, variables):
    """`f() -> (outputs, aux)` becomes `((outputs, aux), pullback)`.

    `pullback(cotangents)` gives the gradient by `variables`; `cotangents` has the structure of
    `outputs`. `f` runs once.
    """
    with torch.enable_grad():
        outputs, aux = f()

    def pullback(cotangents):
        connected = [
            (output, cotangent)
            for output, cotangent in zip(tree.flatten(outputs), tree.flatten(cotangents))
            if output.requires_grad
        ]
        return torch.autograd.grad(
            [output for output, _ in connected],
            [v.value for v in variables],
            grad_outputs=[cotangent.detach() for _, cotangent in connected],
            allow_unused=True,
        )

    return (outputs, aux), pullback


def scan(move, carry, xs):
    """The carry after every step of `carry = move(carry, x)` over the first axis of `xs`, stacked."""
    carries = []
    for i in range(len(tree.flatten(xs)[0])):
        carry = move(carry, tree.map_structure(lambda leaf: leaf[i], xs))  # noqa: B023
        carries.append(carry)
    return tree.map_structure(lambda *leaves: torch.stack(leaves), *carries)


def at_once(f, variables):
    """`f()`, operation by operation: to call it once, that is the quickest."""
    return f()


def compiled(function):
    """The function as it is: what assigns variables outside a step is run operation by operation."""
    return function


def abandon(model):
    """Forgets a `fit` that ended in an error: the next one compiles its step anew."""
    model.train_function = None


def on_accelerator():
    """Whether this backend computes on something else than the CPU."""
    return torch.cuda.is_available() or torch.backends.mps.is_available()


def deterministic():
    """Makes every PyTorch operation bit-reproducible."""
    torch.use_deterministic_algorithms(True)


def _detach(structure):
    return tree.map_structure(
        lambda leaf: leaf.detach() if torch.is_tensor(leaf) else leaf, structure
    )
