"""The exporter `onnx`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import doc
from nnzoo.api import Exporter, TrainedNetwork


@dataclass(frozen=True)
class Onnx(Exporter):
    """An ONNX model, for ONNX Runtime and all else that computes the format.

    It has one input and one output; the number of samples, the first axis of both, is free::

        input          as samples of the data set are shaped: (batch, 28, 28)
        probabilities  of each class: (batch, 10); in regression it is called `outputs`

    As in nnzoo, floating-point inputs are used as they are, so pixels must be scaled by whoever gives them. With
    ``input=uint8`` the model takes pixels from 0 to 255 and scales them itself. The scale is in the model's metadata,
    with the class names (as JSON), the test accuracy and the SHA-256 of the model file.

    It knows the layers and activations of nnzoo, nnzoo-activations and nnzoo-conv. Operators are those of ONNX 1.4
    (opset 9), which every runtime of today knows.

    References
    ----------
    ONNX operators, https://onnx.ai/onnx/operators/.
    """

    name: ClassVar[str] = "onnx"
    suffixes: ClassVar[tuple[str, ...]] = (".onnx",)

    input: Annotated[Literal["float32", "uint8"], doc("type of the input: scaled numbers, or pixels")] = "float32"

    def export(self, trained: TrainedNetwork) -> dict[str, bytes]:
        from nnzoo_onnx.model import build_model  # onnx takes a while to import

        model = build_model(trained, pixels=self.input == "uint8")
        return {".onnx": model.SerializeToString(deterministic=True)}
