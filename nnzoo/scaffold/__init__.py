"""`nnzoo new`: the first version of a plugin, written out of templates that read as code."""

from nnzoo.scaffold.choice import choose_names, require_new_distribution
from nnzoo.scaffold.names import Names
from nnzoo.scaffold.sources import next_commands, package_files, single_file
from nnzoo.scaffold.writing import write_new

__all__ = [
    "Names",
    "choose_names",
    "next_commands",
    "package_files",
    "require_new_distribution",
    "single_file",
    "write_new",
]
