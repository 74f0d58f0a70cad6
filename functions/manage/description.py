"""The call that answers the API's own description."""

from functions.adapters.gateway_answer import Answer, json_answer
from functions.manage.request import ManageRequest
from functions.manage.tools import Tools


def show_openapi(request: ManageRequest, tools: Tools) -> Answer:
    from functions.manage.openapi import document  # once in a long while

    return json_answer(document())
