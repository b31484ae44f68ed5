"""The two layers that draw random numbers: what they draw, and what they add to the loss."""

import numpy as np
import pytest
from nnzoo.api import Network, UsageError

from nnzoo_autoencoders import Corrupt, SampleCode


def test_noise_has_its_deviation_in_training_and_is_not_there_in_a_prediction():
    network = Network([Corrupt(0.3)], (50,))
    x = np.ones((400, 50), np.float32)
    noisy = network.forward(x, step=0).copy()
    assert noisy.mean() == pytest.approx(1, abs=0.01)
    assert noisy.std() == pytest.approx(0.3, rel=0.02)
    assert (network.forward(x, step=1) != noisy).any()
    np.testing.assert_array_equal(network.forward(x), x)


def test_codes_are_drawn_around_their_means_and_predicted_as_them():
    network = Network([SampleCode()], (4,), dtype=np.float64)
    mean, log_variance = [1.0, -2.0], [np.log(0.25), np.log(4.0)]
    x = np.tile([*mean, *log_variance], (20_000, 1))
    np.testing.assert_allclose(network.forward(x), x[:, :2])
    drawn = network.forward(x, step=0)
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=0.05)
    np.testing.assert_allclose(drawn.std(axis=0), [0.5, 2.0], rtol=0.03)


@pytest.mark.parametrize("step", [None, 3])
def test_the_divergence_is_that_of_two_normal_distributions(step):
    """By numerical integration, one number of the code at a time; it is the same in a prediction."""
    weight, x = 0.25, np.array([[0.5, -1.0, 0.3, -0.7], [0.0, 2.0, 0.0, 1.1]])
    network = Network([SampleCode(weight)], (4,), dtype=np.float64)
    network.forward(x, step=step)
    y, total = np.linspace(-30, 30, 200_001), 0.0
    for mean, s in zip(x[:, :2].ravel(), x[:, 2:].ravel(), strict=True):
        log_p = -0.5 * ((y - mean) ** 2 / np.exp(s) + s)
        log_q = -0.5 * y**2
        total += float(np.trapezoid(np.exp(log_p) * (log_p - log_q), y)) / np.sqrt(2 * np.pi)
    assert network.penalty == pytest.approx(weight * total / len(x), rel=1e-6)


def test_a_code_of_an_odd_number_of_values_is_refused():
    with pytest.raises(UsageError, match="even number"):
        SampleCode().plan((5,))
    with pytest.raises(UsageError, match="even number"):
        SampleCode().plan((4, 4))
