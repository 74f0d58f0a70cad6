"""The `trimtab` command."""

import sys

import typer
from botocore.exceptions import BotoCoreError, ClientError

from functions.domain.errors import CorruptArtifactError, TrimtabError, UnavailableError
from trimtab.commands import (
    audit,
    correction,
    governance,
    local_cloud,
    models,
    monitoring,
    portability,
    releases,
    replay,
    reproduction,
    retraining,
)
from trimtab.console import note

EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_CORRUPT = 1, 3, 4
COMMANDS = (
    local_cloud.up,
    local_cloud.down,
    local_cloud.demo,
    local_cloud.user,
    models.new,
    models.train,
    models.deploy,
    models.predict,
    monitoring.status,
    retraining.retrain,
    governance.compare,
    governance.card,
    governance.lineage,
    correction.quarantine,
    releases.approve,
    releases.reject,
    releases.promote,
    releases.roll_back,
    releases.unbar,
    audit.explain,
    reproduction.reproduce,
    portability.export,
    monitoring.evaluate,
    monitoring.report,
    replay.replay,
)

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",  # as markup, [rollout] in a help text would vanish
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Serve ONNX models on AWS Lambda behind HTTPS, and keep them true.",
    epilog="Exit codes: 0 done, 1 refused or wrong input, 2 wrong usage, 3 a service is missing, 4 a file is corrupt, "
    "5 tampering was found.",
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(audit.app, name="audit")
app.command("import")(portability.import_)  # the bare word is Python's


def main() -> None:
    """Run a command; an error becomes one line that says what to do, and an exit code."""
    try:
        app()
    except TrimtabError as error:
        note(f"error: {error}")
        sys.exit(_exit_code(error))
    except (BotoCoreError, ClientError) as error:
        note(f"error: AWS: {error}")
        sys.exit(EXIT_UNAVAILABLE)


def _exit_code(error: TrimtabError) -> int:
    if isinstance(error, CorruptArtifactError):
        return EXIT_CORRUPT
    return EXIT_UNAVAILABLE if isinstance(error, UnavailableError) else EXIT_REFUSED


if __name__ == "__main__":
    main()
