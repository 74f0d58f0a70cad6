"""All kinds of resources that the local cloud knows, by their CloudFormation type."""

from trimtab.local.resources import (
    api_keys,
    compute,
    delivery,
    keys,
    managed_policies,
    monitoring,
    rest_api,
    schedules,
    state_machines,
    storage,
)
from trimtab.local.resources.resource_type import ResourceType

TYPES: dict[str, ResourceType] = {
    **storage.TYPES,
    **keys.TYPES,
    **compute.TYPES,
    **delivery.TYPES,
    **managed_policies.TYPES,
    **rest_api.TYPES,
    **api_keys.TYPES,
    **schedules.TYPES,
    **monitoring.TYPES,
    **state_machines.TYPES,
}
NOT_RESOURCES = frozenset({"AWS::CDK::Metadata"})
