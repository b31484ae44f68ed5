"""ONNX for nnzoo: the exporter `onnx`."""

from __future__ import annotations

from nnzoo.api import Exporter, hookimpl

from nnzoo_onnx.exporter import Onnx

__all__ = ["Onnx"]


@hookimpl
def nnzoo_exporters() -> list[type[Exporter]]:
    return [Onnx]
