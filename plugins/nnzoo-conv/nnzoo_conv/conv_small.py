"""A plain convolutional network, for images and for signals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, MinLen, doc
from nnzoo.api import Activation, Layer, Model, Shape
from nnzoo.builtin.layers import Activate, Dense

from nnzoo_conv.batchnorm import BatchNorm
from nnzoo_conv.conv2d import Conv2d
from nnzoo_conv.flatten import Flatten
from nnzoo_conv.images import Channels, image_layers


@dataclass(frozen=True)
class ConvSmall(Model):
    """Successive convolutions that halve the image, and one fully connected layer.

    With f the activation, and a convolution of stride 2 for each number of filters::

        sample → (conv2d → batchnorm → f) … → flatten → dense

    Samples are images, or signals, of shape (w,): these, and images of one row, have windows of one row. With three
    convolutions of 25 filters it is the network of the MNIST-1D paper, but for its batch normalization and padding.

    References
    ----------
    Greydanus & Kobak (2024), "Scaling down deep learning with MNIST-1D", ICML, arXiv:2011.14439.
    """

    name: ClassVar[str] = "conv-small"

    filters: Annotated[tuple[Annotated[int, Ge(1)], ...], MinLen(1), doc("filters of each convolution")] = (25, 25, 25)
    kernel_size: Annotated[int, Ge(1), doc("width of each window, and its height unless that is one row")] = 5
    batchnorm: Annotated[bool, doc("whether to normalize before each activation")] = True
    channels: Annotated[Channels, doc("the channel axis of images with three axes")] = "first"

    def depth(self) -> int:
        return len(self.filters)

    def layers(self, input_shape: Shape, outputs: int, activation: Activation) -> list[Layer]:
        layers, channels, height = image_layers(self, input_shape, self.channels)
        for filters in self.filters:
            layers.append(
                Conv2d(
                    *(filters, self.kernel_size, 2, "same", activation.initialization, channels), kernel_height=height
                )
            )
            layers += [BatchNorm(), Activate(activation)] if self.batchnorm else [Activate(activation)]
            channels = "first"
        return [*layers, Flatten(), Dense(outputs)]
