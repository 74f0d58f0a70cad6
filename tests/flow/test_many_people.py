"""Fifty people register, approve, reject, roll out, roll back and unbar one model at once: nothing is lost, none errs.

For a minute, through the gateway, each signing with a key of its own; the model's approvals are by two people. On a
machine too busy for enough to happen in a minute, they go on until it has.
"""

import csv
import json
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import pytest
from botocore.credentials import Credentials
from sklearn import datasets

from functions.adapters.registry_store import VERSIONS
from functions.adapters.registry_table import RegistryTable
from functions.domain.errors import AccessDeniedError, ConflictError, NotFoundError, TrimtabError
from functions.domain.model_version import ModelVersion
from functions.domain.release_artifact import MANIFEST
from functions.retrain.artifact import write_artifact
from tests.flow.checkouts import make_checkout, run
from trimtab.deploy import upload
from trimtab.local_users import add_local_user, local_key
from trimtab.management import Management
from trimtab.project import Project
from trimtab.stage import LOCAL, Stage, open_stage

MODEL, PEOPLE, SECONDS, AT_MOST = "cancer", 50, 60.0, 300.0
LEAST = {"register": 20, "approve": 20, "reject": 1, "roll-out": 1, "roll-back": 1, "unbar": 1}  # done, by all together
REFUSALS = (ConflictError, AccessDeniedError, NotFoundError)  # 409, 403, 404: said by what the others did meanwhile
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checkout(project: Project, stage_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A local cloud of its own, with a model whose versions two people approve."""
    if stage_name != LOCAL:
        pytest.skip("needs the local cloud")
    root = make_checkout(project, tmp_path_factory.mktemp("people"))
    bunch = datasets.load_breast_cancer()
    with (root / "data.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(str(name).replace(" ", "_") for name in bunch.feature_names), "target"])
        writer.writerows([*row, target] for row, target in zip(bunch.data.tolist(), bunch.target.tolist(), strict=True))
    run(root, "new", MODEL, "--from", "data.csv", "--label", "target")
    with (root / "models" / MODEL / "model.toml").open("a") as file:
        file.write('\n[approval]\nmode = "two"\n')
    run(root, "deploy", MODEL, "--json")
    yield Project(root)
    run(root, "down")


@dataclass
class Person:
    """One who does things by chance, and counts what came of each."""

    stage: Stage
    number: int
    artifacts: list[Path]
    said: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    registered: set[int] = field(default_factory=set)

    def live(self, is_over: Callable[[], bool]) -> "Person":
        name = f"person{self.number:02d}"
        api = Management(self.stage, credentials=Credentials(*local_key(self.stage, name)))
        chance = random.Random(self.number)
        while not is_over():
            act = chance.choice(
                ("register", "approve", "approve", "approve", "reject", "roll-out", "roll-back", "unbar")
            )
            try:
                if self._done(api, act, chance):
                    self.said[f"{act}: done"] += 1
            except REFUSALS as refused:
                self.said[f"{act}: {type(refused).__name__}"] += 1
            except TrimtabError as error:
                self.errors.append(f"{act}: {type(error).__name__}: {error}")
        return self

    def _done(self, api: Management, act: str, chance: random.Random) -> bool:
        """Do something; False where there is nothing to do it to."""
        at = f"/models/{MODEL}"
        if act == "register":
            if not self.artifacts:
                return False
            prefix = upload(api, MODEL, self.artifacts.pop())
            self.registered.add(api.post(f"{at}/versions", {"artifact": prefix})["version"])
            return True
        version = chance.choice(api.get(f"{at}/versions", limit=20)["items"])
        one = f"{at}/versions/{version['number']}"
        if act == "approve":
            api.post(f"{one}/approve", {"comment": "good"}, if_match=version["etag"])
        elif act == "reject":
            if version["number"] == 1 or chance.random() < 0.8:  # else nothing would be left to roll out
                return False
            api.post(f"{one}/reject", {"comment": "odd"}, if_match=version["etag"])
        elif act == "roll-out":
            api.post(f"{one}/roll-out", {"now": True})
        elif act == "roll-back":
            api.post(f"{at}/roll-back", {"reason": "by chance"})
        else:
            barred = [release["number"] for release in api.get(at)["releases"] if release["barred"]]
            if not barred:
                return False
            api.post(f"{at}/releases/{chance.choice(barred)}/unbar", {"reason": "by chance"})
        return True


def artifacts_of(artifact: Path, root: Path, number: int) -> list[Path]:
    """The same model with other words in its lineage: versions of their own."""
    made = []
    for place in range(3):
        files = {path.name: path.read_bytes() for path in artifact.iterdir() if path.name != MANIFEST}
        lineage = json.loads(files["lineage.json"])
        files["lineage.json"] = json.dumps({**lineage, "note": f"{number}-{place}"}).encode()
        out = root / f"{number}-{place}"
        write_artifact(out, MODEL, files)
        shutil.copytree(f"{artifact}.training", f"{out}.training")
        made.append(out)
    return made


def test_nothing_is_lost_where_fifty_people_act_at_once(checkout: Project, tmp_path: Path) -> None:
    stage = open_stage(checkout, LOCAL)
    people = [Person(stage, n, artifacts_of(checkout.artifact(MODEL), tmp_path, n)) for n in range(PEOPLE)]
    for person in people:
        for role in ("data-scientist", "approver"):
            add_local_user(stage, f"person{person.number:02d}", role)

    begun = monotonic()

    def is_over() -> bool:
        lived = monotonic() - begun
        done = all(sum(person.said[f"{act}: done"] for person in people) >= least for act, least in LEAST.items())
        return lived >= AT_MOST or (lived >= SECONDS and done)

    with ThreadPoolExecutor(PEOPLE) as pool:
        list(pool.map(lambda person: person.live(is_over), people))

    said = sum((person.said for person in people), Counter[str]())
    print(dict(sorted(said.items())))
    assert [error for person in people for error in person.errors] == []
    assert {act: said[f"{act}: done"] for act, least in LEAST.items() if said[f"{act}: done"] < least} == {}
    assert said["approve: ConflictError"] > 0  # an ETag that is no more
    store = RegistryTable(stage.client("dynamodb"), stage.names.registry_table)
    versions = [ModelVersion.from_document(one.document) for one in store.read_all(f"MODEL#{MODEL}", VERSIONS)]
    assert [version.number for version in versions] == list(range(1, len(versions) + 1))
    mine = [number for person in people for number in person.registered]
    assert sorted(mine) == list(range(2, len(versions) + 1))
    for version in versions:
        persons = [approval.person for approval in version.approvals]
        assert len(set(persons)) == len(persons)
        assert version.author_person not in persons
        assert version.state != "approved" or len(persons) >= 2
    audited = Management(stage).get("/audit/verify")
    assert (audited["findings"], audited["more_findings"]) == ([], 0)
