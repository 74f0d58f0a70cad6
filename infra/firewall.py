"""The web ACL before every model's API: floods, known attacks, and bodies that predict would refuse anyway."""

import json

from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.stage import StageContext

# API Gateway sends a body to Lambda in base64, and Lambda takes 6 MiB: below 4.6 MB it fits, with the headers.
_TOO_LARGE = r"^(4[6-9]\d{5}|[5-9]\d{6}|\d{8,})$"
_BODIES = {
    "too-many": "too many requests from this address: wait a minute",
    "too-large": "the body is over 4.5 MB: send fewer rows a request",
    "unsupported": "the content type must be application/json, or application/octet-stream for binary tensors",
}
# Rules of AWS's common set that would refuse good requests; they count, so that a flood of them is still seen.
_COUNTED = {
    "SizeRestrictions_BODY": "a body over 8 KB is a batch of a few dozen rows",
    "CrossSiteScripting_BODY": "a string feature may hold any text, and no browser renders it",
    "GenericLFI_BODY": "the same: text with ../ in it names no file here",
    "GenericRFI_BODY": "the same: a URL in a feature is never fetched",
    "EC2MetaDataSSRF_BODY": "the same: predict calls nothing that a request names",
    "NoUserAgent_HEADER": "programs send none, and programs are our clients",
}


class Firewall(Construct):
    """One regional web ACL a stage; each model's stack ties its API to it."""

    def __init__(self, scope: Construct, construct_id: str, stage: StageContext) -> None:
        super().__init__(scope, construct_id)
        self.web_acl = waf.CfnWebACL(
            self,
            "WebAcl",
            name=f"trimtab-{stage.name}",
            description="Rate by address, content type and size of bodies, and the managed rules of AWS",
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow=waf.CfnWebACL.AllowActionProperty()),
            custom_response_bodies={
                key: waf.CfnWebACL.CustomResponseBodyProperty(
                    content_type="APPLICATION_JSON", content=json.dumps({"error": text})
                )
                for key, text in _BODIES.items()
            },
            rules=[
                _blocking(0, "rate", _rate(stage.settings.firewall_rate), 429, "too-many", retry_after="60"),
                _blocking(1, "content-type", _post_with_other_content_type(), 415, "unsupported"),
                _blocking(2, "content-length", _too_large(), 413, "too-large"),
                _managed(3, "AWSManagedRulesCommonRuleSet", counted=list(_COUNTED)),
                _managed(4, "AWSManagedRulesKnownBadInputsRuleSet", counted=[]),
            ],
            visibility_config=_visible(f"trimtab-{stage.name}"),
        )


def _blocking(
    priority: int,
    name: str,
    statement: waf.CfnWebACL.StatementProperty,
    code: int,
    body: str,
    retry_after: str | None = None,
) -> waf.CfnWebACL.RuleProperty:
    """A rule that refuses what `statement` matches, with our own JSON."""
    headers = [waf.CfnWebACL.CustomHTTPHeaderProperty(name="Retry-After", value=retry_after)] if retry_after else None
    response = waf.CfnWebACL.CustomResponseProperty(
        response_code=code, custom_response_body_key=body, response_headers=headers
    )
    block = waf.CfnWebACL.RuleActionProperty(block=waf.CfnWebACL.BlockActionProperty(custom_response=response))
    return waf.CfnWebACL.RuleProperty(
        name=name, priority=priority, statement=statement, action=block, visibility_config=_visible(name)
    )


def _managed(priority: int, name: str, counted: list[str]) -> waf.CfnWebACL.RuleProperty:
    """A rule group of AWS's own, `counted` of it only counted. What it refuses is answered as WAF_FILTERED."""
    count = waf.CfnWebACL.RuleActionProperty(count=waf.CfnWebACL.CountActionProperty())
    overrides = [waf.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use=count) for rule in counted]
    group = waf.CfnWebACL.ManagedRuleGroupStatementProperty(
        vendor_name="AWS", name=name, rule_action_overrides=overrides or None
    )
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        statement=waf.CfnWebACL.StatementProperty(managed_rule_group_statement=group),
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        visibility_config=_visible(name),
    )


def _rate(limit: int) -> waf.CfnWebACL.StatementProperty:
    return waf.CfnWebACL.StatementProperty(
        rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
            limit=limit, aggregate_key_type="IP", evaluation_window_sec=300
        )
    )


def _post_with_other_content_type() -> waf.CfnWebACL.StatementProperty:
    """A POST whose Content-Type is there and is neither of those that predict reads.

    Without any it is JSON, as everywhere behind API Gateway; Triton's own client sends none.
    """
    is_post = waf.CfnWebACL.StatementProperty(
        byte_match_statement=waf.CfnWebACL.ByteMatchStatementProperty(
            field_to_match=waf.CfnWebACL.FieldToMatchProperty(method={}),
            positional_constraint="EXACTLY",
            search_string="POST",
            text_transformations=[_transformed("NONE")],
        )
    )
    is_there = _header_matches("content-type", ".")
    is_read = _header_matches("content-type", r"^application/(json|octet-stream) *(;|$)")
    is_other = waf.CfnWebACL.StatementProperty(not_statement=waf.CfnWebACL.NotStatementProperty(statement=is_read))
    return waf.CfnWebACL.StatementProperty(
        and_statement=waf.CfnWebACL.AndStatementProperty(statements=[is_post, is_there, is_other])
    )


def _too_large() -> waf.CfnWebACL.StatementProperty:
    return _header_matches("content-length", _TOO_LARGE)


def _header_matches(name: str, regex: str) -> waf.CfnWebACL.StatementProperty:
    """The header is there, and in lower case it matches."""
    return waf.CfnWebACL.StatementProperty(
        regex_match_statement=waf.CfnWebACL.RegexMatchStatementProperty(
            field_to_match=waf.CfnWebACL.FieldToMatchProperty(single_header={"Name": name}),
            regex_string=regex,
            text_transformations=[_transformed("LOWERCASE")],
        )
    )


def _transformed(kind: str) -> waf.CfnWebACL.TextTransformationProperty:
    return waf.CfnWebACL.TextTransformationProperty(priority=0, type=kind)


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        metric_name=name, cloud_watch_metrics_enabled=True, sampled_requests_enabled=True
    )
