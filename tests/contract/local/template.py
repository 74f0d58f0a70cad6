"""A small cloud assembly, written by hand as CDK would: enough to meet each part of the local cloud."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ACCOUNT, REGION, STACK = "123456789012", "us-east-1", "trimtab-local-model-tiny"
ASSETS = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
HANDLERS = Path(__file__).with_name("handlers.py")
Resources = dict[str, Any]


def zipped(files: dict[str, str]) -> bytes:
    """A zip whose bytes depend on its files alone."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), text)
    return buffer.getvalue()


def handlers_zip(comment: str = "") -> bytes:
    return zipped({"handlers.py": HANDLERS.read_text() + f"\n# {comment}\n"})


def write_assembly(
    folder: Path,
    resources: Resources,
    *,
    assets: Mapping[str, bytes] | None = None,
    images: Mapping[str, Any] | None = None,
    **template: Any,
) -> Path:
    """An assembly of one stack. As an S3Key `${ASSET}` is the handlers' zip, `${NAME}` one of `assets`."""
    folder.mkdir(parents=True, exist_ok=True)
    text, files = json.dumps({"Resources": resources, **template}), {}
    for name, asset in {"ASSET": handlers_zip(), **(assets or {})}.items():
        key = hashlib.sha256(asset).hexdigest()
        (folder / f"asset.{key}.zip").write_bytes(asset)
        text = text.replace(f"${{{name}}}", f"{key}.zip")
        files[key] = {
            "source": {"path": f"asset.{key}.zip", "packaging": "file"},
            "destinations": {"local": {"bucketName": ASSETS, "objectKey": f"{key}.zip"}},
        }
    (folder / "tiny.template.json").write_text(text)
    (folder / "tiny.assets.json").write_text(json.dumps({"files": files, "dockerImages": images or {}}))
    artifacts = {
        "tiny.assets": {"type": "cdk:asset-manifest", "properties": {"file": "tiny.assets.json"}},
        "tiny": {
            "type": "aws:cloudformation:stack",
            "dependencies": ["tiny.assets"],
            "properties": {"templateFile": "tiny.template.json", "stackName": STACK},
        },
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return folder


def function(name: str, handler: str, **more: Any) -> Resources:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": name,
            "Handler": f"handlers.{handler}",
            "Runtime": "python3.13",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"S3Bucket": ASSETS, "S3Key": "${ASSET}"},
            **more,
        },
    }


def base_resources() -> Resources:
    """Role, bucket, stream, log group and functions."""
    trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda"}}]}
    return {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/aws/lambda/work"}},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tiny-data"}},
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "tiny",
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            },
        },
        "Stream": {
            "Type": "AWS::KinesisFirehose::DeliveryStream",
            "Properties": {
                "DeliveryStreamName": "tiny-stream",
                "ExtendedS3DestinationConfiguration": {
                    "BucketARN": {"Fn::GetAtt": ["Bucket", "Arn"]},
                    "RoleARN": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Prefix": "raw/!{timestamp:yyyy/MM/dd/HH}/",
                    "ErrorOutputPrefix": "failed/!{firehose:error-output-type}/",
                    "CompressionFormat": "GZIP",
                    "BufferingHints": {"IntervalInSeconds": 900, "SizeInMBs": 1},
                },
            },
        },
        "Work": function("work", "handler", Timeout=2, Environment={"Variables": {"STREAM": {"Ref": "Stream"}}}),
        "Web": function("web", "web", Timeout=5),
        "CustomFunction": function("custom", "custom", Timeout=30),
        "Made": {
            "Type": "Custom::Thing",
            "Properties": {"ServiceToken": {"Fn::GetAtt": ["CustomFunction", "Arn"]}, "Number": 7, "Flag": True},
        },
    }


def web_acl(word: str) -> Resources:
    """A firewall that refuses requests whose header X-Say holds a word."""
    visible = {"CloudWatchMetricsEnabled": False, "SampledRequestsEnabled": False, "MetricName": "m"}
    says = {
        "FieldToMatch": {"SingleHeader": {"Name": "x-say"}},
        "PositionalConstraint": "CONTAINS",
        "SearchString": word,
        "TextTransformations": [{"Priority": 0, "Type": "LOWERCASE"}],
    }
    response = {"ResponseCode": 451, "CustomResponseBodyKey": "no"}
    rule = {
        "Name": "word",
        "Priority": 0,
        "Action": {"Block": {"CustomResponse": response}},
        "Statement": {"ByteMatchStatement": says},
        "VisibilityConfig": visible,
    }
    properties = {
        "Name": "tiny",
        "Scope": "REGIONAL",
        "DefaultAction": {"Allow": {}},
        "Rules": [rule],
        "CustomResponseBodies": {"no": {"ContentType": "APPLICATION_JSON", "Content": '{"error": "no such word"}'}},
        "VisibilityConfig": visible,
    }
    return {"Type": "AWS::WAFv2::WebACL", "Properties": properties}


def api_resources() -> Resources:
    """A REST API with keys, limits, a validator and a firewall."""
    target = {"Fn::Sub": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${Web.Arn}/invocations"}

    def resource(parent: Any, part: str) -> Resources:
        properties = {"RestApiId": {"Ref": "Api"}, "ParentId": parent, "PathPart": part}
        return {"Type": "AWS::ApiGateway::Resource", "Properties": properties}

    def method(of: Any, http: str, **more: Any) -> Resources:
        integration = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": target}
        properties = {"RestApiId": {"Ref": "Api"}, "ResourceId": of, "HttpMethod": http, "Integration": integration}
        return {"Type": "AWS::ApiGateway::Method", "Properties": {**properties, **more}}

    root = {"Fn::GetAtt": ["Api", "RootResourceId"]}
    needs_type = {"method.request.header.Content-Type": True}
    return {
        "Api": {
            "Type": "AWS::ApiGateway::RestApi",
            "Properties": {"Name": "tiny", "BinaryMediaTypes": ["*/*"],
                           "EndpointConfiguration": {"Types": ["REGIONAL"]}},
        },
        "Open": resource(root, "open"),
        "Items": resource(root, "items"),
        "Item": resource({"Ref": "Items"}, "{item}"),
        "Special": resource({"Ref": "Items"}, "special"),
        "Signed": resource(root, "signed"),
        "Limited": resource(root, "limited"),
        "Checked": {"Type": "AWS::ApiGateway::RequestValidator",
                    "Properties": {"RestApiId": {"Ref": "Api"}, "ValidateRequestParameters": True}},
        "OpenGet": method({"Ref": "Open"}, "GET"),
        "OpenPost": method(
            {"Ref": "Open"}, "POST", RequestParameters=needs_type, RequestValidatorId={"Ref": "Checked"}
        ),
        "ItemGet": method({"Ref": "Item"}, "GET", ApiKeyRequired=True),
        "SpecialGet": method({"Ref": "Special"}, "GET", ApiKeyRequired=True),
        "SignedGet": method({"Ref": "Signed"}, "GET", AuthorizationType="AWS_IAM"),
        "LimitedGet": method({"Ref": "Limited"}, "GET"),
        "Throttled": {"Type": "AWS::ApiGateway::GatewayResponse", "Properties": {
            "RestApiId": {"Ref": "Api"}, "ResponseType": "THROTTLED", "StatusCode": "429",
            "ResponseParameters": {"gatewayresponse.header.Retry-After": "'3'"},
            "ResponseTemplates": {"application/json": '{"error": $context.error.messageString}'}}},
        "Quota": {"Type": "AWS::ApiGateway::GatewayResponse", "Properties": {
            "RestApiId": {"Ref": "Api"}, "ResponseType": "QUOTA_EXCEEDED",
            "ResponseParameters": {"gatewayresponse.header.Retry-After": "'3600'"}}},
        "Deployed": {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "Api"}},
                     "DependsOn": ["OpenGet", "OpenPost", "ItemGet", "SpecialGet", "SignedGet", "LimitedGet"]},
        "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {
            "RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployed"}, "StageName": "local",
            "MethodSettings": [{"ResourcePath": "/~1limited", "HttpMethod": "GET",
                                "ThrottlingRateLimit": 0.001, "ThrottlingBurstLimit": 2}]}},
        "Allowed": {"Type": "AWS::Lambda::Permission", "Properties": {
            "FunctionName": {"Ref": "Web"}, "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com",
            "SourceArn": {"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/local/*/*"}}},
        "Acl": web_acl("blocked"),
        "Guarded": {"Type": "AWS::WAFv2::WebACLAssociation", "Properties": {
            "WebACLArn": {"Fn::GetAtt": ["Acl", "Arn"]},
            "ResourceArn": {"Fn::Sub": "arn:aws:apigateway:us-east-1::/restapis/${Api}/stages/${Stage}"}}},
        "Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Enabled": True, "Name": "client"}},
        "Plan": {"Type": "AWS::ApiGateway::UsagePlan", "Properties": {
            "ApiStages": [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Stage"}}],
            "Throttle": {"RateLimit": 1000, "BurstLimit": 1000}, "Quota": {"Limit": 5, "Period": "DAY"}}},
        "PlanKey": {"Type": "AWS::ApiGateway::UsagePlanKey", "Properties": {
            "UsagePlanId": {"Ref": "Plan"}, "KeyId": {"Ref": "Key"}, "KeyType": "API_KEY"}},
        "Url": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/tiny/url", "Type": "String", "Value": {
            "Fn::Join": ["", ["https://", {"Ref": "Api"}, ".execute-api.us-east-1.", {"Ref": "AWS::URLSuffix"},
                              "/", {"Ref": "Stage"}]]}}},
    }  # fmt: skip
