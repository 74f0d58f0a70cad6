"""Where a project's things lie: its models, what was built from them, and the local cloud's state."""

import os
from dataclasses import dataclass
from pathlib import Path

from functions.domain.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Project:
    """A checkout of Trimtab with the models of one team.

    `state_folder` is where the local cloud keeps its state, seen from the root; it survives `trimtab down`.
    """

    root: Path
    state_folder: str = ".trimtab"

    @classmethod
    def find(cls, start: Path | None = None) -> "Project":
        """The project around `start` (the working folder by default).

        Raises:
            NotFoundError: there is none.
        """
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / "cdk.json").is_file() and (folder / "app.py").is_file():
                return cls(folder, os.environ.get("TRIMTAB_STATE", ".trimtab"))
        raise NotFoundError(f"no Trimtab project in {here} or above: change into the folder that holds cdk.json")

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def build(self) -> Path:
        return self.root / ".build"

    @property
    def cloud_state(self) -> Path:
        return self.root / self.state_folder

    @property
    def model_names(self) -> list[str]:
        """The models that have a folder, by name."""
        return sorted(path.parent.name for path in self.models.glob("*/model.toml"))

    def model_folder(self, model: str) -> Path:
        """The folder of a model.

        Raises:
            NotFoundError: there is no such model; its text lists those that there are.
        """
        folder = self.models / model
        if not (folder / "model.toml").is_file():
            known = ", ".join(self.model_names) or "none yet"
            raise NotFoundError(
                f"no models/{model}/model.toml (models here: {known}): "
                f"`trimtab new {model} --from data.csv --label COLUMN` makes one"
            )
        return folder

    def artifact(self, model: str) -> Path:
        """Where training leaves a model's artifact."""
        return self.build / "artifacts" / model
