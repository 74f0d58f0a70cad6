"""All kinds of resources that the local cloud knows, by their CloudFormation type."""

from trimtab.local.resources import api_keys, compute, delivery, rest_api, storage
from trimtab.local.resources.resource_type import ResourceType

TYPES: dict[str, ResourceType] = {
    **storage.TYPES,
    **compute.TYPES,
    **delivery.TYPES,
    **rest_api.TYPES,
    **api_keys.TYPES,
}
NOT_RESOURCES = frozenset({"AWS::CDK::Metadata"})
