"""The public interface for plugins.

    from nnzoo.api import Activation, hookimpl

These names stay stable; everything else may change. A plugin may also import components of other plugins, including the
built-in ones: ``from nnzoo.builtin.layers import Dense``.

Names that only a custom training loop needs (`docs/own_training.md`) are imported on first use, so that a plugin with a
single component loads quickly.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nnzoo.component import Component
from nnzoo.data.files import own_file, own_folder, unreadable
from nnzoo.data.frames import columns_of
from nnzoo.data.numpy_files import open_array, read_arrays
from nnzoo.data.parting import Folds, Seed, TestShare, fold_dataset, part_samples
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
from nnzoo.hyperparameters import Hyperparameter
from nnzoo.imaging.pictures import read_picture
from nnzoo.kinds import (
    Activation,
    AnyLayer,
    AnyModel,
    Arrays,
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
    Node,
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
    Preprocessing,
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
from nnzoo.kinds.columns import DateOrder
from nnzoo.plugins.description import Description
from nnzoo.plugins.discovery import PluginSource
from nnzoo.plugins.hookspecs import hookimpl
from nnzoo.plugins.registry import Plugin, Registration, Registry

if TYPE_CHECKING:
    from nnzoo.data.specs import find_dataset, load_dataset
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.imaging.samples import Sample, picture_step, read_samples
    from nnzoo.model.exporting import export_model
    from nnzoo.model.model_file import ModelFile, find_component, find_model_file
    from nnzoo.model.starting import Start, read_start
    from nnzoo.model.stored import StoredComponent, StoredStart
    from nnzoo.nn import Network
    from nnzoo.nn.parameters import FlatParameters
    from nnzoo.nn.randomness import generator
    from nnzoo.nn.threads import blas_threads, in_threads, processors, product, sample_blocks, work_threads
    from nnzoo.plugins.zoo_index import ZooEntry, find_zoo_entry
    from nnzoo.runs.checkpoint import Checkpoint, read_checkpoint, restore_checkpoint, save_checkpoint
    from nnzoo.runs.directory import RunDirectory
    from nnzoo.runs.kept_arrays import restore_arrays, save_arrays
    from nnzoo.runs.record import Fallback, RunRecord, built_from_record, read_record
    from nnzoo.runs.run import RunListener, make_trainer, recorded_start, run_training
    from nnzoo.training.batches import Batch, Batches
    from nnzoo.training.data import PreparedData, prepare_dataset
    from nnzoo.training.measures import Measure
    from nnzoo.training.optimizing import Update, bound_update, initial_memory
    from nnzoo.training.prepare import build_network, plan_network, prepare
    from nnzoo.training.recipe import Recipe, resolve_recipe
    from nnzoo.training.scoring import EpochMetrics
    from nnzoo.training.trainer import Trainer

_LATE = {
    "nnzoo.data.specs": "find_dataset load_dataset",
    "nnzoo.datafiles.cache": "FileCache",
    "nnzoo.imaging.samples": "Sample picture_step read_samples",
    "nnzoo.model.exporting": "export_model",
    "nnzoo.model.model_file": "ModelFile find_component find_model_file",
    "nnzoo.model.starting": "Start read_start",
    "nnzoo.model.stored": "StoredComponent StoredStart",
    "nnzoo.nn": "Network",
    "nnzoo.nn.parameters": "FlatParameters",
    "nnzoo.nn.randomness": "generator",
    "nnzoo.nn.threads": "blas_threads in_threads processors product sample_blocks work_threads",
    "nnzoo.plugins.zoo_index": "ZooEntry find_zoo_entry",
    "nnzoo.runs.checkpoint": "Checkpoint read_checkpoint restore_checkpoint save_checkpoint",
    "nnzoo.runs.directory": "RunDirectory",
    "nnzoo.runs.kept_arrays": "restore_arrays save_arrays",
    "nnzoo.runs.record": "Fallback RunRecord built_from_record read_record",
    "nnzoo.runs.run": "RunListener make_trainer recorded_start run_training",
    "nnzoo.training.batches": "Batch Batches",
    "nnzoo.training.data": "PreparedData prepare_dataset",
    "nnzoo.training.measures": "Measure",
    "nnzoo.training.optimizing": "Update bound_update initial_memory",
    "nnzoo.training.prepare": "build_network plan_network prepare",
    "nnzoo.training.recipe": "Recipe resolve_recipe",
    "nnzoo.training.scoring": "EpochMetrics",
    "nnzoo.training.trainer": "Trainer",
}
"""The names that are imported on first use, by module."""

_HOMES = {name: module for module, names in _LATE.items() for name in names.split()}

__all__ = [
    "Activation",
    "AnyLayer",
    "AnyModel",
    "Arrays",
    "Batch",
    "Batches",
    "Buffer",
    "Checkpoint",
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
    "Description",
    "Dimension",
    "DivergedError",
    "DownloadError",
    "Ending",
    "EpochMetrics",
    "EpochObserver",
    "Executor",
    "ExplainedLayer",
    "Exporter",
    "Fallback",
    "Feature",
    "Figure",
    "FigureRun",
    "FileCache",
    "FileFormatError",
    "FilesObserver",
    "Finding",
    "Fitted",
    "FlatParameters",
    "Floats",
    "Folds",
    "GradientObserver",
    "Graph",
    "GraphModel",
    "Header",
    "Hyperparameter",
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
    "Measure",
    "MergeLayer",
    "Metric",
    "MetricPlan",
    "MetricSchedule",
    "Model",
    "ModelFile",
    "Moment",
    "NamedComponent",
    "Network",
    "NnzooError",
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
    "Plugin",
    "PluginError",
    "PluginSource",
    "PreparedData",
    "Preprocessing",
    "Preprocessor",
    "ProbingOptimizer",
    "Problem",
    "Proposal",
    "Range",
    "Recipe",
    "Registration",
    "Registry",
    "Rows",
    "RowsPreprocessor",
    "Run",
    "RunDirectory",
    "RunListener",
    "RunObserver",
    "RunRecord",
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
    "StoredComponent",
    "StoredStart",
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
    "Update",
    "UsageError",
    "WeightsObserver",
    "Work",
    "ZooEntry",
    "ZooModel",
    "blas_threads",
    "blocks",
    "bound_update",
    "build_network",
    "built_from_record",
    "columns_of",
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
