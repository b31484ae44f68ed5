"""Write a table of invented used cars: numbers, texts, dates, missing cells, and a price that depends on them.

Run ``python examples/used_cars.py cars.csv``, then ``nnzoo train --dataset cars.csv``.
"""

from __future__ import annotations

import csv
import sys
from datetime import date, timedelta

import numpy as np

BRANDS = {"Auster": 14_000, "Birke": 21_000, "Corvid": 32_000, "Drossel": 9_000}
FUELS = {"petrol": 0, "diesel": 800, "electric": 4_500}


def cars(count: int, seed: int = 0) -> list[dict[str, object]]:
    """The rows of the table; about one cell in twenty-five is empty, but never the price."""
    rng, today = np.random.default_rng(seed), date(2025, 6, 30)
    rows = []
    for _ in range(count):
        brand, fuel = rng.choice(list(BRANDS)), rng.choice(list(FUELS), p=[0.5, 0.35, 0.15])
        days, kilometres = int(rng.integers(30, 4_000)), float(rng.gamma(3, 25_000))
        price = (BRANDS[brand] + FUELS[fuel]) * 0.87 ** (days / 365) * np.exp(-kilometres / 400_000)
        row = {
            "brand": brand,
            "fuel": fuel,
            "registered": (today - timedelta(days)).isoformat(),
            "kilometres": round(kilometres),
            "accident": rng.choice(["yes", "no"], p=[0.1, 0.9]),
        }
        price *= 0.7 if row["accident"] == "yes" else 1
        row = {name: "" if rng.random() < 0.04 else value for name, value in row.items()}
        rows.append({**row, "price": round(price * rng.lognormal(0, 0.05))})
    return rows


if __name__ == "__main__":
    table = cars(600)
    with open(sys.argv[1], "w", newline="", encoding="utf-8") as file:  # noqa: PTH123 (plain Python reads best here)
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
