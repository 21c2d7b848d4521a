"""Files of other systems in their further forms: what each person becomes, who is left out, what is told as lost."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cli.imports.options import find_shaping, find_surroundings
from cli.imports.rows import RowBatch, UserFile
from cli.imports.shaping import Shaping

BCRYPT = "$2b$10$fEEbc0FuRKjStFfTOgeTsOpIQmMEsV8INPJ9X5fZWSBw3fiGSRwWu"
UUID = "8b2c51b4-2a1f-4e0c-9d3f-0a1b2c3d4e5f"
NEW_YEAR = "2024-01-01T00:00:00+00:00"


def shaping_of(
    system: str, renamed: Sequence[str] = (), country: str | None = None, config: Path | None = None
) -> Shaping:
    return find_shaping(system, renamed, (), find_surroundings(config, country))


def read(file: Path, shaping: Shaping) -> RowBatch:
    users = UserFile(file, shaping)
    users.check()
    (batch,) = users.batches()
    return batch


def write(folder: Path, name: str, content: Any) -> Path:
    file = folder / name
    text = content if isinstance(content, str) else json.dumps(content)
    file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return file


def values(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row.get(name) for name in names) for row in rows]


FORMS: dict[str, tuple[str, str, Any, dict[str, Any]]] = {  # system, file, content, the fields of its one person
    "keycloak, files of users": (
        "keycloak", "a-users-0.json",
        {"realm": "a", "users": [
            {"id": UUID, "username": "ann", "enabled": False, "attributes": {"tel": ["+8613800001114"]}},
        ]},
        {"uuid": UUID, "username": "ann", "disabled": 1, "telephone": "+8613800001114"},
    ),
    "keycloak, a realm made by hand": (
        "keycloak", "realm.json",
        {"users": [{"username": "ann", "credentials": [{"type": "password", "value": "secret", "temporary": True}]}]},
        {"username": "ann", "password_hash": "{noop}secret"},
    ),
    "zitadel, for its import": (
        "zitadel", "import.json",
        {"data_orgs": {"orgs": [{"humanUsers": [{"userId": "9", "user": {"userName": "ann"}}], "machineUsers": [{}]}]}},
        {"external_id": "9", "username": "ann"},
    ),
    "kratos, a batch": (
        "kratos", "batch.json",
        {"identities": [{"create": {"traits": {"email": "a@x.cn", "name": "Ann"}, "state": "inactive",
         "credentials": {"password": {"config": {"hashed_password": BCRYPT}}}}}]},
        {"email": "a@x.cn", "name": "Ann", "disabled": 1, "password_hash": BCRYPT},
    ),
    "firebase, JSON": (
        "firebase", "users.json",
        {"users": [
            {"localId": "x1", "email": "a@x.cn", "displayName": "Ann", "createdAt": "1704067200000", "disabled": True},
        ]},
        {"external_id": "x1", "email": "a@x.cn", "name": "Ann", "created_at": NEW_YEAR, "disabled": 1},
    ),
    "logto, its table": (
        "logto", "logto.sql",
        "COPY public.users (id, username, primary_email, primary_phone, password_encrypted, is_suspended) FROM stdin;\n"
        f"u1\tann\ta@x.cn\t8613800001114\t{BCRYPT}\tt\n\\.\n",
        {"external_id": "u1", "username": "ann", "email": "a@x.cn", "telephone": "+8613800001114", "disabled": 1,
         "password_hash": BCRYPT},
    ),
    "cognito, the header of its import": (
        "cognito", "users.csv",
        "cognito:username,email,email_verified,phone_number,cognito:mfa_enabled\nann,a@x.cn,TRUE,+8613800001114,FALSE\n",
        {"username": "ann", "email": "a@x.cn", "email_verified": 1, "telephone": "+8613800001114"},
    ),
    "django, one a line": (
        "django", "users.jsonl",
        json.dumps({"model": "auth.user", "fields": {"username": "ann", "password": "!x", "is_active": False}}),
        {"username": "ann", "password_hash": "!x", "disabled": 1},
    ),
    "wordpress, its table": (
        "wordpress", "wp.sql",
        "CREATE TABLE `wp_users` (\n  `ID` bigint,\n  `user_login` varchar(60),\n  `user_pass` varchar(255)\n);\n"
        "INSERT INTO `wp_users` VALUES (1,'ann','$P$Babc');\n"
        "INSERT INTO `wp_usermeta` VALUES (1,1,'first_name','Ann');\n",
        {"username": "ann", "password_hash": "$P$Babc"},
    ),
    "okta, locked out": (
        "okta", "users.json",
        [{"id": "00u", "status": "LOCKED_OUT", "profile": {"login": "ann", "mobilePhone": "+44 7400 123456"}}],
        {"external_id": "00u", "username": "ann", "telephone": "+447400123456"},
    ),
    "usermgmt, not allowed": (
        "usermgmt", "u.sql",
        "COPY public.tbl_tenant (tenantid, username, telephonenumber, isallowed) FROM stdin;\n"
        f"{UUID}\tann\t13800001114\tf\n\\.\n",
        {"uuid": UUID, "username": "ann", "telephone": "13800001114", "mobile": "13800001114", "disabled": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_further_forms_of_files_are_read(tmp_path: Path, form: str) -> None:
    system, name, content, expected = FORMS[form]
    renamed = ["attributes.tel=telephone"] if system == "keycloak" else []
    batch = read(write(tmp_path, name, content), shaping_of(system, renamed, "GB" if system == "okta" else None))
    if system == "okta":
        expected = expected | {"telephone": "07400123456"}  # as it is dialled in the default country
    assert (batch.rows, batch.faults) == ([expected], {})


def test_hashes_of_firebase_in_supertokens_want_the_signer_key(tmp_path: Path) -> None:
    method = {
        "recipeId": "emailpassword",
        "email": "a@x.cn",
        "passwordHash": "$f_scrypt$aGFzaA==$c2FsdA==$m=14$r=8$s=Bw==",
    }
    file = write(tmp_path, "bulk.json", {"users": [{"loginMethods": [method]}]})
    config = write(tmp_path, "hash_config", "base64_signer_key: a2V5\n")
    (row,) = read(file, shaping_of("supertokens", config=config)).rows
    assert row["password_hash"] == "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=a2V5$c2FsdA==$aGFzaA=="


def test_a_person_of_django_with_an_empty_password_comes_without_one(tmp_path: Path) -> None:
    people = [
        {"model": "auth.user", "pk": 1, "fields": {"username": "ann", "password": ""}},
        {"model": "auth.group", "pk": 1, "fields": {"name": "editors"}},
    ]
    assert read(write(tmp_path, "users.json", people), shaping_of("django")).rows == [{"username": "ann"}]


def test_a_password_in_plain_of_supertokens_is_taken(tmp_path: Path) -> None:
    method = {"recipeId": "emailpassword", "email": "a@x.cn", "plainTextPassword": "secret!"}
    other = {"recipeId": "thirdparty", "thirdPartyId": "google", "email": "b@x.cn", "isPrimary": True}
    people = {"users": [{"loginMethods": [other, method]}]}
    (row,) = read(write(tmp_path, "bulk.json", people), shaping_of("supertokens")).rows
    assert (row["email"], row["password_hash"]) == ("a@x.cn", "{noop}secret!")


@pytest.mark.parametrize(
    ("kind", "stored"), [("bcrypt", BCRYPT), ("", None), ("plain", '{"passwordType": "plain", "password": "secret!"}')]
)
def test_casdoors_table_alone_does_not_tell_the_type_of_the_organization(
    tmp_path: Path, kind: str, stored: str | None
) -> None:
    password = BCRYPT if kind != "plain" else "secret!"
    shaping = shaping_of("casdoor")
    file = write(tmp_path, "user.csv", f"owner,name,password,password_type\nacme,ann,{password},{kind}\n")
    (row,) = read(file, shaping).rows
    given = row.get("password_hash")
    assert given == stored or json.loads(str(given)) == json.loads(str(stored)) | {"passwordSalt": ""}
    assert ("password" in {name for name, _ in shaping.lost}) == (not kind)


LEFT_OUT = {
    "casdoor": ("d.json", {"users": [{"name": "ann", "isDeleted": True}]}),
    "keycloak": ("d.json", {"users": [{"username": "api", "serviceAccountClientId": "api"}]}),
    "laravel": ("d.csv", "email,deleted_at\na@x.cn,2024-01-01\n"),
    "okta": ("d.json", [{"id": "1", "status": "DEPROVISIONED", "profile": {"login": "ann"}}]),
    "passport": ("d.sql", "INSERT INTO t_passport_user (id, email, status) VALUES (3, 'a@x.cn', -1);\n"),
    "supabase": ("d.csv", "email,is_anonymous\n,t\n"),
}


@pytest.mark.parametrize("system", LEFT_OUT)
def test_whom_their_system_calls_deleted_is_left_out(tmp_path: Path, system: str) -> None:
    batch = read(write(tmp_path, *LEFT_OUT[system]), shaping_of(system))
    assert (batch.rows, batch.faults, len(batch.left_out)) == ([], {}, 1)


@pytest.mark.parametrize("name", [{"first": "Ann"}, 5, ["Ann"]], ids=["object", "number", "list"])
def test_a_name_of_supabase_that_is_no_text_keeps_nobody_away(tmp_path: Path, name: Any) -> None:
    about = json.dumps({"full_name": name, "name": "Ann"})
    dump = f"COPY auth.users (email, raw_user_meta_data) FROM stdin;\na@x.cn\t{about}\n\\.\n"
    assert read(write(tmp_path, "auth.sql", dump), shaping_of("supabase")).rows == [{"email": "a@x.cn", "name": "Ann"}]


def test_a_prefix_that_is_missing_is_told(tmp_path: Path) -> None:
    shaping = shaping_of("passport")
    sql = "INSERT INTO t_passport_user (id, email, password, status) VALUES (3, 'a@x.cn', 'abc', 1);\n"
    assert read(write(tmp_path, "p.sql", sql), shaping).rows == [{"id": 3, "email": "a@x.cn"}]
    assert any(name == "password" and "--hash-config" in why for name, why in shaping.lost)


def test_a_hash_of_an_old_keycloak_is_that_of_a_new_one(tmp_path: Path) -> None:
    old = {"hashedSaltedValue": "a2V5", "salt": "c2FsdA==", "hashIterations": 27500, "algorithm": "pbkdf2-sha256"}
    people = {"users": [{"username": "ann", "credentials": [old | {"type": "password", "counter": 0}]}]}
    batch = read(write(tmp_path, "realm.json", people), shaping_of("keycloak"))
    assert json.loads(batch.rows[0]["password_hash"]) == {
        "secretData": {"value": "a2V5", "salt": "c2FsdA=="},
        "credentialData": {"hashIterations": 27500, "algorithm": "pbkdf2-sha256"},
    }


def test_a_credential_without_a_hash_is_told_as_lost(tmp_path: Path) -> None:
    people = {"users": [{"username": "ann", "credentials": [{"type": "password", "temporary": True}]}]}
    shaping = shaping_of("keycloak")
    (row,) = read(write(tmp_path, "realm.json", people), shaping).rows
    assert row == {"username": "ann"}
    assert shaping.lost == {("credentials of type password", "neither a hash nor a password is in it"): 1}
