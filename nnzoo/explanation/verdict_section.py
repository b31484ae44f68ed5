"""What the finite differences say, all in all."""

from __future__ import annotations

from nnzoo.explanation.differences import ALL_UP_TO, LARGEST
from nnzoo.explanation.section import Section
from nnzoo.explanation.steps import Walk


def verdict_section(walk: Walk) -> Section:
    """The last section: how many gradients were checked, and where to look if some are wrong."""
    agreement, culprit = walk.agreement(), walk.culprit()
    notes = [
        f"{agreement.confirmed:,} of {agreement.checked:,} gradients are confirmed by finite differences"
        + (f", {agreement.kinks:,} at a kink" if agreement.kinks else "")
        + (f", {agreement.not_confirmed:,} NOT CONFIRMED" if agreement.not_confirmed else "")
        + f". Largest relative difference: {agreement.largest_difference:.1e}."
    ]
    if any(len(gradient.entries) < gradient.values.size for _, _, gradient in walk.checked()):
        notes.append(
            f"Of an array with more than {ALL_UP_TO} values, {2 * LARGEST} were checked: "
            f"the {LARGEST} with the largest gradients, and {LARGEST} others."
        )
    if agreement.kinks:
        notes.append(
            "At a kink, such as ReLU's at 0 or a maximum of two equal values, the loss has one slope to the left and "
            "another to the right: there is no derivative that a finite difference could confirm."
        )
    if culprit is not None:
        notes.append(
            f"The first wrong gradient comes from the {culprit.label}: what its backward pass computes is not the "
            "derivative of its forward pass. All gradients further back are computed from this one, and wrong, too."
        )
    return Section(
        part="Checked",
        title="finite differences",
        equation=("∂L/∂θ ≈ (L(θ + h) − L(θ − h)) / 2h        with h = 10⁻⁵, one θ at a time, in float64",),
        notes=tuple(notes),
    )
