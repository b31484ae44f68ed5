"""The trained networks that come along; `nnzoo zoo verify` holds them against their cards."""

import numpy as np
from nnzoo import list_models, load_model

NAMES = ["mnist-autoencoder.plane", "mnist-denoiser.small", "mnist-vae.plane"]


def test_they_are_found_by_their_task():
    assert sorted(found.name for found in list_models(task="reconstruction")) == NAMES
    assert all(found.card.figures[0].value < 0.3 for found in list_models(task="reconstruction"))


def test_a_denoiser_gives_back_a_stroke_without_the_noise():
    rng = np.random.default_rng(0)
    clean = np.zeros((1, 28, 28), np.uint8)
    clean[0, 5:23, 13:16] = 255  # a 1
    noisy = np.clip(clean + 100 * rng.standard_normal(clean.shape), 0, 255).astype(np.uint8)
    given = load_model("mnist-denoiser").predict(noisy).reshape(28, 28)
    assert np.abs(given - clean[0] / 255).mean() < 0.5 * np.abs(noisy[0] / 255 - clean[0] / 255).mean()
