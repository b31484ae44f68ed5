"""Transforms for nnzoo: of pictures (moved, mirrored, turned, bent, cut), of any samples (mixed), and of tables."""

from __future__ import annotations

from nnzoo.api import Transform, hookimpl

from nnzoo_augment.columns import MaskColumns
from nnzoo_augment.cut import CutMix, Cutout
from nnzoo_augment.elastic import Elastic
from nnzoo_augment.flip import Flip
from nnzoo_augment.mix import LabelSmoothing, Mixup
from nnzoo_augment.shift import Shift
from nnzoo_augment.turn import Rotate, Scale

__all__ = ["CutMix", "Cutout", "Elastic", "Flip", "LabelSmoothing", "MaskColumns", "Mixup", "Rotate", "Scale", "Shift"]


@hookimpl
def nnzoo_transforms() -> list[type[Transform]]:
    return [Shift, Flip, Rotate, Scale, Elastic, Cutout, Mixup, CutMix, LabelSmoothing, MaskColumns]
