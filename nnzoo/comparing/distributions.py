"""Student's t distribution, in closed form for whole degrees of freedom."""

from __future__ import annotations

import math


def t_within(t: float, freedom: int) -> float:
    """The probability that -t ≤ T ≤ t, for T of Student's distribution.

    With θ = atan(t/√ν) it is, for odd ν, 2/π (θ + sin θ (cos θ + 2/3 cos³θ + …)), and for even ν
    sin θ (1 + 1/2 cos²θ + (1·3)/(2·4) cos⁴θ + …), up to the power ν - 2.

    >>> round(t_within(2.570582, 5), 6), round(t_within(2.306004, 8), 6), t_within(math.inf, 3)
    (0.95, 0.95, 1.0)

    References
    ----------
    Abramowitz & Stegun (1964), "Handbook of Mathematical Functions", 26.7.3 and 26.7.4.
    """
    if math.isinf(t):
        return 1.0
    angle = math.atan2(t, math.sqrt(freedom))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    odd = freedom % 2
    term = math.cos(angle) if odd else 1.0
    total = term if freedom > 1 else 0.0
    for power in range(2 + odd, freedom - 1, 2):
        term *= square * (power - 1) / power
        total += term
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


def t_quantile(level: float, freedom: int) -> float:
    """The t within which Student's distribution has so much of its mass, on both sides of 0.

    >>> round(t_quantile(0.95, 1), 4), round(t_quantile(0.95, 7), 4), round(t_quantile(0.99, 30), 4)
    (12.7062, 2.3646, 2.75)
    """
    low, high = 0.0, 1.0
    while t_within(high, freedom) < level:
        low, high = high, 2 * high
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if t_within(middle, freedom) < level else (low, middle)
    return high
