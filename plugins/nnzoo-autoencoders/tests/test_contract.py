"""What each component owes to nnzoo, and that nnzoo finds it."""

from nnzoo import registry
from nnzoo.plugins.catalogue import KNOWN_PACKAGES
from nnzoo.testing import parametrize_with_checks

from nnzoo_autoencoders import (
    Autoencoder,
    Corrupt,
    Denoising,
    Reconstruction,
    SampleCode,
    Vae,
    nnzoo_figures,
    nnzoo_layers,
    nnzoo_models,
    nnzoo_tasks,
)

COMPONENTS = [
    Reconstruction(),
    Corrupt(),
    Corrupt(2.0),
    SampleCode(),
    SampleCode(0.01),
    Autoencoder(),
    Autoencoder(code=4, hidden=()),
    Denoising(),
    Vae(),
]


@parametrize_with_checks(COMPONENTS)
def test_conformance(check):
    check()


def test_names():
    found = {
        kind: tuple(component.name for component in hook())
        for kind, hook in (
            ("task", nnzoo_tasks),
            ("layer", nnzoo_layers),
            ("model", nnzoo_models),
            ("figure", nnzoo_figures),
        )
    }
    assert KNOWN_PACKAGES["nnzoo-autoencoders"] == found  # what nnzoo says where it is not installed
    for kind, names in found.items():
        for name in names:
            assert registry.provider(registry.build(kind, name)).distribution == "nnzoo-autoencoders"
