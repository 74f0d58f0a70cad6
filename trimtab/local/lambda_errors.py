"""How Lambda says no, with the codes and statuses of its API."""


class LambdaError(Exception):
    """An error answer of the Lambda API."""

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def not_found(message: str) -> LambdaError:
    return LambdaError("ResourceNotFoundException", 404, message)


def conflict(message: str) -> LambdaError:
    return LambdaError("ResourceConflictException", 409, message)


def invalid(message: str) -> LambdaError:
    return LambdaError("InvalidParameterValueException", 400, message)


def stale_revision(kind: str) -> LambdaError:
    message = (
        f"The RevisionId provided does not match the latest RevisionId. Call the {kind} API to retrieve the latest "
        "RevisionId"
    )
    return LambdaError("PreconditionFailedException", 412, message)


def too_large(message: str) -> LambdaError:
    return LambdaError("RequestEntityTooLargeException", 413, message)


def no_images(arn: str) -> LambdaError:
    message = f"{arn} is a container image, which the local cloud does not run: package it as a zip to run it here"
    return LambdaError("InvalidRuntimeException", 502, message)


def throttled() -> LambdaError:
    return LambdaError("TooManyRequestsException", 429, "Rate Exceeded.")
