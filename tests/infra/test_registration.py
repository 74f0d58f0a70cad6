"""The key that versions are signed with, and who may use it."""

from typing import Any

from tests.infra.conftest import Assembly, Template, flat

REGISTER = "<RegistrationRegisterRole.Arn>"


def statements(platform: Template) -> dict[str, dict[str, Any]]:
    return {each["Sid"]: each for each in platform.only("AWS::KMS::Key")["KeyPolicy"]["Statement"]}


def actions(statement: dict[str, Any]) -> set[str]:
    found = statement["Action"]
    return {found} if isinstance(found, str) else set(found)


def test_the_key_signs_with_ecdsa_and_is_kept_with_the_data(platform: Template, local: Assembly) -> None:
    key = platform.only("AWS::KMS::Key")
    assert (key["KeySpec"], key["KeyUsage"], key["PendingWindowInDays"]) == ("ECC_NIST_P256", "SIGN_VERIFY", 30)
    assert {each["DeletionPolicy"] for each in platform.of_type("AWS::KMS::Key").values()} == {"Retain"}
    here = local.template("trimtab-local-platform")
    assert {each["DeletionPolicy"] for each in here.of_type("AWS::KMS::Key").values()} == {"Delete"}


def test_it_is_found_by_its_alias(platform: Template) -> None:
    alias = platform.only("AWS::KMS::Alias")
    assert alias["AliasName"] == "alias/trimtab-prod-registration"
    assert flat(alias["TargetKeyId"]) == "<RegistrationKey.Arn>"


def test_register_alone_may_sign_whatever_other_policies_say(platform: Template) -> None:
    found = statements(platform)
    assert set(found) == {"AdministerAndVerify", "RegisterSigns", "NobodyElseSigns"}
    allowed = [sid for sid, each in found.items() if each["Effect"] == "Allow" and "kms:Sign" in actions(each)]
    assert allowed == ["RegisterSigns"]
    assert flat(found["RegisterSigns"]["Principal"]["AWS"]) == REGISTER
    denied = found["NobodyElseSigns"]
    assert (denied["Effect"], denied["Principal"]) == ("Deny", {"AWS": "*"})
    assert actions(denied) == {"kms:Sign", "kms:CreateGrant"}, "a grant would hand the right on"
    assert {name: flat(arn) for name, arn in denied["Condition"]["ArnNotEquals"].items()} == {
        "aws:PrincipalArn": REGISTER
    }
    assert not any("*" in action for each in found.values() for action in actions(each))


def test_the_account_administers_the_key_and_can_neither_sign_nor_pass_the_right_on(platform: Template) -> None:
    granted = actions(statements(platform)["AdministerAndVerify"])
    assert {"kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:Verify", "kms:GetPublicKey"} <= granted
    assert not granted & {"kms:Sign", "kms:CreateGrant"}


def test_who_signs_and_who_verifies_know_the_same_key(platform: Template) -> None:
    for verb in ("register", "roll_out"):
        assert flat(platform.function(verb)["Environment"]["Variables"]["SIGNING_KEY"]) == "<RegistrationKey.Arn>"


def test_the_gate_knows_whom_to_ask(platform: Template) -> None:
    asked = flat(platform.function("gate")["Environment"]["Variables"]["REGISTER_FUNCTION"])
    assert asked == "<RegistrationRegisterFunction>"
    assert platform.function("register")["FunctionName"] == "trimtab-prod-register"
