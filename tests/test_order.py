"""In the graph that TensorFlow runs, each read of a variable is before or after each write of it.

Its optimizer is free to leave out what else it wants to, but not that: with a read in between, a run
would not repeat on a loaded machine.
"""

import collections
import itertools

import keras
import pytest

import gankit
from gankit import backend, penalties
from tests.helpers import mlp, some_points

pytestmark = pytest.mark.tensorflow_only

PASSED_ON = {"Enter", "Exit", "Switch", "Merge", "Identity", "NextIteration"}
PENALTIES = [penalties.GradientPenalty, penalties.DRAGAN]


def graphs(run):
    """What TensorFlow makes of the functions that are first called in `run`: {name: node} of each."""
    from tensorflow.python.eager import context

    context.context().enable_graph_collection()
    run()
    made = context.context().export_run_metadata().function_graphs
    context.context().disable_graph_collection()
    for one in made:
        yield {node.name: node for node in one.post_optimization_graph.node}


def inputs(node):
    return [name.lstrip("^").split(":")[0] for name in node.input]


def unordered(graph):
    """Pairs of uses of one variable, of which one writes and neither waits for the other."""
    before = {}  # names of all that a node waits for, within an iteration

    def visit(name):
        waiting = [name]
        while waiting:
            name = waiting[-1]
            needed = [one for one in inputs(graph[name]) if graph[one].op != "NextIteration"]
            missing = [one for one in needed if one not in before]
            if name in before or not missing:
                waiting.pop()
                before[name] = set(needed).union(*(before[one] for one in needed))
            waiting += missing

    def variable(name):
        while graph[name].op in PASSED_ON:
            name = inputs(graph[name])[0]
        return name

    uses = collections.defaultdict(list)
    for name, node in graph.items():
        visit(name)
        if "VariableOp" in node.op or node.op.startswith("ResourceApply"):
            uses[variable(inputs(node)[0])].append(name)
    assert sum(map(len, uses.values())) > 0
    return [
        (one, other)
        for names in uses.values()
        for one, other in itertools.combinations(names, 2)
        if {graph[one].op, graph[other].op} != {"ReadVariableOp"}
        and one not in before[other]
        and other not in before[one]
    ]


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("steps", [1, 2])
def test_reads_are_ordered_with_writes(penalty, steps):
    backend.deterministic()
    gan = gankit.GAN(mlp(2, 2), mlp(2, 1), seed=3)
    gan.compile(
        keras.optimizers.SGD(0.05, momentum=0.9),
        keras.optimizers.Adam(0.001),
        loss="relativistic_pairing",
        penalties=[penalties.R1(0.1), penalty(0.1, seed=1)],
        ema=0.99,
        steps_per_execution=steps,
    )
    data = gankit.files.Dataset.from_arrays(some_points(64), batch_size=8, seed=0)
    fit = lambda: gan.fit(data, epochs=1, steps_per_epoch=2, verbose=0)  # noqa: E731
    games = [one for one in graphs(fit) if len(one) > 300]
    assert games
    for game in games:
        assert not unordered(game)
