"""The kinds of component, one abstract class a file: what a plugin implements and the core relies on."""

from nnzoo.component import Component
from nnzoo.kinds.activation import Activation
from nnzoo.kinds.arrays import Floats, Initialization, Integers, Shape
from nnzoo.kinds.dataset import DataCache, DataFile, Dataset, DatasetLoader, Split
from nnzoo.kinds.layer import Buffer, Layer, LayerMemory, LayerPlan, Parameter
from nnzoo.kinds.loss import Loss
from nnzoo.kinds.model import Model
from nnzoo.kinds.optimizer import Optimizer
from nnzoo.kinds.schedule import MetricSchedule, Schedule

KINDS: dict[str, type[Component]] = {
    base.kind: base for base in (Activation, Optimizer, Schedule, Loss, Layer, Model, DatasetLoader)
}

__all__ = [
    "KINDS",
    "Activation",
    "Buffer",
    "DataCache",
    "DataFile",
    "Dataset",
    "DatasetLoader",
    "Floats",
    "Initialization",
    "Integers",
    "Layer",
    "LayerMemory",
    "LayerPlan",
    "Loss",
    "MetricSchedule",
    "Model",
    "Optimizer",
    "Parameter",
    "Schedule",
    "Shape",
    "Split",
]
