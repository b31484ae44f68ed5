"""Connected regions against a plain flood fill."""

import numpy as np
import pytest

from nnzoo.builtin.regions import connected_regions


def flooded(mask):
    numbers, count = np.zeros(mask.shape, int), 0
    for start in zip(*np.nonzero(mask), strict=True):
        if numbers[start]:
            continue
        count += 1
        waiting = [start]
        while waiting:
            y, x = waiting.pop()
            if 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1] and mask[y, x] and not numbers[y, x]:
                numbers[y, x] = count
                waiting += [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return numbers


@pytest.mark.parametrize("share", [0.1, 0.3, 0.4, 0.5, 0.8])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (7, 8), (30, 23)])
def test_regions_match_a_flood_fill(shape, share):
    rng = np.random.default_rng(0)
    for _ in range(20):
        mask = rng.random(shape) < share
        np.testing.assert_array_equal(connected_regions(mask), flooded(mask))


def test_a_spiral_is_one_region():
    mask = np.zeros((41, 41), bool)
    for ring in range(0, 20, 2):
        mask[ring, ring : 41 - ring] = mask[40 - ring, ring : 41 - ring] = True
        mask[ring : 41 - ring, ring] = mask[ring : 41 - ring, 40 - ring] = True
    assert connected_regions(mask).max() == 10
    mask[20, :] = True
    assert connected_regions(mask).max() == 1
