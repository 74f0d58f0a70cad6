"""The calls of a model's API: where each goes, and what it asks of its caller."""

from dataclasses import dataclass
from typing import Literal

from functions.adapters.model_settings import ModelSettings

Asks = Literal["nothing", "client", "signature"]


@dataclass(frozen=True, slots=True)
class Route:
    """A path with its method; `{model}` stands for the model's own name.

    `verb` is the function that answers. A call `asks` for nothing; for what `[api] auth` wants of a client; or for an
    IAM signature whatever that says: a key of API Gateway's opens every method of its stage, and whoever may ask for
    predictions must not therefore be able to say what was true.
    """

    verb: Literal["predict", "ingest"]
    method: str
    path: str
    asks: Asks = "client"

    @property
    def call(self) -> str | None:
        """What roles call it (infra/access.py); None where nobody is asked who they are."""
        if self.asks == "nothing":
            return None
        return "infer" if self.verb == "predict" else self.path.rpartition("/")[2]

    @property
    def needs_content_type(self) -> bool:
        """Named rows and the truth about them do; Triton's own client names none when it infers."""
        return self.method == "POST" and self.path.startswith("/models/")


_SERVING = (
    Route("predict", "GET", "/v2"),
    Route("predict", "GET", "/v2/health/live", asks="nothing"),
    Route("predict", "GET", "/v2/health/ready"),
    Route("predict", "GET", "/v2/models/{model}"),
    Route("predict", "GET", "/v2/models/{model}/ready"),
    Route("predict", "POST", "/v2/models/{model}/infer"),
    Route("predict", "GET", "/v2/models/{model}/versions/{version}"),
    Route("predict", "GET", "/v2/models/{model}/versions/{version}/ready"),
    Route("predict", "POST", "/v2/models/{model}/versions/{version}/infer"),
    Route("predict", "POST", "/models/{model}/predict"),
    Route("predict", "GET", "/openapi.json", asks="nothing"),
)
_INGESTION = (
    Route("ingest", "POST", "/models/{model}/labels", asks="signature"),
    Route("ingest", "POST", "/models/{model}/observations", asks="signature"),
)
# A model that is hosted elsewhere has no predict: what there is to describe, ingest does.
_DESCRIPTION = (Route("ingest", "GET", "/openapi.json", asks="nothing"),)


def routes(settings: ModelSettings) -> tuple[Route, ...]:
    """All calls of a model's API."""
    return (*_INGESTION, *(_DESCRIPTION if settings.train.external else _SERVING))


def signed_routes(settings: ModelSettings) -> tuple[Route, ...]:
    """Those that ask for an IAM signature."""
    by_iam = settings.api.auth == "iam"
    return tuple(
        route for route in routes(settings) if route.asks == "signature" or (route.asks == "client" and by_iam)
    )


def signable_routes() -> tuple[Route, ...]:
    """Those of all models that any model may ask a signature for."""
    return tuple(route for route in (*_INGESTION, *_SERVING) if route.asks != "nothing")
