"""What an HTTP request to the AWS endpoint asks for: service, operation, and whether it changes anything."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from trimtab.local.http_message import Request

# Queries in each of AWS's protocols, by how their names begin. What is not known to read is taken to write.
READS = re.compile(
    r"^(Get|List|Describe|Head|BatchGet|TransactGet|Query|Scan|Search|Select|Lookup|Test|Simulate|Filter|Generate|"
    r"Decrypt|Encrypt|Verify|Sign|Check|Estimate|Preview|Validate|Count|View)"
)
# Telemetry, and answers that are no state: restoring them would cost more than they are worth.
NOT_KEPT = frozenset(
    {
        ("logs", "PutLogEvents"),
        ("logs", "StartQuery"),
        ("monitoring", "PutMetricData"),
        ("monitoring", "SetAlarmState"),
        ("sts", "AssumeRole"),
        ("sts", "AssumeRoleWithWebIdentity"),
        ("sqs", "ReceiveMessage"),
        ("states", "StartExecution"),  # made again at a start, it would run again
        ("states", "StopExecution"),
        ("xray", "PutTraceSegments"),
        ("xray", "PutTelemetryRecords"),
    }
)
CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class AwsCall:
    """`operation` is the API's name for it (`PutItem`), or in REST services the HTTP method."""

    service: str
    operation: str

    @property
    def changes_state(self) -> bool:
        if self.operation in ("GET", "HEAD", "OPTIONS") or (self.service, self.operation) in NOT_KEPT:
            return False
        return not READS.match(self.operation)


def aws_call(request: Request) -> AwsCall:
    """Read service and operation from the signature's scope, the target header, the form or the method."""
    target = request.header("x-amz-target")
    service = signing_service(request)
    if target:
        prefix, _, operation = target.rpartition(".")
        return AwsCall(service or prefix.split("_")[0].lower(), operation)
    path = request.raw_path
    if match := re.match(r"^/service/[^/]+/operation/([A-Za-z]+)$", path):  # the CBOR protocol
        return AwsCall(service or "unknown", match[1])
    if (request.header("content-type") or "").startswith(FORM) and b"Action=" in request.body:
        action = parse_qs(request.body.decode("utf-8", errors="replace")).get("Action", ["unknown"])[0]
        return AwsCall(service or "unknown", action)
    action = parse_qs(request.query).get("Action", [""])[0]
    return AwsCall(service or "s3", action or request.method)


def signing_service(request: Request) -> str | None:
    """The service in the SigV4 credential scope, from the header or a presigned URL."""
    match = CREDENTIAL.search(request.header("authorization") or "")
    if match is None and "X-Amz-Credential" in request.target:
        credential = parse_qs(request.query).get("X-Amz-Credential", [""])[0]
        match = CREDENTIAL.search(f"Credential={credential}")
    return match[4].lower() if match else None


def signing_key_id(request: Request) -> str | None:
    """The access key's id that a request was signed with."""
    match = CREDENTIAL.search(request.header("authorization") or "")
    return match[1] if match else None
