"""The kinds of component, one abstract class per file: plugins implement them, and the core relies on nothing else."""

from nnzoo.component import Component
from nnzoo.kinds.activation import Activation
from nnzoo.kinds.arrays import Arrays, Floats, Initialization, Initializer, Integers, Shape
from nnzoo.kinds.columns import Columns, ColumnType, Finding
from nnzoo.kinds.dataset import (
    DataCache,
    DataFile,
    Dataset,
    DatasetLoader,
    PictureLoader,
    Split,
    TableLoader,
    load_checked,
)
from nnzoo.kinds.executor import Executor, Outcome, Run, Work
from nnzoo.kinds.explained import ExplainedLayer, LayerSample, Terms
from nnzoo.kinds.exporter import (
    Exporter,
    NamedComponent,
    OperatorGraph,
    PlainFunction,
    TrainedFeature,
    TrainedLayer,
    TrainedNetwork,
    TrainedStep,
)
from nnzoo.kinds.figure import Figure, FigureRun, planned_size
from nnzoo.kinds.graph import Graph, Node
from nnzoo.kinds.layer import AnyLayer, Buffer, Layer, LayerMemory, LayerPlan, MergeLayer, Parameter
from nnzoo.kinds.loss import Loss
from nnzoo.kinds.metric import Metric, MetricPlan
from nnzoo.kinds.model import AnyModel, GraphModel, Model
from nnzoo.kinds.observer import (
    Ending,
    EpochObserver,
    FilesObserver,
    GradientObserver,
    Moment,
    Observer,
    ObserverMemory,
    ObserverPlan,
    RunObserver,
    StepObserver,
    WeightsObserver,
)
from nnzoo.kinds.optimizer import LayerwiseOptimizer, Optimizer, OptimizerWrapper, ProbingOptimizer
from nnzoo.kinds.parts import InputPart, OutputPart, answers_of, rows_of_inputs
from nnzoo.kinds.preprocessing import FittedFeature, FittedStep, Preprocessing, Raw
from nnzoo.kinds.preprocessor import (
    Feature,
    Fitted,
    InvertiblePreprocessor,
    PicturePreprocessor,
    Preprocessor,
    RowsPreprocessor,
    ScalingPreprocessor,
    Takes,
)
from nnzoo.kinds.rows import Cursor, Rows, Samples, Stream, blocks, joined
from nnzoo.kinds.schedule import MetricSchedule, Schedule
from nnzoo.kinds.search import Choice, Dimension, Pick, Proposal, Range, Search, Space, Text, Tried
from nnzoo.kinds.task import CompositeTask, Problem, Task
from nnzoo.kinds.transform import Transform, TransformBatch
from nnzoo.kinds.zoo_model import ZooModel

KINDS: dict[str, type[Component]] = {
    base.kind: base
    for base in (
        Activation,
        Optimizer,
        Schedule,
        Loss,
        AnyLayer,
        AnyModel,
        DatasetLoader,
        Task,
        Metric,
        Preprocessor,
        Transform,
        Observer,
        Figure,
        Exporter,
        Executor,
        Search,
    )
}

__all__ = [
    "KINDS",
    "Activation",
    "AnyLayer",
    "AnyModel",
    "Arrays",
    "Buffer",
    "Choice",
    "ColumnType",
    "Columns",
    "CompositeTask",
    "Cursor",
    "DataCache",
    "DataFile",
    "Dataset",
    "DatasetLoader",
    "Dimension",
    "Ending",
    "EpochObserver",
    "Executor",
    "ExplainedLayer",
    "Exporter",
    "Feature",
    "Figure",
    "FigureRun",
    "FilesObserver",
    "Finding",
    "Fitted",
    "FittedFeature",
    "FittedStep",
    "Floats",
    "GradientObserver",
    "Graph",
    "GraphModel",
    "Initialization",
    "Initializer",
    "InputPart",
    "Integers",
    "InvertiblePreprocessor",
    "Layer",
    "LayerMemory",
    "LayerPlan",
    "LayerSample",
    "LayerwiseOptimizer",
    "Loss",
    "MergeLayer",
    "Metric",
    "MetricPlan",
    "MetricSchedule",
    "Model",
    "Moment",
    "NamedComponent",
    "Node",
    "Observer",
    "ObserverMemory",
    "ObserverPlan",
    "OperatorGraph",
    "Optimizer",
    "OptimizerWrapper",
    "Outcome",
    "OutputPart",
    "Parameter",
    "Pick",
    "PictureLoader",
    "PicturePreprocessor",
    "PlainFunction",
    "Preprocessing",
    "Preprocessor",
    "ProbingOptimizer",
    "Problem",
    "Proposal",
    "Range",
    "Raw",
    "Rows",
    "RowsPreprocessor",
    "Run",
    "RunObserver",
    "Samples",
    "ScalingPreprocessor",
    "Schedule",
    "Search",
    "Shape",
    "Space",
    "Split",
    "StepObserver",
    "Stream",
    "TableLoader",
    "Takes",
    "Task",
    "Terms",
    "Text",
    "TrainedFeature",
    "TrainedLayer",
    "TrainedNetwork",
    "TrainedStep",
    "Transform",
    "TransformBatch",
    "Tried",
    "WeightsObserver",
    "Work",
    "ZooModel",
    "answers_of",
    "blocks",
    "joined",
    "load_checked",
    "planned_size",
    "rows_of_inputs",
]
