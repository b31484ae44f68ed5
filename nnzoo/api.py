"""All that a plugin imports, in one place.

    from nnzoo.api import Activation, hookimpl

What is named here is nnzoo's promise to plugins; everything else may change. A plugin may also import another
plugin's components, the built-in ones included: ``from nnzoo.builtin.layers import Dense``.

What only a training of one's own needs (`docs/own_training.md`) is imported at its first use, so that a plugin that
brings a component waits for no more than that.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nnzoo.component import Component
from nnzoo.data.cells import DateOrder
from nnzoo.data.files import own_file, own_folder, unreadable
from nnzoo.data.folds import Folds, fold_dataset
from nnzoo.data.npy import open_array
from nnzoo.data.npz import read_arrays
from nnzoo.data.parting import Seed, TestShare, part_samples
from nnzoo.data.sheet import Delimiter, Header
from nnzoo.data.tables import Decimal, Table, read_table
from nnzoo.data.targets import Targets, TargetTask
from nnzoo.datafiles.idx import load_idx, parse_idx, unpack_gzip
from nnzoo.errors import (
    DivergedError,
    DownloadError,
    FileFormatError,
    HyperparameterError,
    NnzooError,
    PluginError,
    StorageError,
    UnreadablePictureError,
    UsageError,
)
from nnzoo.files.writing import write_whole
from nnzoo.imaging.pictures import read_picture
from nnzoo.kinds import (
    Activation,
    Buffer,
    Choice,
    Columns,
    ColumnType,
    CompositeTask,
    Cursor,
    DataCache,
    DataFile,
    Dataset,
    DatasetLoader,
    Dimension,
    Ending,
    EpochObserver,
    Executor,
    ExplainedLayer,
    Exporter,
    Feature,
    Figure,
    FigureRun,
    FilesObserver,
    Finding,
    Fitted,
    Floats,
    GradientObserver,
    Graph,
    GraphModel,
    Initialization,
    Initializer,
    InputPart,
    InvertiblePreprocessor,
    Layer,
    LayerMemory,
    LayerPlan,
    LayerSample,
    LayerwiseOptimizer,
    Loss,
    MergeLayer,
    Metric,
    MetricPlan,
    MetricSchedule,
    Model,
    Moment,
    NamedComponent,
    Observer,
    ObserverMemory,
    ObserverPlan,
    OperatorGraph,
    Optimizer,
    OptimizerWrapper,
    Outcome,
    OutputPart,
    Parameter,
    Pick,
    PictureLoader,
    PicturePreprocessor,
    PlainFunction,
    Preprocessor,
    ProbingOptimizer,
    Problem,
    Proposal,
    Range,
    Rows,
    RowsPreprocessor,
    Run,
    RunObserver,
    Samples,
    ScalingPreprocessor,
    Schedule,
    Search,
    Shape,
    Space,
    Split,
    StepObserver,
    Stream,
    TableLoader,
    Takes,
    Task,
    Terms,
    Text,
    TrainedFeature,
    TrainedLayer,
    TrainedNetwork,
    TrainedStep,
    Transform,
    TransformBatch,
    Tried,
    WeightsObserver,
    Work,
    ZooModel,
    blocks,
    joined,
)
from nnzoo.plugins.hookspecs import hookimpl
from nnzoo.plugins.registry import Registry

if TYPE_CHECKING:
    from nnzoo.data.loading import load_dataset
    from nnzoo.data.specs import find_dataset
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.imaging.samples import Sample, picture_step, read_samples
    from nnzoo.model.exporting import export_model
    from nnzoo.model.model_file import find_component, find_model_file
    from nnzoo.model.starting import Start, read_start
    from nnzoo.nn import Network
    from nnzoo.nn.randomness import generator
    from nnzoo.nn.threads import blas_threads, in_threads, processors, product, sample_blocks, work_threads
    from nnzoo.plugins.zoo_index import find_zoo_entry
    from nnzoo.runs.checkpoint import read_checkpoint, restore_checkpoint, save_checkpoint
    from nnzoo.runs.directory import RunDirectory
    from nnzoo.runs.kept_arrays import restore_arrays, save_arrays
    from nnzoo.runs.record import built_from_record, read_record
    from nnzoo.runs.run import make_trainer, recorded_start, run_training
    from nnzoo.training.batches import Batch, Batches
    from nnzoo.training.data import prepare_dataset
    from nnzoo.training.optimizing import bound_update, initial_memory
    from nnzoo.training.prepare import build_network, plan_network, prepare
    from nnzoo.training.recipe import Recipe, resolve_recipe
    from nnzoo.training.scoring import EpochMetrics
    from nnzoo.training.trainer import Trainer

_HOMES = {
    "Batch": "nnzoo.training.batches",
    "Batches": "nnzoo.training.batches",
    "EpochMetrics": "nnzoo.training.scoring",
    "FileCache": "nnzoo.datafiles.cache",
    "Network": "nnzoo.nn",
    "Recipe": "nnzoo.training.recipe",
    "RunDirectory": "nnzoo.runs.directory",
    "Sample": "nnzoo.imaging.samples",
    "Start": "nnzoo.model.starting",
    "Trainer": "nnzoo.training.trainer",
    "blas_threads": "nnzoo.nn.threads",
    "bound_update": "nnzoo.training.optimizing",
    "build_network": "nnzoo.training.prepare",
    "built_from_record": "nnzoo.runs.record",
    "export_model": "nnzoo.model.exporting",
    "find_component": "nnzoo.model.model_file",
    "find_dataset": "nnzoo.data.specs",
    "find_model_file": "nnzoo.model.model_file",
    "find_zoo_entry": "nnzoo.plugins.zoo_index",
    "generator": "nnzoo.nn.randomness",
    "in_threads": "nnzoo.nn.threads",
    "initial_memory": "nnzoo.training.optimizing",
    "load_dataset": "nnzoo.data.loading",
    "make_trainer": "nnzoo.runs.run",
    "picture_step": "nnzoo.imaging.samples",
    "plan_network": "nnzoo.training.prepare",
    "prepare": "nnzoo.training.prepare",
    "prepare_dataset": "nnzoo.training.data",
    "processors": "nnzoo.nn.threads",
    "product": "nnzoo.nn.threads",
    "read_checkpoint": "nnzoo.runs.checkpoint",
    "read_record": "nnzoo.runs.record",
    "read_samples": "nnzoo.imaging.samples",
    "read_start": "nnzoo.model.starting",
    "recorded_start": "nnzoo.runs.run",
    "resolve_recipe": "nnzoo.training.recipe",
    "restore_arrays": "nnzoo.runs.kept_arrays",
    "restore_checkpoint": "nnzoo.runs.checkpoint",
    "run_training": "nnzoo.runs.run",
    "sample_blocks": "nnzoo.nn.threads",
    "save_arrays": "nnzoo.runs.kept_arrays",
    "save_checkpoint": "nnzoo.runs.checkpoint",
    "work_threads": "nnzoo.nn.threads",
}
"""Where the names are that are imported at their first use."""

__all__ = [
    "Activation",
    "Batch",
    "Batches",
    "Buffer",
    "Choice",
    "ColumnType",
    "Columns",
    "Component",
    "CompositeTask",
    "Cursor",
    "DataCache",
    "DataFile",
    "Dataset",
    "DatasetLoader",
    "DateOrder",
    "Decimal",
    "Delimiter",
    "Dimension",
    "DivergedError",
    "DownloadError",
    "Ending",
    "EpochMetrics",
    "EpochObserver",
    "Executor",
    "ExplainedLayer",
    "Exporter",
    "Feature",
    "Figure",
    "FigureRun",
    "FileCache",
    "FileFormatError",
    "FilesObserver",
    "Finding",
    "Fitted",
    "Floats",
    "Folds",
    "GradientObserver",
    "Graph",
    "GraphModel",
    "Header",
    "HyperparameterError",
    "Initialization",
    "Initializer",
    "InputPart",
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
    "Network",
    "NnzooError",
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
    "PluginError",
    "Preprocessor",
    "ProbingOptimizer",
    "Problem",
    "Proposal",
    "Range",
    "Recipe",
    "Registry",
    "Rows",
    "RowsPreprocessor",
    "Run",
    "RunDirectory",
    "RunObserver",
    "Sample",
    "Samples",
    "ScalingPreprocessor",
    "Schedule",
    "Search",
    "Seed",
    "Shape",
    "Space",
    "Split",
    "Start",
    "StepObserver",
    "StorageError",
    "Stream",
    "Table",
    "TableLoader",
    "Takes",
    "TargetTask",
    "Targets",
    "Task",
    "Terms",
    "TestShare",
    "Text",
    "TrainedFeature",
    "TrainedLayer",
    "TrainedNetwork",
    "TrainedStep",
    "Trainer",
    "Transform",
    "TransformBatch",
    "Tried",
    "UnreadablePictureError",
    "UsageError",
    "WeightsObserver",
    "Work",
    "ZooModel",
    "blas_threads",
    "blocks",
    "bound_update",
    "build_network",
    "built_from_record",
    "export_model",
    "find_component",
    "find_dataset",
    "find_model_file",
    "find_zoo_entry",
    "fold_dataset",
    "generator",
    "hookimpl",
    "in_threads",
    "initial_memory",
    "joined",
    "load_dataset",
    "load_idx",
    "make_trainer",
    "open_array",
    "own_file",
    "own_folder",
    "parse_idx",
    "part_samples",
    "picture_step",
    "plan_network",
    "prepare",
    "prepare_dataset",
    "processors",
    "product",
    "read_arrays",
    "read_checkpoint",
    "read_picture",
    "read_record",
    "read_samples",
    "read_start",
    "read_table",
    "recorded_start",
    "resolve_recipe",
    "restore_arrays",
    "restore_checkpoint",
    "run_training",
    "sample_blocks",
    "save_arrays",
    "save_checkpoint",
    "unpack_gzip",
    "unreadable",
    "work_threads",
    "write_whole",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nnzoo.api' has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return __all__
