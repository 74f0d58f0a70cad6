"""The zip of each function: its pinned libraries, trimmed and compiled, and of our own code what its handler imports.

This is the only place that knows what lies in an asset. A zip's bytes depend on nothing but what lies in it. Both
halves are cached under `.build/assets/`, named by a digest of all that goes in, so a change to our own code costs no
download and no compression of the libraries.
"""

import shutil
from pathlib import Path

from functions.domain.errors import MisconfiguredError
from infra import dependencies, deterministic_zip, own_code
from infra.asset_cache import ASSETS, ROOT, FunctionCode, builder, cached, copied, digest, keep, say, scratch
from infra.dependencies import Platform

# Which of AWS's services botocore can talk to in a function's asset; predict has no botocore at all.
SERVICES: dict[str, tuple[str, ...]] = {
    "bootstrap": ("dynamodb", "lambda"),
    "compact": ("dynamodb", "logs", "s3"),
    "evaluate": ("cloudwatch", "dynamodb", "events", "s3"),
    "gate": ("dynamodb", "events", "lambda", "s3"),
    "ingest": ("dynamodb",),
    "manage": ("dynamodb", "kms", "lambda", "logs", "s3", "ssm", "stepfunctions"),
    "seal": ("dynamodb", "s3"),
    "snapshot": ("dynamodb", "s3", "stepfunctions"),
    "register": ("dynamodb", "kms", "s3"),
    "roll_out": ("cloudwatch", "dynamodb", "events", "kms", "lambda", "s3"),
}


def build(verb: str, built_for: Platform = "x86_64-manylinux_2_28", *, root: Path = ROOT, cache: Path = ASSETS) -> Path:
    """The zip of `functions/<verb>`, built if it isn't in the cache. Safe to run beside itself.

    Raises:
        MisconfiguredError: the folder has no handler.py or no requirements.txt, or a pinned package can't be installed.
    """
    return function_code(verb, built_for, root=root, cache=cache).path


def function_code(
    verb: str, built_for: Platform = "x86_64-manylinux_2_28", *, root: Path = ROOT, cache: Path = ASSETS
) -> FunctionCode:
    """As `build`, with the digest of what lies in the zip."""
    libraries = _libraries(verb, built_for, root, cache)
    own = own_code.own_files(root, verb)
    key = digest([libraries.content, deterministic_zip.content_digest(own), *builder()])
    name = f"{verb}-{built_for}-{key}"
    return cached(cache, name) or _assemble(verb, libraries, own, cache, name)


def _libraries(verb: str, built_for: Platform, root: Path, cache: Path) -> FunctionCode:
    requirements = root / "functions" / verb / "requirements.txt"
    if not requirements.is_file():
        raise MisconfiguredError(f"functions/{verb}/requirements.txt is missing: it pins what the function ships")
    services = SERVICES.get(verb, ())
    key = digest([requirements.read_text(), built_for, *services, *builder()])
    name = f"libraries-{verb}-{built_for}-{key}"
    found = cached(cache, name)
    if found:
        return found
    say(f"building the libraries of {verb} for {built_for}")
    with scratch(cache) as work:
        tree = Path(work) / "tree"
        dependencies.install(requirements, tree, built_for, services)
        files = deterministic_zip.files_below(tree)
        archive = Path(work) / "archive.zip"
        deterministic_zip.append(archive, files)
        return keep(archive, cache, name, deterministic_zip.content_digest(files))


def _assemble(verb: str, libraries: FunctionCode, own: dict[str, Path], cache: Path, name: str) -> FunctionCode:
    """Our own code, compiled, after the libraries in one zip."""
    say(f"building the asset of {verb}")
    with scratch(cache) as work:
        tree = Path(work) / "tree"
        copied(own, tree)
        dependencies.compile_tree(tree)
        files = deterministic_zip.files_below(tree)
        archive = Path(work) / "archive.zip"
        shutil.copyfile(libraries.path, archive)
        deterministic_zip.append(archive, files)
        content = digest([libraries.content, deterministic_zip.content_digest(files)])
        return keep(archive, cache, name, content)
