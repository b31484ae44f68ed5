"""LeNet-5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import doc
from nnzoo.api import Activation, Layer, Model, Shape, UsageError
from nnzoo.builtin.layers import Activate, Dense

from nnzoo_conv.batchnorm import BatchNorm
from nnzoo_conv.conv2d import Conv2d
from nnzoo_conv.flatten import Flatten
from nnzoo_conv.images import Channels, image_size
from nnzoo_conv.maxpool2d import MaxPool2d
from nnzoo_conv.windows import Padding

SMALLEST = 4
"""Pixels: the two poolings leave one."""

UNPADDED = 12
"""Pixels from which on the second convolution, without padding, leaves something to pool."""


@dataclass(frozen=True)
class Lenet5(Model):
    """LeNet-5 in its modern form: two convolutions, each with max pooling, then three fully connected layers.

    For MNIST, with 61,706 parameters, and f the activation::

        1×28×28 → conv2d 6 filters of 5×5, padded by 2 → 6×28×28  → maxpool2d 2 → 6×14×14 → f
                → conv2d 16 filters of 5×5             → 16×10×10 → maxpool2d 2 → 16×5×5  → f
                → flatten → 400 → dense 120 → f → dense 84 → f → dense 10

    With ``batchnorm`` there is a batch normalization before each f. The network then learns in fewer steps, and with
    the sigmoid, too, which is lost without. Images may have any size from 4×4 pixels, and any number of channels; below
    12×12 the second convolution is padded, or it would leave nothing to pool. The maximum comes before f, which thus
    has a quarter of the work; where f never falls, as with relu and the sigmoid, the order makes no difference.

    The original of 1998 has averages with trained factors in place of maxima, connects each filter of the second
    convolution to some channels only, and ends in radial basis functions.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), "Gradient-based learning applied to document recognition", Proceedings of
    the IEEE 86(11).
    """

    name: ClassVar[str] = "lenet5"

    batchnorm: Annotated[bool, doc("whether to normalize before each activation")] = False
    channels: Annotated[Channels, doc("the channel axis of images with three axes")] = "first"

    def depth(self) -> int:
        return 4

    def layers(self, input_shape: Shape, outputs: int, activation: Activation) -> list[Layer]:
        _, height, width = image_size(self, input_shape, self.channels)
        if min(height, width) < SMALLEST:
            raise UsageError(
                f"{self.label} takes images of {SMALLEST} × {SMALLEST} pixels or more, not of {height} × {width}",
                hint=f"samples have the shape {input_shape}; if their channels come last, write lenet5:channels=last",
            )
        start = activation.initialization
        padding: Padding = "valid" if min(height, width) >= UNPADDED else "same"
        activate: list[Layer] = [BatchNorm()] if self.batchnorm else []
        activate.append(Activate(activation))
        return [
            Conv2d(6, 5, padding=2, initialization=start, channels=self.channels),
            MaxPool2d(2),
            *activate,
            Conv2d(16, 5, padding=padding, initialization=start),
            MaxPool2d(2),
            *activate,
            Flatten(),
            Dense(120, start),
            *activate,
            Dense(84, start),
            *activate,
            Dense(outputs),
        ]
