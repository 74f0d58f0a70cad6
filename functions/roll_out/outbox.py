"""Tells the stage what became of a model's rollouts: publishes the events that changes of the registry left."""

from datetime import datetime

from functions.roll_out.run import Run


def tell(run: Run) -> None:
    """Publish what waits in the model's outbox, oldest first.

    Raises:
        UnavailableError: EventBridge took less than all of it; the next run tells the rest.
    """
    waiting = run.tools.outbox.waiting(run.model)
    for event in waiting:
        run.tools.services.events.publish("Rollout", event["detail"], datetime.fromisoformat(event["time"]))
    run.tools.outbox.published(run.model, len(waiting))
