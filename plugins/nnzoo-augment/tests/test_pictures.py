"""Transforms that move pixels, against NumPy's own."""

import itertools

import numpy as np
import pytest

from nnzoo_augment import Cutout, Elastic, Flip, Rotate, Scale, Shift
from nnzoo_augment.elastic import gaussian
from nnzoo_augment.resampling import affine, plan_resampling, resample
from nnzoo_augment.turn import turning


def moved(picture, down, right):
    """By whole pixels, with 0 coming in."""
    height, width = picture.shape[-2:]
    room = np.pad(picture, [(0, 0)] * (picture.ndim - 2) + [(height, height), (width, width)])
    return room[..., height - down : 2 * height - down, width - right : 2 * width - right]


def smooth(n=4, size=32):
    """Pictures that change slowly, and are 0 near their edges."""
    rng = np.random.default_rng(0)
    row, column = np.mgrid[:size, :size]
    spots = [
        np.exp(-((row - r) ** 2 + (column - c) ** 2) / (2 * 2.5**2)) for r, c in rng.uniform(10, size - 11, (n, 2))
    ]
    return np.stack(spots)[:, None]


@pytest.fixture
def mapped(workspace_of):
    """Pictures, each pixel looking where a matrix says."""

    def apply(images, matrices):
        images = images.copy()
        affine(images, np.asarray(matrices), workspace_of(plan_resampling(images.shape[1:]), len(images), images.dtype))
        return images

    return apply


# --- flip ------------------------------------------------------------------------------------------------------------


def test_a_flip_mirrors_its_share_of_pictures_and_leaves_the_others(changed):
    before = np.random.default_rng(0).random((2000, 2, 3, 4))
    after = changed(Flip(0.3), before).inputs
    mirrored = (after == before[..., ::-1]).all(axis=(1, 2, 3))
    assert (mirrored | (after == before).all(axis=(1, 2, 3))).all()
    assert mirrored.mean() == pytest.approx(0.3, abs=0.04)


# --- shift -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [0, 1], ids=["one channel", "three channels"])
def test_a_shift_is_by_whole_pixels_and_zeros_come_in(kind, changed, pictures):
    before = pictures[kind]
    after = changed(Shift(2), before).inputs
    seen = set()
    for picture, found in zip(before, after, strict=True):
        moves = [move for move in itertools.product(range(-2, 3), repeat=2) if (moved(picture, *move) == found).all()]
        assert len(moves) == 1
        seen |= {*moves}
    assert len(seen) > 20  # of 25


def test_all_shifts_are_equally_likely(changed):
    dots = np.zeros((5000, 5, 5))
    dots[:, 2, 2] = 1
    heat = changed(Shift(1), dots).inputs.mean(axis=0)
    assert heat.sum() == pytest.approx(1)
    np.testing.assert_allclose(heat[1:4, 1:4], 1 / 9, atol=0.02)


# --- rotate and scale ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [6, 7])
@pytest.mark.parametrize("quarters", [1, 2, 3, -1])
def test_a_quarter_turn_is_that_of_numpy(quarters, size, mapped):
    images = np.random.default_rng(0).random((3, 2, size, size))
    turned = mapped(images, turning(np.full(3, quarters * np.pi / 2)))
    np.testing.assert_allclose(turned, np.rot90(images, quarters, axes=(2, 3)), atol=1e-12)


def test_half_a_turn_of_a_picture_that_is_not_square(mapped, pictures):
    turned = mapped(pictures[1], turning(np.full(80, np.pi)))
    np.testing.assert_allclose(turned, pictures[1][:, :, ::-1, ::-1], atol=1e-12)


@pytest.mark.parametrize("degrees", [5, 30, 77])
def test_a_turn_and_the_turn_back_leave_a_smooth_picture(degrees, mapped):
    images, angle = smooth(), np.full(4, np.deg2rad(degrees))
    there = mapped(images, turning(angle))
    assert np.abs(there - images).max() > 0.05
    np.testing.assert_allclose(mapped(there, turning(-angle)), images, atol=0.1)


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_a_scale_and_its_inverse_leave_a_smooth_picture(factor, mapped):
    images = smooth()
    there = mapped(images, [np.eye(2) / factor] * 4)
    assert there.sum() == pytest.approx(images.sum() * factor**2, rel=0.02)
    np.testing.assert_allclose(mapped(there, [np.eye(2) * factor] * 4), images, atol=0.1)


def test_twice_as_large_is_every_pixel_between_its_neighbours(mapped):
    images = np.random.default_rng(0).random((1, 1, 5, 5))
    found = mapped(images, [np.eye(2) / 2])[0, 0]
    np.testing.assert_allclose(found[::2, ::2], images[0, 0, 1:4, 1:4])
    np.testing.assert_allclose(found[1, 1], images[0, 0, 1:3, 1:3].mean())


def test_what_comes_in_is_0(mapped):
    found = mapped(np.ones((1, 1, 9, 9)), [np.eye(2) * 3])[0, 0]
    assert found[4, 4] == 1
    assert found.sum() == pytest.approx(9)
    assert not found[:3].any()


def test_nothing_changes_where_each_pixel_looks_at_itself(mapped, pictures):
    np.testing.assert_array_equal(mapped(pictures[1], [np.eye(2)] * 80), pictures[1])


def test_angles_lie_within_what_was_asked_for(changed):
    line = np.zeros((300, 21, 21))
    line[:, 10, 10:] = 1
    turned = changed(Rotate(45), line).inputs
    rows, columns = np.mgrid[10:-11:-1, -10:11]
    angles = np.rad2deg(np.arctan2((turned * rows).sum(axis=(1, 2)), (turned * columns).sum(axis=(1, 2))))
    assert -46 < angles.min() < -43
    assert 43 < angles.max() < 46
    assert abs(angles.mean()) < 6


def test_factors_lie_within_what_was_asked_for(changed):
    cone = np.hypot(*np.mgrid[-12:13, -12:13])[None].repeat(300, axis=0)
    factors = cone[0, 12, 14] / changed(Scale(0.5, 2), cone).inputs[:, 12, 14]
    assert 0.5 <= factors.min() < 0.51
    assert 1.95 < factors.max() <= 2
    assert np.log(factors).mean() == pytest.approx(0, abs=0.1)


# --- elastic ---------------------------------------------------------------------------------------------------------


def test_resampling_is_linear_between_four_pixels(workspace_of):
    images = np.random.default_rng(0).random((2, 3, 6, 8))
    workspace = workspace_of(plan_resampling((3, 6, 8)), 2)
    places = np.random.default_rng(1).uniform(-2, 9, (2, 2, 6, 8))
    workspace["rows"][...], workspace["columns"][...] = places
    before = np.pad(images, [(0, 0), (0, 0), (4, 4), (4, 4)])
    resample(images, workspace)
    for n, k, i, j in np.ndindex(images.shape):
        row, column = places[:, n, i, j]
        top, left = int(np.floor(row)), int(np.floor(column))
        f, g = row - top, column - left
        (a, b), (c, d) = before[n, k, top + 4 : top + 6, left + 4 : left + 6]
        expected = (1 - f) * ((1 - g) * a + g * b) + f * ((1 - g) * c + g * d)
        assert images[n, k, i, j] == pytest.approx(expected, abs=1e-12)


def test_a_gaussian_smooths_as_a_sum_over_neighbours():
    matrix, squares = gaussian(40, 2.0)
    bell = np.exp(-0.5 * (np.arange(-20, 21) / 2.0) ** 2)
    bell /= bell.sum()
    x = np.random.default_rng(0).random(40)
    np.testing.assert_allclose(matrix @ x, np.convolve(x, bell)[20:60], atol=1e-12)
    assert squares == pytest.approx((bell**2).sum())


@pytest.mark.parametrize("sigma", [1.0, 3.0])
def test_pixels_move_as_far_as_was_asked_for(sigma, changed):
    """On a ramp, what a pixel changes by is how far it has moved."""
    ramp = np.broadcast_to(np.arange(40.0) + 100, (300, 40, 40))
    moves = (changed(Elastic(1.5, sigma), ramp).inputs - ramp)[:, 14:26, 14:26]
    assert moves.std() == pytest.approx(1.5, rel=0.1)
    assert moves.mean() == pytest.approx(0, abs=0.1)
    neighbours = np.corrcoef(moves[:, :, 1:].ravel(), moves[:, :, :-1].ravel())[0, 1]
    assert neighbours == pytest.approx(np.exp(-1 / (4 * sigma**2)), abs=0.03)


# --- cutout ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [1, 2, 3])
@pytest.mark.parametrize("kind", [0, 1], ids=["one channel", "three channels"])
def test_a_square_is_cut_out_and_nothing_else(kind, side, changed, pictures):
    before = pictures[kind]
    after = changed(Cutout(side), before).inputs
    gone = after == 0
    np.testing.assert_array_equal(after[~gone], before[~gone])
    gone = gone.reshape(80, -1, 7, 9)
    assert (gone == gone[:, :1]).all()
    sizes = gone[:, 0].sum(axis=(1, 2))
    assert sizes.max() == side**2
    for plane in gone[:, 0]:
        rows, columns = plane.any(axis=1), plane.any(axis=0)
        assert (plane == rows[:, None] & columns).all()
        assert 1 <= rows.sum() <= side


def test_middles_are_drawn_uniformly(changed):
    gone = changed(Cutout(1), np.ones((6300, 7, 9))).inputs == 0
    np.testing.assert_allclose(gone.mean(axis=0), 1 / 63, atol=0.008)
