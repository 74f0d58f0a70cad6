"""Another sender of labels, with keys of its own: the demo's one sends labels that are the wrong way round."""

import json

from botocore.credentials import Credentials

from trimtab.signed_endpoint import SignedEndpoint
from trimtab.stage import Stage


def second_sender(stage: Stage, model: str, name: str) -> SignedEndpoint:
    """The model's endpoint, signed as an IAM user of that name, made here, who may send labels and nothing else."""
    iam = stage.client("iam")
    iam.create_user(UserName=name)
    labels = f"arn:aws:execute-api:{stage.names.region}:{stage.names.account}:*/*/POST/models/{model}/labels"
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": labels}],
    }
    iam.put_user_policy(UserName=name, PolicyName="send-labels", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return SignedEndpoint(stage, model, credentials=Credentials(key["AccessKeyId"], key["SecretAccessKey"]))
