"""In the graph that TensorFlow runs, each read of a variable is before or after each write of it.

Its optimizer is free to leave out what else it wants to, but not that: with a read in between, a run
would not repeat on a loaded machine.
"""

import collections
import functools
import graphlib
import itertools

import keras
import pytest

import gankit
from benchmarks import tiny
from gankit import penalties
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


def frames(graph):
    """The loops that each node is in, from outside in."""
    found = {}

    def loops(name):
        node = graph[name]
        if node.op == "Enter":
            return (*found[inputs(node)[0]], node.attr["frame_name"].s)
        within = max((found[one] for one in forward_inputs(graph, name)), key=len, default=())
        return within[: -1 if node.op == "Exit" else None]

    for name in sorted_names(graph):
        found[name] = loops(name)
    return found


def forward_inputs(graph, name):
    return [one for one in inputs(graph[name]) if graph[one].op != "NextIteration"]


def sorted_names(graph):
    """Names of nodes, each after all that it needs within an iteration."""
    needs = {name: forward_inputs(graph, name) for name in graph}
    return list(graphlib.TopologicalSorter(needs).static_order())


def unordered(graph):
    """Pairs of uses of one variable, of which one writes and neither waits for the other.

    In the same iteration of the loops that both are in; all iterations of a loop that only one is in count.
    """
    within = frames(graph)

    @functools.cache
    def before(name, loops):
        """What a node waits for, from one iteration of these loops."""
        met, waiting = {name}, [name]
        while waiting:
            node = waiting.pop()
            for one in inputs(graph[node]):
                again = (
                    graph[one].op == "NextIteration" and within[one] == loops[: len(within[one])]
                )
                if one not in met and not again:
                    met.add(one)
                    waiting.append(one)
        return met

    def ordered(one, other):
        both = zip(within[one], within[other])
        loops = tuple(loop for loop, same in both if loop == same)
        return one in before(other, loops) or other in before(one, loops)

    def variable(name):
        while graph[name].op in PASSED_ON:
            name = inputs(graph[name])[0]
        return name

    uses = collections.defaultdict(list)
    for name, node in graph.items():
        if "VariableOp" in node.op or node.op.startswith("ResourceApply"):
            uses[variable(inputs(node)[0])].append(name)
    assert sum(map(len, uses.values())) > 0
    return [
        (one, other)
        for names in uses.values()
        for one, other in itertools.combinations(names, 2)
        if {graph[one].op, graph[other].op} != {"ReadVariableOp"} and not ordered(one, other)
    ]


def check(fit):
    games = [one for one in graphs(fit) if len(one) > 300]
    assert games
    for game in games:
        assert not unordered(game)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("steps", [1, 2])
def test_reads_are_ordered_with_writes(penalty, steps):
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
    check(lambda: gan.fit(data, epochs=1, steps_per_epoch=2, verbose=0))


@pytest.mark.parametrize("domain", tiny.GAMES)
def test_in_every_domain(domain):
    gan, data = tiny.make(domain)
    check(lambda: gan.fit(data, epochs=1, steps_per_epoch=2, verbose=0))
