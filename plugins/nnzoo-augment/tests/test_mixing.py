"""Transforms that mix or soften what is learnt, and those that hide inputs."""

import numpy as np
import pytest

from nnzoo_augment import CutMix, LabelSmoothing, MaskColumns, Mixup


def one_hot(n):
    """A class for each sample, so that shares tell who was mixed with whom."""
    return np.eye(n)


def test_mixup_mixes_inputs_and_targets_alike(changed):
    x = np.random.default_rng(0).random((30, 4, 5))
    batch = changed(Mixup(1.0), x, one_hot(30))
    np.testing.assert_allclose(batch.inputs, np.tensordot(batch.targets, x, axes=1), atol=1e-12)
    assert ((batch.targets > 0).sum(axis=1) <= 2).all()
    assert (batch.targets.argmax(axis=1) == np.arange(30)).all()
    partners = np.where(batch.targets.max(axis=1) < 1, (batch.targets - np.eye(30)).argmax(axis=1), np.arange(30))
    assert sorted(partners) == list(range(30))  # a permutation


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_the_shares_of_mixup_are_those_of_the_beta_distribution(alpha, changed):
    n = 2000
    batch = changed(Mixup(alpha), np.arange(n, dtype=float)[:, None], np.arange(n, dtype=float)[:, None] ** 2)
    # x = s i + (1 − s) j and t = s i² + (1 − s) j² give j = (t − i x) / (x − i), and so s.
    i, x, t = np.arange(n), batch.inputs[:, 0], batch.targets[:, 0]
    mixed = np.abs(x - i) > 1e-3
    j = (t - i * x)[mixed] / (x - i)[mixed]
    shares = np.ones(n)
    shares[mixed] = (x[mixed] - j) / (i[mixed] - j)
    drawn = np.random.default_rng(9).beta(alpha, alpha, 100_000)
    expected = np.maximum(drawn, 1 - drawn)
    for quantile in (0.1, 0.5, 0.9):
        assert np.quantile(shares, quantile) == pytest.approx(np.quantile(expected, quantile), abs=0.03)


@pytest.mark.parametrize("transform", [Mixup(1.0), CutMix()], ids=str)
def test_weights_are_mixed_along_and_each_target_counts_by_its_own(transform, changed):
    rng = np.random.default_rng(0)
    x, weights = rng.random((12, 6, 6)), rng.uniform(0.2, 3, 12)
    weights[:3] = 0
    plain = changed(transform, x, one_hot(12)).targets  # the shares, by the same generator
    batch = changed(transform, x, one_hot(12), weights)
    np.testing.assert_allclose(batch.weights, plain @ weights, atol=1e-12)
    # A weighted cross-entropy of what was mixed is the mixture of both samples' weighted cross-entropies.
    log_p = np.log(rng.dirichlet(np.ones(12), 12))
    np.testing.assert_allclose(
        batch.weights * -(batch.targets * log_p).sum(axis=1), -(plain * weights * log_p).sum(axis=1), atol=1e-12
    )
    np.testing.assert_allclose(batch.targets.sum(axis=1), 1)
    assert np.isfinite(batch.targets).all()


def test_samples_of_several_positions_are_mixed_as_a_whole(changed):
    x = np.random.default_rng(0).random((10, 3))
    targets = np.repeat(one_hot(10), 4, axis=0)  # four positions, each with the sample's own class
    weights = np.tile([1.0, 2, 0, 1], 10)
    batch = changed(Mixup(1.0), x, targets, weights, positions=(4,))
    rows = batch.targets.reshape(10, 4, 10)
    np.testing.assert_allclose(rows, rows[:, :1].repeat(4, axis=1), atol=1e-12)
    np.testing.assert_allclose(batch.inputs, rows[:, 0] @ x, atol=1e-12)
    np.testing.assert_allclose(batch.weights, weights)


@pytest.mark.parametrize("alpha", [0.3, 1.0])
def test_the_shares_of_cutmix_are_areas(alpha, changed):
    values = np.arange(1.0, 41)
    pictures = np.broadcast_to(values[:, None, None, None], (40, 3, 7, 9))  # each of one colour
    batch = changed(CutMix(alpha), pictures, one_hot(40))
    assert np.isin(batch.inputs, values).all()
    for picture, shares in zip(batch.inputs, batch.targets, strict=True):
        assert (picture == picture[:1]).all()
        for value, share in zip(values, shares, strict=True):
            assert (picture[0] == value).mean() == pytest.approx(share, abs=1e-12)
    assert ((batch.targets > 0).sum(axis=1) == 2).sum() > 10


def test_the_boxes_of_cutmix_hold_the_partner_at_the_same_place(changed):
    pictures = np.random.default_rng(0).random((30, 8, 8))
    batch = changed(CutMix(), pictures, one_hot(30))
    for own, (picture, shares) in enumerate(zip(batch.inputs, batch.targets, strict=True)):
        others = [n for n in np.flatnonzero(shares) if n != own]
        other = pictures[others[0] if others else own]
        foreign = picture != pictures[own]
        np.testing.assert_array_equal(picture[foreign], other[foreign])
        rows, columns = foreign.any(axis=1), foreign.any(axis=0)
        assert (foreign == rows[:, None] & columns).all()


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_share_of_each_label_is_spread_over_all_classes(share, changed):
    targets = changed(LabelSmoothing(share), np.zeros((6, 2)), np.eye(4)[[0, 1, 2, 3, 0, 1]]).targets
    np.testing.assert_allclose(targets.max(axis=1), 1 - share + share / 4)
    np.testing.assert_allclose(targets.min(axis=1), share / 4)
    np.testing.assert_allclose(targets.mean(axis=1), 1 / 4)


def test_masked_inputs_are_0_and_as_many_as_was_asked_for(changed):
    before = np.random.default_rng(0).uniform(1, 2, (2000, 8))
    after = changed(MaskColumns(0.25), before).inputs
    assert (after == 0).mean(axis=0) == pytest.approx(np.full(8, 0.25), abs=0.04)
    np.testing.assert_array_equal(after[after > 0], before[after > 0])
    per_row = (after == 0).sum(axis=1)
    assert per_row.var() == pytest.approx(8 * 0.25 * 0.75, rel=0.1)  # each by itself
