"""The correction of a model, redrawn while something moves."""

from time import sleep

from rich.live import Live

from trimtab.console import note, results
from trimtab.stage import Stage

LOCAL_S, AWS_S = 1.0, 5.0


def watch_correction(stage: Stage, model: str) -> None:
    """Show the correction, again and again, until neither a training nor a rollout is under way.

    Raises:
        NotFoundError: the model is not deployed in the stage.
    """
    from trimtab.correction_status import correction_status, moves
    from trimtab.correction_view import glance
    from trimtab.endpoint import find_endpoint
    from trimtab.judge_now import now

    find_endpoint(stage, model)
    correction = correction_status(stage, model)
    with Live(glance(model, correction, now(stage)), console=results, auto_refresh=False) as live:
        while moves(correction):
            sleep(LOCAL_S if stage.is_local else AWS_S)
            correction = correction_status(stage, model)
            live.update(glance(model, correction, now(stage)), refresh=True)
    note("nothing moves now")
