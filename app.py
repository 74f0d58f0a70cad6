"""The CDK app: the platform stack of one stage, and a stack for each folder under models/.

`cdk synth -c stage=NAME`, or `python app.py`, which takes the stage of cdk.json and needs no Node of the machine's and
no command line of CDK's: the cloud assembly lies in cdk.out, or where CDK_OUTDIR says.
"""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions.adapters.model_folder import load_settings, model_folders
from functions.domain.errors import TrimtabError
from infra.node import use_bundled_node
from infra.settings import StageSettings, stage_settings

if TYPE_CHECKING:
    from aws_cdk import App

ROOT = Path(__file__).parent


def main(root: Path = ROOT) -> int:
    """Synthesise the models under `root`; a mistake of the user's is a message without a traceback, and exit code 1."""
    try:
        context = read_context()
        settings = stage_settings(context, str(context.get("stage", "")))
        build(settings, root, context=context, outdir=os.environ.get("CDK_OUTDIR", str(ROOT / "cdk.out"))).synth()
    except TrimtabError as error:
        print(f"trimtab: {error}", file=sys.stderr)
        return 1
    return 0


def build(settings: StageSettings, root: Path, *, context: dict[str, Any], outdir: str) -> "App":
    """The app of one stage with the models found under `root`, or those of them that the context's `models` names.

    Its assembly goes to `outdir`.

    Raises:
        ModelFolderError: a model.toml is wrong.
        MisconfiguredError: a function's asset can't be built.
    """
    folders = model_folders(root)
    wanted = context.get("models", [folder.name for folder in folders])
    models = {folder: load_settings(folder) for folder in folders if folder.name in wanted}
    use_bundled_node()  # before aws_cdk is imported, which starts Node
    from aws_cdk import App

    from infra.model_stack import ModelStack
    from infra.platform_stack import PlatformStack
    from infra.stage import StageContext

    app = App(outdir=outdir, context=context, analytics_reporting=False)
    stage = StageContext(settings)
    platform = PlatformStack(app, stage)
    for folder, model in models.items():
        ModelStack(app, stage, model, folder, platform)
    return app


def read_context() -> dict[str, Any]:
    """cdk.json's context under what CDK's command line passes on."""
    file: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return {**file, **json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))}


if __name__ == "__main__":
    sys.exit(main())
