"""What a model's `retrain` is made of: one layer of libraries for all models, and a zip or an image of its folder.

The layer's zip is the same for all models, so it is staged once, however many there are.
"""

from pathlib import Path

from functions.adapters.folder_code import code_files
from functions.domain.errors import MisconfiguredError
from infra import dependencies, deterministic_zip, own_code
from infra.asset_cache import (
    ASSETS,
    ROOT,
    FunctionCode,
    builder,
    cached,
    copied,
    digest,
    forget_old,
    keep,
    say,
    scratch,
)
from infra.dependencies import Platform

VERB = "retrain"
REQUIREMENTS = "requirements.txt"
SERVICES = ("s3",)  # that botocore can talk to there
LIMIT = 262_144_000  # Lambda's, unpacked, layers included


def training_layer(
    built_for: Platform = "x86_64-manylinux_2_28", *, root: Path = ROOT, cache: Path = ASSETS
) -> FunctionCode:
    """The zip of the layer, with all in `python/`, built if it isn't in the cache.

    Raises:
        MisconfiguredError: a pinned package can't be installed.
    """
    requirements = root / "functions" / VERB / REQUIREMENTS
    key = digest([requirements.read_text(), built_for, *SERVICES, *_recipe()])
    name = f"training.layer-{built_for}-{key}"
    found = cached(cache, name)
    if found:
        return found
    say(f"building the layer that fits models, for {built_for}")
    with scratch(cache) as work:
        tree = Path(work) / "tree"
        dependencies.install(requirements, tree / "python", built_for, SERVICES, dependencies.LAYER)
        return _zipped(tree, Path(work) / "archive.zip", cache, name)


def retrain_code(
    folder: Path, built_for: Platform = "x86_64-manylinux_2_28", *, root: Path = ROOT, cache: Path = ASSETS
) -> FunctionCode:
    """The zip of one model's function: our code, the folder's code, and what its requirements.txt pins.

    Raises:
        MisconfiguredError: what it pins can't be installed, or does not fit a zip together with the layer.
    """
    model, files = folder.resolve().name, _files(folder, root)
    key = digest([deterministic_zip.content_digest(files), built_for, *_recipe()])
    name = f"{VERB}.{model}-{built_for}-{key}"
    found = cached(cache, name)
    if not found:
        say(f"building the asset of {VERB} for {model}")
        with scratch(cache) as work:
            tree = Path(work) / "tree"
            if (folder / REQUIREMENTS).is_file():
                dependencies.install(folder / REQUIREMENTS, tree, built_for, SERVICES)
            copied(files, tree)
            dependencies.compile_tree(tree)
            found = _zipped(tree, Path(work) / "archive.zip", cache, name)
    _check_size(model, found.unzipped + training_layer(built_for, root=root, cache=cache).unzipped)
    return found


def image_folder(folder: Path, *, root: Path = ROOT, cache: Path = ASSETS) -> Path:
    """What the container image of one model's function is built from: a folder, named by what lies in it."""
    model, room = folder.resolve().name, root / "functions" / VERB
    files = {**_files(folder, root), "Dockerfile": room / "Dockerfile", REQUIREMENTS: room / REQUIREMENTS}
    target = cache / f"image.{model}-{deterministic_zip.content_digest(files)}"
    if not target.is_dir():
        with scratch(cache) as work:
            made = Path(work) / "made"
            copied(files, made)
            made.rename(target)
        forget_old(cache, f"image.{model}", "")
    return target


def _files(folder: Path, root: Path) -> dict[str, Path]:
    own = {f"models/{folder.resolve().name}/{name}": path for name, path in code_files(folder).items()}
    return {**own_code.own_files(root, VERB), **own}


def _zipped(tree: Path, archive: Path, cache: Path, name: str) -> FunctionCode:
    files = deterministic_zip.files_below(tree)
    deterministic_zip.append(archive, files)
    return keep(archive, cache, name, deterministic_zip.content_digest(files))


def _check_size(model: str, size: int) -> None:
    if size > LIMIT:
        raise MisconfiguredError(
            f"models/{model}/{REQUIREMENTS}: with it {VERB} takes {size:,} bytes unpacked, and Lambda allows "
            f'{LIMIT:,}: pin less, or set [train] package = "image"'
        )


def _recipe() -> list[str]:
    return [*builder(), Path(__file__).read_text()]
