"""`Actions`: the requests of the page by name; modules that only one needs are imported when it is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from nnzoo.api import UsageError, read_table

from nnzoo_playground.beginning import begin
from nnzoo_playground.lab import Lab, UploadedTable
from nnzoo_playground.settings import read_settings
from nnzoo_playground.views import View, structure

if TYPE_CHECKING:
    from nnzoo_playground.follow import Followed
    from nnzoo_playground.worker import Setup

CHANGES = ("begin", "settings", "reset", "weight", "off", "load")
"""The actions after which the page needs all information again."""


@final
class Actions:
    """Carries out the page's requests; each action returns a head and arrays for the answer.

    Parameters
    ----------
    lab : Lab
        The network.
    setup : Setup
        The arguments of the command: a data set, a trained network, a run.
    """

    def __init__(self, lab: Lab, setup: Setup) -> None:
        self.lab = lab
        self._setup = setup
        self.view: View
        self.followed: Followed | None = None

    def state(self) -> dict[str, Any]:
        """Everything that the page shows of the network, except what changes at each step."""
        lab = self.lab
        return {
            "settings": lab.settings.model_dump(),
            "structure": structure(lab),
            "command": lab.choices.in_shell(),
            "python": lab.choices.python(),
            "touched": lab.start is not None,
            "table": lab.table.summary() if lab.table else None,
            "follow": self.followed.status if self.followed else "",
        }

    def do(self, command: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """Do one action.

        Raises
        ------
        NnzooError
        """
        kind, lab = command["type"], self.lab
        if self.followed and kind in CHANGES:
            raise UsageError(
                "a run that is being followed is trained by another process",
                hint=f"to continue from it, run: nnzoo playground --from {self._setup.follow}",
            )
        if kind == "begin":
            self._begin()
        elif kind == "settings":
            lab.change(read_settings(command["settings"]))
        elif kind == "reset":
            lab.reset()
        elif kind == "weight":
            lab.set_parameter(command["array"], command["index"], command["value"])
        elif kind == "off":
            self._switch(command["column"], command["unit"])
            self.view = View(lab)
            return {"lost": lab.lost_by_off(), "whole": dict(lab.curves.last)}, None
        elif kind == "upload":
            return self._take_table(Path(command["path"])), None
        elif kind == "load":
            from nnzoo_playground.takeaway import open_zoo

            open_zoo(lab, command["name"])
        elif kind == "parameters":
            return {}, {name: lab.network.parameters[name].astype("float32") for name in self._small(command["arrays"])}
        elif kind == "explain":
            from nnzoo_playground.explaining import explain_step

            return {"sections": explain_step(lab, command["part"], command["index"])}, None
        elif kind == "take":
            from nnzoo_playground.takeaway import take

            return take(lab, command["what"])
        elif kind == "draw":
            from nnzoo_playground.pictures import answer

            return answer(lab, command["pixels"], command["side"], more=command["more"])
        elif kind == "drawn":
            from nnzoo_playground.pictures import with_drawn

            return {"dataset": with_drawn(lab, command["pixels"], command["side"], command["label"])}, None
        else:
            raise UsageError(f"there is no action {kind!r}")
        self.view = View(lab)
        return {}, None

    def get_ready(self) -> None:
        """Import the modules for drawings, so that the first one need not wait."""
        from nnzoo_playground.pictures import get_ready

        get_ready(self.lab)

    def _begin(self) -> None:
        if self._setup.follow:
            from nnzoo_playground.follow import Followed

            self.followed = Followed(self.lab, Path(self._setup.follow))
        else:
            begin(self.lab, self._setup)

    def _small(self, names: list[str]) -> list[str]:
        layout = self.lab.network.parameters.layout
        known = [name for name in names if name in layout and self.lab.network.parameters[name].size <= 1 << 20]
        if len(known) < len(names):
            raise UsageError("there is no array of this name")
        return known

    def _switch(self, column: int, unit: int) -> None:
        """Switch a unit off or on again, by its number in the layer before the ``column``-th dense one."""
        columns = structure(self.lab)["columns"]
        if not 1 <= column < len(columns) or not 0 <= unit < columns[column - 1]["units"]:
            raise UsageError("there is no unit of this number")
        self.lab.off ^= {(columns[column]["place"], unit)}

    def _take_table(self, path: Path) -> dict[str, Any]:
        """Read a table that the server has saved; return its columns with their types."""
        table = read_table(path, target="-1")
        types = {name: table.columns.type(name) for name in table.columns}
        names = tuple(finding.name for finding in table.findings)
        kinds = tuple(types.get(name, "") for name in names)
        self.lab.table = UploadedTable(path, names, kinds, table.target_name, len(table))
        return self.lab.table.summary()
