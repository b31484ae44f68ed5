"""The kinds of component, one abstract class a file: what a plugin implements and the core relies on."""

from nnzoo.component import Component
from nnzoo.kinds.activation import Activation
from nnzoo.kinds.arrays import Floats, Initialization, Integers, Shape
from nnzoo.kinds.dataset import DataCache, DataFile, Dataset, DatasetLoader, Split, load_checked
from nnzoo.kinds.exporter import Exporter, NamedComponent, TrainedLayer, TrainedNetwork
from nnzoo.kinds.layer import Buffer, Layer, LayerMemory, LayerPlan, Parameter
from nnzoo.kinds.loss import Loss
from nnzoo.kinds.model import Model
from nnzoo.kinds.optimizer import Optimizer
from nnzoo.kinds.schedule import MetricSchedule, Schedule
from nnzoo.kinds.zoo_model import ZooModel

KINDS: dict[str, type[Component]] = {
    base.kind: base for base in (Activation, Optimizer, Schedule, Loss, Layer, Model, DatasetLoader, Exporter)
}

__all__ = [
    "KINDS",
    "Activation",
    "Buffer",
    "DataCache",
    "DataFile",
    "Dataset",
    "DatasetLoader",
    "Exporter",
    "Floats",
    "Initialization",
    "Integers",
    "Layer",
    "LayerMemory",
    "LayerPlan",
    "Loss",
    "MetricSchedule",
    "Model",
    "NamedComponent",
    "Optimizer",
    "Parameter",
    "Schedule",
    "Shape",
    "Split",
    "TrainedLayer",
    "TrainedNetwork",
    "ZooModel",
    "load_checked",
]
