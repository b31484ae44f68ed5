"""A convolutional network of a few hundred parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, MinLen, doc
from nnzoo.api import Activation, Layer, Model, Shape
from nnzoo.builtin.layers import Activate, Dense

from nnzoo_conv.batchnorm import BatchNorm
from nnzoo_conv.conv2d import Conv2d
from nnzoo_conv.depthwise2d import Depthwise2d
from nnzoo_conv.global_average_pool import GlobalAveragePool
from nnzoo_conv.images import Channels, image_size
from nnzoo_conv.maxpool2d import MaxPool2d

POOLED = 4
"""Pixels from which on an image is halved."""


@dataclass(frozen=True)
class TinyConv(Model):
    """A convolutional network that makes do with a few hundred parameters.

    With f the activation, and a stage for each number of filters; the last one has no pooling::

        image → conv2d 3×3                     → batchnorm → f → maxpool2d
              → (depthwise2d 3×3 → conv2d 1×1) → batchnorm → f → maxpool2d → …
              → global-average-pool → dense

    All but the first convolution are separable: a window for each channel, then a mixture of channels at each pixel,
    which together take c (9 + f) weights in place of 9 c f. With ``separable=false`` they are ordinary ones. Images
    below 4 × 4 are not halved any more. With four stages, each pixel of the last one sees the whole of an image of
    28 × 28; with three it sees 18 × 18.

    References
    ----------
    Howard et al. (2017), "MobileNets: efficient convolutional neural networks for mobile vision applications",
    arXiv:1704.04861.
    """

    name: ClassVar[str] = "tiny-conv"

    filters: Annotated[tuple[Annotated[int, Ge(1)], ...], MinLen(1), doc("filters of each stage")] = (4, 6, 8, 10)
    separable: Annotated[bool, doc("whether all convolutions but the first are separable")] = True
    channels: Annotated[Channels, doc("the channel axis of images with three axes")] = "first"

    def depth(self) -> int:
        return len(self.filters)

    def layers(self, input_shape: Shape, outputs: int, activation: Activation) -> list[Layer]:
        _, *sides = image_size(self, input_shape, self.channels)
        start, shortest, layers = activation.initialization, min(sides), list[Layer]()
        for stage, filters in enumerate(self.filters):
            if stage == 0:
                layers.append(Conv2d(filters, 3, padding="same", initialization=start, channels=self.channels))
            elif self.separable:
                layers += [Depthwise2d(3, initialization=start), Conv2d(filters, 1, initialization=start)]
            else:
                layers.append(Conv2d(filters, 3, padding="same", initialization=start))
            layers += [BatchNorm(), Activate(activation)]
            if stage < len(self.filters) - 1 and shortest >= POOLED:
                layers.append(MaxPool2d(2))
                shortest //= 2
        return [*layers, GlobalAveragePool(), Dense(outputs)]
