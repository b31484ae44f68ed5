"""The exporter `onnx`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import doc
from nnzoo.api import Exporter, TrainedNetwork


@dataclass(frozen=True)
class Onnx(Exporter):
    """An ONNX model, for ONNX Runtime and all else that computes the format.

    It takes raw data and answers in the data's own words and units. The first axis of every input and output is the
    number of samples, which is free. A table has an input for each column, with the column's name::

        numbers        float64, (batch, 1); NaN for a missing one
        texts          string, (batch, 1); the empty text for a missing one
        dates          int64, (batch, 1), seconds since 1970; −2⁶³ for a missing one, as in NumPy's datetime64[s]

    Anything else has one, ``input``::

        pixels         uint8, as samples of the data set are shaped: (batch, 28, 28)
        pictures       uint8, (batch, height, width, channels), in grey (1 channel) or in colours (3)
        numbers        float32, or float64 where they are preprocessed

    Outputs::

        probabilities  float32, of each class or label: (batch, 10)
        label          string, the most probable class: (batch)
        values         float64, predictions of a regression in the data's units: (batch, 1)

    Where pixels are multiplied and nothing else is done to them, ``input=float32`` makes a model that takes them
    multiplied already, and ``input=uint8`` one that takes them as they are. The scale is in the model's metadata, with
    the task, the names of classes and columns (as JSON), the test figures and the SHA-256 of the model file.

    It knows the layers and activations of nnzoo, nnzoo-activations and nnzoo-conv, and the
    preprocessors of nnzoo. Any other layer or activation may bring its operators along, as a function in its class::

        exports = {"onnx": function}
        function(graph, layer, inputs) -> str            of a layer: a `TrainedLayer`, and the names of its inputs
        function(graph, activation, z) -> str            of an activation: a `NamedComponent`, and the name of its input

    The function adds operators of ONNX 1.6 to ``graph``, an `OperatorGraph`, and returns the name of its result. The
    exporter does not look for ink in pictures, as nnzoo does for handwritten digits: these it takes as the data set has
    them. An ONNX model can't refuse a sample: where a value that is preprocessed is missing and nothing fills it, or is
    infinite, predictions are NaN, and the label is empty. Operators are those of ONNX 1.6 (opset 11, and opset 2 of
    ai.onnx.ml), which every runtime of today knows.

    References
    ----------
    ONNX operators, https://onnx.ai/onnx/operators/.
    """

    name: ClassVar[str] = "onnx"
    suffixes: ClassVar[tuple[str, ...]] = (".onnx",)
    preprocesses: ClassVar[bool] = True
    takes_graphs: ClassVar[bool] = True

    input: Annotated[
        Literal["raw", "float32", "uint8"],
        doc("input of the model: raw data, the input of the first layer, or pixels before scaling"),
    ] = "raw"

    def export(self, trained: TrainedNetwork) -> dict[str, bytes]:
        from nnzoo_onnx.model import build_model  # onnx takes a while to import

        return {".onnx": build_model(trained, self.input).SerializeToString(deterministic=True)}
