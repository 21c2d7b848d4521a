"""Files of identity servers and services."""

import json
from uuid import uuid4

from tests.support.exports.export import JANUARY, Export, Marks, hash_by, json_export


def keycloak(marks: Marks) -> Export:
    credential = json.loads(hash_by("node:crypto as Keycloak 24", "keycloak")) | {"type": "password", "createdDate": 1}
    uuid = str(uuid4())
    person = {
        "id": uuid, "username": marks.name, "email": marks.email, "emailVerified": True, "firstName": "Ann",
        "lastName": "Lee", "enabled": True, "createdTimestamp": 1700000000000, "totp": False,
        "attributes": {"phoneNumber": [f"+86{marks.telephone}"], "locale": ["zh"]}, "credentials": [credential],
        "realmRoles": ["default-roles-a"], "groups": ["/A/B"], "requiredActions": [], "disableableCredentialTypes": [],
    }  # fmt: skip
    service = {"username": f"service-account-{marks.name}", "enabled": True, "serviceAccountClientId": "api"}
    realm = {"realm": "a", "roles": {"realm": [{"name": "x"}]}, "users": [person, service], "groups": []}
    kept = {"uuid": uuid, "email_verified": 1, "created_at": "2023-11-14T22:13:20.000Z"}
    return json_export("realm.json", realm, marks.name, "realmRoles", kept=kept)


def casdoor(marks: Marks) -> Export:
    given = json.loads(hash_by("node:crypto as Casdoor sha512-salt", "casdoor"))
    person = {
        "owner": "acme", "name": marks.name, "createdTime": "2024-01-01T08:00:00+08:00", "id": str(uuid4()),
        "password": given["password"], "passwordSalt": "", "passwordType": "", "displayName": "王小明",
        "title": "工程师",
        "email": marks.email, "emailVerified": True, "phone": marks.telephone, "countryCode": "CN", "isDeleted": False,
        "isForbidden": False, "affiliation": "Acme", "lark": f"ou_{marks.name}", "wecom": "w1", "groups": ["acme/g"],
    }  # fmt: skip
    organization = {"name": "acme", "passwordType": given["passwordType"], "passwordSalt": given["passwordSalt"]}
    document = {"users": [person], "organizations": [organization]}
    return json_export(
        "init_data_dump.json",
        document,
        marks.name,
        "wecom",
        options=("--default-country", "CN"),
        kept={"created_at": JANUARY},
    )


def zitadel(marks: Marks) -> Export:
    human = {
        "userId": (number := str(uuid4().int % 2**63)),
        "user": {
            "userName": marks.name, "profile": {"firstName": "Ann", "lastName": "Lee", "gender": "GENDER_FEMALE"},
            "email": {"email": marks.email, "isEmailVerified": True}, "phone": {"phone": f"+86{marks.telephone}"},
            "hashedPassword": {"value": hash_by("npm bcrypt", "bcrypt")},
        },
    }  # fmt: skip
    org = {"orgId": "1", "org": {"name": "acme"}, "humanUsers": [human], "machineUsers": [{"userId": "2"}]}
    return Export(
        "export.json", json.dumps({"orgs": [org]}), marks.name, kept={"external_id": number, "email_verified": 1}
    )


def kratos(marks: Marks) -> Export:
    stored = hash_by("node:crypto as Kratos", "kratos_pbkdf2")
    password = {"type": "password", "identifiers": [marks.email], "version": 0, "created_at": "2024-01-01T00:00:00Z"}
    person = {
        "id": str(uuid4()), "schema_id": "default", "state": "active", "created_at": "2024-01-01T00:00:00.000001Z",
        "traits": {"email": marks.email, "name": {"first": "Ann", "last": "Lee"}},
        "credentials": {"password": password | {"config": {"hashed_password": stored}}},
        "verifiable_addresses": [{"value": marks.email, "verified": True, "via": "email"}],
    }  # fmt: skip
    return json_export(
        "identities.json", [person], marks.email, "schema_id", kept={"email_verified": 1, "created_at": JANUARY}
    )


def firebase(marks: Marks) -> Export:
    given = json.loads(hash_by("npm firebase-scrypt", "firebase_scrypt"))
    config = {name: given.pop(name) for name in ("base64_signer_key", "base64_salt_separator", "rounds", "mem_cost")}
    number = uuid4().hex[:28]
    cells = [number, marks.email, "true", given["passwordHash"], given["salt"], "Ann Lee", *[""] * 17]
    cells += ["1700000000000", "1700000000000", f"+86{marks.telephone}", "false", ""]
    lines = "".join(f"  {name}: {value},\n" for name, value in config.items())
    return Export(
        "users.csv",
        ",".join(cells) + ",\n",
        marks.email,
        lost="lastSignedInAt",
        kept={"external_id": number, "email_verified": 1, "created_at": "2023-11-14T22:13:20.000Z"},
        config=f"hash_config {{\n  algorithm: SCRYPT,\n{lines}}}\n",
    )


def auth0(marks: Marks) -> Export:
    line = {
        "_id": {"$oid": (number := uuid4().hex[:24])}, "email_verified": True, "email": marks.email, "tenant": "acme",
        "passwordHash": hash_by("npm bcryptjs", "bcrypt"), "password_set_date": {"$date": "2021-03-05T16:34:12.502Z"},
        "connection": "Username-Password-Authentication", "_tmp_is_unique": True,
    }  # fmt: skip
    return Export(
        "hashes.json",
        json.dumps(line) + "\n",
        marks.email,
        kept={"external_id": f"auth0|{number}", "email_verified": 1},
    )


def supertokens(marks: Marks) -> Export:
    methods = [
        {"recipeId": "thirdparty", "thirdPartyId": "google", "thirdPartyUserId": "1", "email": marks.email},
        {
            "recipeId": "emailpassword", "email": marks.email, "isVerified": True, "isPrimary": True,
            "passwordHash": hash_by("npm @node-rs/argon2", "argon2"), "hashingAlgorithm": "argon2",
            "timeJoinedInMSSinceEpoch": 1700000000000, "tenantIds": ["public"],
        },
    ]  # fmt: skip
    number = uuid4().hex
    person = {"externalUserId": number, "userMetadata": {"first_name": "Ann"}, "loginMethods": methods}
    return json_export(
        "bulk.json",
        {"users": [person]},
        marks.email,
        "sign-in with google",
        kept={"external_id": number, "email_verified": 1},
    )


def logto(marks: Marks) -> Export:
    person = {
        "username": marks.name, "primaryEmail": marks.email, "primaryPhone": f"86{marks.telephone}", "name": "Ann Lee",
        "passwordDigest": hash_by("node:crypto as Logto", "logto"), "passwordAlgorithm": "Legacy", "avatar": "https://a",
    }  # fmt: skip
    return json_export("users.json", [person], marks.name, "avatar")


def okta(marks: Marks) -> Export:
    profile = {"login": marks.email, "email": marks.email, "firstName": "Ann", "lastName": "Lee", "mobilePhone": None}
    number = f"00u{uuid4().hex[:17]}"
    person = {"id": number, "status": "SUSPENDED", "created": "2024-01-01T00:00:00.000Z", "profile": profile}
    return Export(
        "users.jsonl",
        json.dumps(person) + "\n",
        marks.email,
        None,
        kept={"external_id": number, "disabled": 1, "created_at": JANUARY},
    )


def cognito(marks: Marks) -> Export:
    attributes = [{"Name": "sub", "Value": (uuid := str(uuid4()))}, {"Name": "email", "Value": marks.email}]
    attributes += [
        {"Name": "email_verified", "Value": "true"},
        {"Name": "phone_number", "Value": f"+86{marks.telephone}"},
    ]
    person = {"Username": marks.name, "Attributes": attributes, "Enabled": True, "UserStatus": "CONFIRMED"}
    return json_export(
        "users.json",
        {"Users": [person]},
        marks.email,
        "UserStatus",
        password=None,
        kept={"uuid": uuid, "email_verified": 1},
    )


EXPORTS = (keycloak, casdoor, zitadel, kratos, firebase, auth0, supertokens, logto, okta, cognito)
