import keras
import numpy as np
import pytest

import gankit
from gankit import points
from gankit.points.metrics import remarks
from tests.helpers import check_config_round_trip, numpy

# --- data -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "k", "sigma"), [(points.ring, 8, 0.01), (points.grid, 25, 0.05)])
def test_mixtures(make, k, sigma):
    data = make(n=20_000, seed=3)
    assert data.samples.shape == (20_000, 2)
    assert len(data.modes) == k
    distance = np.linalg.norm(data.samples[:, None] - data.modes, axis=-1).min(axis=1)
    assert np.sqrt(np.mean(distance**2) / 2) == pytest.approx(sigma, rel=0.03)
    counts = np.bincount(
        np.linalg.norm(data.samples[:, None] - data.modes, axis=-1).argmin(axis=1), minlength=k
    )
    assert abs(counts - 20_000 / k).max() < 5 * np.sqrt(20_000 / k)
    np.testing.assert_array_equal(make(n=100, seed=3).samples, make(n=100, seed=3).samples)
    assert np.any(make(n=100, seed=3).samples != make(n=100, seed=4).samples)
    assert np.any(data.samples[:100] != data.validation[:100])


def test_ring_and_grid_stand_where_pacgan_put_them():
    np.testing.assert_allclose(np.linalg.norm(points.ring(10).modes, axis=1), 1.0)
    assert {tuple(mode) for mode in points.grid(25).modes} == {
        (x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)
    }


def test_standardisation():
    x = np.array([[0.0, 10.0], [2.0, 30.0]])
    preparation = points.Standardisation.fit(x)
    np.testing.assert_allclose(preparation(x), [[-6, -6], [6, 6]])
    np.testing.assert_allclose(preparation.inverse(preparation(x)), x)
    again = check_config_round_trip(preparation)
    np.testing.assert_allclose(again(x), preparation(x))
    with pytest.raises(ValueError, match="Column 1 has the same value everywhere"):
        points.Standardisation.fit([[1.0, 2.0], [1.0, 3.0]])


def test_own_table(tmp_path):
    x = np.random.default_rng(0).standard_normal((100, 2)) * [1, 50] + [3, 4]
    np.savetxt(tmp_path / "mine.csv", x, delimiter=",", header="a,b")
    data = points.load(str(tmp_path / "mine.csv"), seed=1)
    assert (len(data.samples), len(data.validation)) == (90, 10)
    assert data.modes is None
    together = np.concatenate([data.samples, data.validation])
    np.testing.assert_allclose(np.sort(together[:, 0]), np.sort(x[:, 0]), rtol=1e-5)
    np.testing.assert_allclose(data.preparation(data.samples).std(axis=0), 6, rtol=1e-5)


@pytest.mark.parametrize(
    ("columns", "rows", "message"),
    [
        (1, 50, "two columns, x and y. Received: 1"),
        (3, 50, "Received: 3"),
        (2, 5, "too few points"),
    ],
)
def test_unsuitable_tables(tmp_path, columns, rows, message):
    np.save(tmp_path / "t.npy", np.random.default_rng(0).standard_normal((rows, columns)))
    with pytest.raises(ValueError, match=message) as caught:
        points.load(str(tmp_path / "t.npy"))
    assert "t.npy" in str(caught.value)


def test_unknown_spec():
    with pytest.raises(ValueError, match=r"Known: grid, ring, or the path.*Received: 'rings'"):
        points.load("rings")


def test_dataset():
    data = points.ring(n=1000)
    batch = next(iter(data.dataset(batch_size=50, seed=1)))
    assert batch.shape == (50, 2)
    first = next(iter(data.dataset(batch_size=50, split="validation")))
    np.testing.assert_allclose(first, data.preparation(data.validation[:50]))


# --- networks ---------------------------------------------------------------------------------


def test_networks():
    generator = points.generator(latent_dim=3, units=5, depth=2)
    assert generator.input_shape == (None, 3)
    assert generator.output_shape == (None, 2)
    assert generator.count_params() == (3 * 5 + 5) + (5 * 5 + 5) + (5 * 2 + 2)
    judge = points.discriminator(packing=4, units=5, depth=1)
    assert numpy(judge(np.zeros((8, 2), "float32"))).shape == (2, 1)
    for network in (generator, judge):
        again = type(network).from_config(network.get_config())
        assert again.count_params() == network.count_params()


# --- metrics ----------------------------------------------------------------------------------

MODES = [[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]]


def coverage(samples, sigma=1.0, **arguments):
    metric = points.ModeCoverage(MODES, sigma, **arguments)
    metric.update(None, np.array(samples))
    return metric.result()


def test_mode_coverage_by_hand():
    """Two samples at mode 0, one at mode 1, one in no man's land."""
    result = coverage([[0.0, 1.0], [0.0, -1.0], [12.0, 0.0], [5.0, 5.0]])
    assert result["modes"] == 2
    assert result["high_quality"] == 0.75
    entropy = -(2 / 3 * np.log(2 / 3) + 1 / 3 * np.log(1 / 3))
    assert result["reverse_kl"] == pytest.approx(np.log(4) - entropy)
    # Root mean square distance per axis: sqrt(1 / 2) at mode 0, sqrt(4 / 2) at mode 1.
    assert result["sigma_ratio_min"] == pytest.approx(np.sqrt(1 / 2))
    assert result["sigma_ratio_max"] == pytest.approx(np.sqrt(4 / 2))
    assert result["sigma_ratio"] == pytest.approx((np.sqrt(1 / 2) + np.sqrt(2)) / 2)


def test_three_sigma_is_the_border():
    assert coverage([[3.0, 0.0]])["high_quality"] == 1.0
    assert coverage([[3.001, 0.0]])["high_quality"] == 0.0


def test_nothing_found():
    result = coverage([[50.0, 50.0]])
    assert (result["modes"], result["high_quality"], result["sigma_ratio"]) == (0, 0, 0)
    assert result["reverse_kl"] == pytest.approx(np.log(4))


def test_true_distribution_scores_as_it_should():
    data = points.grid(n=100_000)
    metric = points.ModeCoverage(data.modes, data.sigma)
    for chunk in np.split(data.samples, 10):
        metric.update(None, chunk)
    result = metric.result()
    assert result["modes"] == 25
    assert result["high_quality"] == pytest.approx(1 - np.exp(-4.5), abs=0.002)  # 0.9889
    assert result["reverse_kl"] < 24 / 2e5 * 4
    cut = np.sqrt(1 - 4.5 * np.exp(-4.5) / (1 - np.exp(-4.5)))  # 0.974, tails cut at 3 sigma
    assert result["sigma_ratio"] == pytest.approx(cut, abs=0.01)


def test_streaming_is_the_whole():
    samples = np.random.default_rng(0).normal(0, 5, (1000, 2))
    metric = points.ModeCoverage(MODES, 1.0)
    for chunk in np.array_split(samples, 7):
        metric.update(None, chunk)
    assert metric.result() == pytest.approx(coverage(samples))
    metric.reset()
    metric.update(None, samples)
    assert metric.result() == pytest.approx(coverage(samples))


def test_samples_are_brought_back_to_the_modes_units():
    preparation = points.Standardisation([1.0, 1.0], [2.0, 2.0])
    raw = np.array([[0.0, 0.5], [10.0, 9.5]])
    assert coverage(preparation(raw), preparation=preparation) == pytest.approx(coverage(raw))


def test_mode_coverage_config():
    metric = points.ModeCoverage(MODES, 1.0, points.Standardisation([0, 0], [1, 1]), of="real")
    check_config_round_trip(metric)
    with pytest.raises(ValueError, match="Received: sigma=0"):
        points.ModeCoverage(MODES, 0)


def test_remarks_are_honest():
    def table(prefix, value):
        return {f"{prefix}high_quality": {"value": value}}

    controls = {**table("real_against_real/", 0.98), **table("maximum_likelihood/", 0.97)}
    (twin,) = remarks(table("", 0.95), controls)
    assert "maximum-likelihood twin has the better high_quality" in twin
    (symptom,) = remarks(table("", 0.999), controls)
    assert "a symptom" in symptom
    assert remarks(table("", 0.975), controls) == []


def test_evaluate_carries_controls_and_protocols():
    data = points.ring(n=2000)
    gan = gankit.GAN(points.generator(units=8), points.discriminator(units=8))
    gan.compile()
    metrics, controls, sentences = points.evaluate(gan, data, n=150)
    assert controls["real_against_real/modes"]["value"] == 8
    assert controls["maximum_likelihood/high_quality"]["value"] > 0.9
    assert "8 modes, sigma 0.01" in metrics["modes"]["protocol"]
    assert metrics["modes"]["n"] == 150
    assert any("maximum-likelihood twin" in one for one in sentences)


# --- samples ----------------------------------------------------------------------------------


def test_plot_and_table(tmp_path):
    samples = np.random.default_rng(0).standard_normal((300, 2))
    table, picture = points.save(samples, tmp_path / "deep" / "mine", real=samples[:50])
    np.testing.assert_allclose(np.loadtxt(table, delimiter=",", skiprows=1), samples, rtol=1e-4)
    drawn = points.draw(samples, picture)
    assert drawn.dtype == np.uint8
    assert drawn.shape[2] == 3
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) > 20  # colours of densities
    assert picture.stat().st_size > 5000


def test_plot_of_identical_points(tmp_path):
    points.draw(np.zeros((5, 2)), tmp_path / "same.png")
    assert (tmp_path / "same.png").is_file()


# --- the tf.function --------------------------------------------------------------------------


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("jit_compile", [False, True])
def test_train_step_traces_once_and_compiles(jit_compile):
    data = points.ring(n=500)
    gan = gankit.GAN(points.generator(units=8), points.discriminator(units=8, packing=2))
    gan.compile(
        loss="relativistic_pairing",
        penalties=[gankit.penalties.R1(1.0)],
        jit_compile=jit_compile,
        steps_per_execution=5,
    )
    traces, update = [], gan.update
    gan.update = lambda batch: traces.append(None) or update(batch)
    gan.fit(data.dataset(50), epochs=2, verbose=0)
    assert len(traces) == 1
    assert int(keras.ops.convert_to_numpy(gan.optimizer.iterations)) == 20
