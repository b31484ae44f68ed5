"""Defaults for tables follow the size and the noise of the data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nnzoo.nn.threads import blas_threads
from nnzoo.training.defaults import (
    TableDefaults,
    batches_and_epochs,
    fitted_ridge,
    steepness,
    table_defaults,
)

Array = NDArray[np.float32]


def noisy_plane(samples: int, noise: float, seed: int = 0, columns: int = 4) -> tuple[Array, Array]:
    """Standardised inputs, and targets of which ``noise`` is the share that can't be predicted."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((samples, columns))
    signal = x @ np.ones(columns) / np.sqrt(columns)
    y = np.sqrt(1 - noise) * signal + np.sqrt(noise) * rng.standard_normal(samples)
    return x.astype(np.float32), y.astype(np.float32)[:, None]


class TestSteps:
    def test_as_many_samples_as_mnist_get_its_batches_and_epochs(self) -> None:
        assert batches_and_epochs(60_000) == (128, 10)

    @pytest.mark.parametrize("samples", [60_000, 100_000, 10_000_000])
    def test_large_tables_keep_them(self, samples: int) -> None:
        assert batches_and_epochs(samples) == (128, 10)

    @given(st.integers(1, 200_000), st.integers(1, 200_000))
    def test_more_samples_never_make_batches_smaller(self, some: int, more: int) -> None:
        some, more = sorted((some, more))
        assert batches_and_epochs(some)[0] <= batches_and_epochs(more)[0]

    @given(st.integers(1, 200_000))
    def test_the_number_of_steps_is_neither_small_nor_large(self, samples: int) -> None:
        batch_size, epochs = batches_and_epochs(samples)
        steps = epochs * -(-samples // batch_size)
        assert 10 <= epochs <= 200
        assert steps >= min(4_000, 200 * samples / 8)
        assert steps <= max(5_200, 10 * samples / 128 + 10)


class TestRidge:
    @pytest.mark.parametrize("classes", [0, 3])
    def test_leaving_each_row_out_in_turn_finds_the_same(self, classes: int) -> None:
        rng = np.random.default_rng(3)
        x = rng.standard_normal((12, 3)).astype(np.float32)
        y = rng.integers(0, 3, 12) if classes else (x[:, :1] + rng.standard_normal((12, 1))).astype(np.float32)
        wanted = np.eye(3)[y] if classes else y.astype(np.float64)
        rows = np.concatenate([x / np.sqrt(3), np.full((12, 1), 0.5)], axis=1).astype(np.float64)
        lengths = np.linalg.norm(rows, axis=1)
        angle = np.arccos(np.clip(rows @ rows.T / np.outer(lengths, lengths), -1, 1))
        kernel = np.outer(lengths, lengths) * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / np.pi
        free = kernel + 1e6  # with a constant that no ridge holds back, the mean is free

        def left_out(ridge: float) -> float:
            errors = 0.0
            for row in range(12):
                others = np.delete(np.arange(12), row)
                weights = np.linalg.solve(free[np.ix_(others, others)] + ridge * np.eye(11), wanted[others])
                errors += float(((free[row, others] @ weights - wanted[row]) ** 2).sum())
            return errors

        ridge, norm = fitted_ridge(x, y)
        assert ridge == min((2.0**power for power in range(-12, 11)), key=left_out)
        weights = np.linalg.solve(free + ridge * np.eye(12), wanted)
        assert norm == pytest.approx(np.sqrt((weights * (kernel @ weights)).sum()), rel=1e-3)

    def test_noisier_targets_have_a_stronger_ridge(self) -> None:
        ridges = [fitted_ridge(*noisy_plane(300, noise))[0] for noise in (0.01, 0.1, 0.5, 0.9)]
        assert ridges == sorted(ridges)
        assert ridges[-1] > 10 * ridges[0]

    def test_a_curve_has_a_larger_norm_than_a_plane(self) -> None:
        x, plane = noisy_plane(300, 0.0)
        curve = np.sin(3 * x[:, :1])
        assert fitted_ridge(x, curve)[1] > 3 * fitted_ridge(x, plane)[1]

    def test_labels_that_depend_on_nothing_have_the_strongest(self) -> None:
        rng = np.random.default_rng(0)
        x = rng.standard_normal((300, 3)).astype(np.float32)
        assert fitted_ridge(x, rng.integers(0, 3, 300))[0] >= 64

    def test_targets_that_do_not_vary_leave_nothing_to_fit(self) -> None:
        x, _ = noisy_plane(50, 0.0)
        assert fitted_ridge(x, np.zeros((50, 1), np.float32))[1] == 0
        assert fitted_ridge(x, np.zeros(50, np.intp))[1] == 0


class TestRates:
    def test_noisier_targets_make_the_decay_stronger(self) -> None:
        rng = np.random.default_rng(0)
        x = rng.standard_normal((300, 3)).astype(np.float32)
        curve, noise = np.sin(2 * x[:, :1]), rng.standard_normal((300, 1))
        decays = [table_defaults(x, curve + share * noise).decay for share in (0.03, 0.1, 0.3, 1, 3)]
        assert decays == sorted(decays)
        assert decays[-1] > 3 * decays[0]

    def test_more_samples_make_the_decay_weaker(self) -> None:
        decays = [table_defaults(*noisy_plane(samples, 0.5)).decay for samples in (50, 400, 3_000, 20_000)]
        assert decays == sorted(decays, reverse=True)

    def test_an_outlier_makes_the_rate_smaller(self) -> None:
        x, y = noisy_plane(100, 0.1)
        plain = table_defaults(x, y)
        x[7] *= 30
        assert table_defaults(x, y).rate < plain.rate / 2

    def test_columns_that_say_the_same_make_the_rate_smaller(self) -> None:
        x, y = noisy_plane(400, 0.1, columns=50)
        same = np.repeat(x[:, :1], 50, axis=1)
        assert table_defaults(same, y).rate < table_defaults(x, y).rate

    @given(st.integers(2, 60), st.integers(1, 30), st.integers(1, 16), st.integers(0, 99))
    def test_steepness_bounds_the_second_moments_of_a_batch(self, n: int, d: int, batch: int, seed: int) -> None:
        x = (np.random.default_rng(seed).standard_normal((n, d)) ** 3).astype(np.float32)
        moments = np.linalg.norm(x.astype(np.float64).T @ x / n, 2)
        bound = steepness(x, batch)
        assert bound >= moments * (1 - 1e-5)
        assert bound >= (x**2).sum(axis=1).max() / batch

    def test_an_optimizer_whose_steps_do_not_grow_keeps_its_rate(self) -> None:
        defaults = TableDefaults(epochs=10, batch_size=8, rate=0.25, decay=40.0)
        assert defaults.rates(3.0, 3e-4) == (0.75, 0.012)
        rate, decay = defaults.rates(0.01, 0.1, gradient_scaled=False)
        assert rate == 0.01
        assert decay == 1.0  # by 40 · ¼, as 0.75 · 0.012 is to 3 · 3e-4

    def test_a_more_curved_loss_has_the_same_weight_decay(self) -> None:
        defaults = TableDefaults(epochs=10, batch_size=8, rate=0.25, decay=40.0)
        assert defaults.rates(3 / 20, 20 * 3e-4, curvature=20)[1] == defaults.rates(3.0, 3e-4)[1]

    def test_a_loss_that_is_a_mean_over_values_has_a_weaker_one(self) -> None:
        x, y = noisy_plane(200, 0.5)
        one, five = table_defaults(x, y), table_defaults(x, np.repeat(y, 5, axis=1))
        assert five.decay == pytest.approx(one.decay / 5 * 5**0.25)  # the norm of five equal functions is √5 as large


class TestOddTables:
    """Whatever the table, the defaults can be trained with."""

    @given(
        st.integers(1, 30),
        st.integers(1, 40),
        st.integers(0, 4),
        st.integers(0, 99),
        st.sampled_from(["normal", "constant", "same rows"]),
    )
    def test_the_defaults_are_finite(self, n: int, d: int, classes: int, seed: int, sort: str) -> None:
        rng = np.random.default_rng(seed)
        x = rng.standard_normal((n, d)).astype(np.float32)
        if sort == "constant":
            x[:] = 0
        elif sort == "same rows":
            x[:] = x[0]
        y = rng.integers(0, classes, n) if classes else rng.standard_normal((n, 2)).astype(np.float32)
        defaults = table_defaults(x, y)
        assert 0 < defaults.rate <= 1
        assert 0 < defaults.decay < np.inf
        for gradient_scaled in (True, False):
            usual = (3.0, 3e-4, 1.0) if classes else (0.3, 3e-3, 10.0)
            rate, decay = defaults.rates(*usual[:2], curvature=usual[2], gradient_scaled=gradient_scaled)
            assert 0 < rate * decay <= 1  # no step turns the weights' signs

    def test_a_class_of_one_sample_is_fine(self) -> None:
        x, _ = noisy_plane(20, 0.0)
        assert 0 < table_defaults(x, np.arange(20)).decay < np.inf

    def test_arrays_are_not_changed(self) -> None:
        x, y = noisy_plane(600, 0.3)
        copies = x.copy(), y.copy()
        table_defaults(x, y)
        np.testing.assert_array_equal(x, copies[0])
        np.testing.assert_array_equal(y, copies[1])

    def test_threads_change_nothing(self) -> None:
        x, y = noisy_plane(600, 0.3, columns=30)
        with blas_threads(1):
            one = table_defaults(x, y)
        with blas_threads(2):
            assert table_defaults(x, y) == one
