"""A residual network for small images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, MinLen, doc
from nnzoo.api import Activation, Graph, GraphModel, Problem, UsageError
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.merging import Add

from nnzoo_conv.batchnorm import BatchNorm
from nnzoo_conv.conv2d import Conv2d
from nnzoo_conv.global_average_pool import GlobalAveragePool
from nnzoo_conv.images import Channels, image_layers


@dataclass(frozen=True)
class ResnetSmall(GraphModel):
    """A residual network for small images: stages of blocks, each added to its skip connection.

    With f the activation, and a stage for each number of filters, of which all but the first halve the image::

        image → conv2d 3×3 → batchnorm → f → blocks … → global-average-pool → dense

        block:  x → conv2d 3×3 → batchnorm → f → conv2d 3×3 → batchnorm ─┐
                └───────────── (conv2d 1×1 → batchnorm) ──────────────── + → f

    The way around a block has a convolution only where the block changes the image's size or its channels. Samples are
    images of any size, or signals, of shape (w,): these, and images of one row, have windows of one row.

    References
    ----------
    He, Zhang, Ren & Sun (2016), "Deep residual learning for image recognition", CVPR, arXiv:1512.03385, section 4.2.
    """

    name: ClassVar[str] = "resnet-small"

    filters: Annotated[tuple[Annotated[int, Ge(1)], ...], MinLen(1), doc("filters of each stage")] = (16, 32, 64)
    blocks: Annotated[int, Ge(1), doc("residual blocks in each stage")] = 1
    stride: Annotated[int, Ge(1), doc("stride of the first convolution: 2 halves the image immediately")] = 1
    channels: Annotated[Channels, doc("the channel axis of images with three axes")] = "first"

    def depth(self) -> int:
        return 1 + self.blocks  # normalized, and with ways around: a stage more takes no smaller steps

    def graph(self, problem: Problem, activation: Activation) -> Graph:
        if problem.inputs:
            names = ", ".join(map(str, problem.inputs))
            raise UsageError(f"{self.label} takes one input, not {names}", hint="train on one of them alone")
        start, f = activation.initialization, Activate(activation)
        reshaping, channels, height = image_layers(self, problem.input_shape, self.channels)
        graph, width = Graph(), self.filters[0]
        x = graph.add(
            *reshaping, Conv2d(width, 3, self.stride, "same", start, channels, kernel_height=height), BatchNorm(), f
        )
        for stage, filters in enumerate(self.filters):
            for block in range(self.blocks):
                stride = 2 if stage and not block else 1
                branch = graph.add(
                    *(Conv2d(filters, 3, stride, "same", start, kernel_height=height), BatchNorm(), f),
                    *(Conv2d(filters, 3, 1, "same", start, kernel_height=height), BatchNorm()),
                    after=x,
                )
                around = x
                if stride > 1 or filters != width:
                    around = graph.add(Conv2d(filters, 1, stride, "same", start), BatchNorm(), after=x)
                x, width = graph.add(Add(), f, after=(around, branch)), filters
        graph.add(GlobalAveragePool(), Dense(problem.logits))
        return graph
