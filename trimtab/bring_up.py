"""Make sure that the stacks which a deployment needs are there."""

from botocore.exceptions import ClientError

from functions.domain.errors import NotFoundError
from trimtab import local_process
from trimtab.console import note, step
from trimtab.project import Project
from trimtab.stage import LOCAL, Stage, open_stage, running_cloud
from trimtab.synth import synthesise


def ensure_deployed_stack(project: Project, stage_name: str, model: str) -> Stage:
    """The stage, with the model's stack in it.

    Locally whatever is missing is made: the local cloud is started, a new model's stack applied. In AWS stacks are
    changed by `cdk deploy` alone.

    Raises:
        NotFoundError: in AWS, the model's stack is not deployed.
    """
    if stage_name == LOCAL:
        return _local(project)
    stage = open_stage(project, stage_name)
    function = stage.names.function("ingest", model)  # which each model has, wherever it is hosted
    try:
        stage.client("lambda").get_function_configuration(FunctionName=function)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise NotFoundError(
            f"stage {stage_name} has no stack for {model}: run "
            f"`npx aws-cdk@2.1148.1 deploy -c stage={stage_name} {stage.names.model_stack(model)}` first"
        ) from None
    return stage


def _local(project: Project) -> Stage:
    with step("synthesise the stacks"):
        assembly = synthesise(project, LOCAL, lambda line: note(f"    {line}"))
    about = running_cloud(project)
    if about is None:
        with step("start the local cloud"):
            local_process.start(project)
    else:
        with step("apply the stacks"):
            local_process.control(about["endpoint"], "deploy", {"assembly": str(assembly)})
    return open_stage(project, LOCAL)
