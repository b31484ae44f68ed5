"""All that a plugin imports, in one place.

    from nnzoo.api import Activation, hookimpl

What is named here is nnzoo's promise to plugins; everything else may change. A plugin may also import another
plugin's components, the built-in ones included: ``from nnzoo.builtin.layers import Dense``.
"""

from nnzoo.component import Component
from nnzoo.datafiles.idx import load_idx, parse_idx, unpack_gzip
from nnzoo.errors import (
    DownloadError,
    FileFormatError,
    HyperparameterError,
    NnzooError,
    StorageError,
    UsageError,
)
from nnzoo.kinds import (
    Activation,
    Buffer,
    DataCache,
    DataFile,
    Dataset,
    DatasetLoader,
    Exporter,
    Floats,
    Initialization,
    Layer,
    LayerMemory,
    LayerPlan,
    Loss,
    MetricSchedule,
    Model,
    NamedComponent,
    Optimizer,
    Parameter,
    Schedule,
    Shape,
    Split,
    TrainedLayer,
    TrainedNetwork,
    ZooModel,
)
from nnzoo.plugins.hookspecs import hookimpl

__all__ = [
    "Activation",
    "Buffer",
    "Component",
    "DataCache",
    "DataFile",
    "Dataset",
    "DatasetLoader",
    "DownloadError",
    "Exporter",
    "FileFormatError",
    "Floats",
    "HyperparameterError",
    "Initialization",
    "Layer",
    "LayerMemory",
    "LayerPlan",
    "Loss",
    "MetricSchedule",
    "Model",
    "NamedComponent",
    "NnzooError",
    "Optimizer",
    "Parameter",
    "Schedule",
    "Shape",
    "Split",
    "StorageError",
    "TrainedLayer",
    "TrainedNetwork",
    "UsageError",
    "ZooModel",
    "hookimpl",
    "load_idx",
    "parse_idx",
    "unpack_gzip",
]
