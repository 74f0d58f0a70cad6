"""What can go wrong, in one tree. The domain knows no HTTP codes; each edge maps these to its own.

TrimtabError
├── InvalidRequestError          what the client sent is wrong: says where and what to do
│   ├── InvalidValuesError       values break the contract: knows of which features
│   ├── RequestTooLargeError
│   └── UnsupportedContentTypeError
├── AccessDeniedError            who asks may not do this, or may not as who they are
├── NotFoundError                no such model, version, release or route
├── ConflictError                somebody else changed it first; read again and retry
│   └── LeaseHeldError           another run works on this model now
├── NoReleaseError               the model has no live release yet
├── CorruptArtifactError         a digest does not match what was recorded
├── ModelFolderError             model.toml, estimator or data set of a model's folder is wrong
│   └── ParityError              ONNX and the estimator answer differently
├── MisconfiguredError           a setting of the environment is missing or wrong
└── UnavailableError             a service did not do what it was asked, after all retries
    └── SmokeTestError           a published version does not answer as it should
"""

from collections.abc import Mapping


class TrimtabError(Exception):
    """Base of all errors that Trimtab raises on purpose; its text is meant for a person."""


class InvalidRequestError(TrimtabError):
    """The request is malformed or breaks the contract."""


class InvalidValuesError(InvalidRequestError):
    """Values of the request break the contract; `features` says of how many values of which features that is known."""

    def __init__(self, text: str, features: Mapping[str, int]) -> None:
        super().__init__(text)
        self.features = features


class RequestTooLargeError(InvalidRequestError):
    """The request's body or number of rows is over its limit."""


class UnsupportedContentTypeError(InvalidRequestError):
    """The request's body is of a content type that this call does not read."""


class AccessDeniedError(TrimtabError):
    """Who asks may not do this."""


class NotFoundError(TrimtabError):
    """What was asked for does not exist."""


class ConflictError(TrimtabError):
    """The thing was changed by somebody else since it was read."""


class LeaseHeldError(ConflictError):
    """Another run holds the model's lease."""


class NoReleaseError(TrimtabError):
    """The model has no release yet."""


class CorruptArtifactError(TrimtabError):
    """A file's digest is not the one that was recorded for it."""


class ModelFolderError(TrimtabError):
    """A model's folder does not hold what it should."""


class ParityError(ModelFolderError):
    """The ONNX model's answers differ from the estimator's by more than the tolerance."""


class MisconfiguredError(TrimtabError):
    """A setting is missing or wrong."""


class UnavailableError(TrimtabError):
    """A service failed or did not answer, after all retries."""


class SmokeTestError(UnavailableError):
    """A published version does not answer the recorded row as it should."""
