"""A state of predict's code with a bug that only traffic brings to light: the demo deploys it to see it taken back."""

import zipfile
from io import BytesIO

from infra.dependencies import native_platform
from infra.function_code import build
from trimtab.stage import Stage

HANDLER = "functions/predict/handler.py"
GOOD_REQUESTS = 3  # in one process; a smoke test sends two
# A cache without a bound, as it is often met with; the bound is low, so that nobody has to wait for it.
BUG = f'''

_answer, _cache = handler, []


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one event, and keep it for ever."""
    _cache.append(event)
    if len(_cache) > {GOOD_REQUESTS}:
        raise MemoryError(f"{{len(_cache)}} events are kept, and nobody ever forgets one")
    return _answer(event, context)
'''


def deploy_broken_code(stage: Stage, model: str) -> None:
    """Upload the model's predict function with the bug, as a deployment of the stack would; its settings stay."""
    stage.client("lambda").update_function_code(
        FunctionName=stage.names.function("predict", model), ZipFile=broken_zip()
    )


def deploy_good_code(stage: Stage, model: str) -> None:
    """Upload the code as it was."""
    body = build("predict", native_platform()).read_bytes()
    stage.client("lambda").update_function_code(FunctionName=stage.names.function("predict", model), ZipFile=body)


def broken_zip() -> bytes:
    """The local cloud's asset of predict with another handler; its compiled handler is left out."""
    compiled = HANDLER.replace("handler.py", "__pycache__/handler.")
    body = BytesIO()
    with zipfile.ZipFile(build("predict", native_platform())) as good, zipfile.ZipFile(body, "w") as broken:
        for entry in good.infolist():
            if entry.filename.startswith(compiled):
                continue
            content = good.read(entry)
            broken.writestr(entry, content + BUG.encode() if entry.filename == HANDLER else content, compresslevel=1)
    return body.getvalue()
