"""From a function's configuration to what its environments run with."""

from collections.abc import Mapping
from pathlib import Path

from trimtab.local.credentials import Key
from trimtab.local.environment import RunSpec, lambda_variables
from trimtab.local.lambda_code import CodeStore, python_path
from trimtab.local.lambda_records import Configuration

TMP = "/tmp"  # noqa: S108 - Lambda's own


def run_spec(
    configuration: Configuration, codes: CodeStore, key: Key, runtime: Path, region: str, endpoint: str
) -> RunSpec:
    """What runs one version of a function: its code, its variables and Lambda's own."""
    task, opt = codes.folder(configuration["_code"]), codes.opt(configuration["_layers"])
    logging = configuration["LoggingConfig"]
    own = {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": key.id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_SESSION_TOKEN": key.token,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": configuration["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": configuration["Version"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "LAMBDA_RUNTIME_DIR": str(runtime),
        "_HANDLER": configuration["Handler"],
    }
    snap_start = configuration["SnapStart"].get("OptimizationStatus") == "On"
    if snap_start:
        own["AWS_LAMBDA_INITIALIZATION_TYPE"] = "snap-start"
    if logging["LogFormat"] == "JSON":
        own |= {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": logging.get("ApplicationLogLevel", "INFO")}
    path = [*python_path(task, opt), str(runtime)]
    rewritten = lambda_variables(configuration["Environment"]["Variables"], task=task, opt=opt, python_path=path)
    return RunSpec(
        function=configuration["FunctionName"],
        version=configuration["Version"],
        handler=configuration["Handler"],
        task=task,
        scratch=codes.scratch,
        variables={**rewritten, **own},
        below_tmp=_below_tmp(configuration["Environment"]["Variables"]),
        timeout_s=float(configuration["Timeout"]),
        memory_mb=configuration["MemorySize"],
        log_group=logging["LogGroup"],
        log_as_json=logging["LogFormat"] == "JSON",
        snap_start=snap_start,
    )


def _below_tmp(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that name /tmp or a place in it, which is then that place: empty, or `/…`."""
    found = {name: value for name, value in variables.items() if value == TMP or value.startswith(f"{TMP}/")}
    return {name: value.removeprefix(TMP) for name, value in found.items()}
