"""Tokens that no worker has given out are refused, whatever they say and whoever has signed them."""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import pytest

from models.secrets.keys import Keys
from tests.support.client import Client
from tests.support.stack import SECRET
from tests.support.visitors import PASSWORD, create_tenant, get_refusal, is_valid_session, sign_up

REALM = "starcedu_tenant"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
Claims = dict[str, Any]


def encode(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def sign(header: Mapping[str, str], claims: Claims, key: bytes) -> str:
    text = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    return f"{text}.{encode(hmac.digest(key, text.encode(), 'sha256'))}"


def cut(token: str) -> str:
    """The token without its signature."""
    return token.rpartition(".")[0] + "."


def respell(token: str) -> str:
    """The same JWT with another last letter, whose last two bits mean nothing."""
    return token[:-1] + ALPHABET[ALPHABET.index(token[-1]) ^ 1]


def read(token: str) -> tuple[dict[str, str], Claims]:
    return jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})


def replace_claims(token: str, **changed: Any) -> str:
    """The token with other claims and its own signature."""
    header, claims = read(token)
    return ".".join([*sign(header, claims | changed, b"").split(".")[:2], token.split(".")[2]])


FORGED: dict[str, Callable[[str, str, Claims], str]] = {  # from a token, and its key's name and claims
    "unsigned": lambda _, kid, claims: cut(sign({"alg": "none", "kid": kid}, claims, b"")),
    "without its signature": lambda token, *_: cut(token),
    "with claims of another": lambda token, *_: replace_claims(token, sub="1"),
    "that ends later": lambda token, _, claims: replace_claims(token, exp=claims["exp"] + 1),
    "signed with nothing": lambda _, kid, claims: sign({"alg": "HS256", "kid": kid}, claims, b""),
    "signed with the key's name": lambda _, kid, claims: sign({"alg": "HS256", "kid": kid}, claims, kid.encode()),
    "signed rightly, never given out": lambda _, kid, claims: Keys(SECRET).sign_jwt(kid, claims | {"sub": "1"}),
    "spelled otherwise": lambda token, *_: respell(token),
    "with a blank": lambda token, *_: f" {token}",
}


@pytest.mark.parametrize("kind", FORGED)
async def test_a_user_token_is_good_in_the_form_in_which_it_was_given_out_alone(client: Client, kind: str) -> None:
    tenant = await create_tenant(client)
    token = (await sign_up(client, realm=REALM, tenant=tenant))["token"]
    header, claims = read(token)
    forged = FORGED[kind](token, header["kid"], claims)
    assert forged != token
    assert not await is_valid_session(client, forged, realm=REALM, tenant=tenant)
    refused = await get_refusal(client, "token.verify", {"token": forged, "realm": REALM})
    assert refused == ("unauthenticated", "token.invalid")
    assert await is_valid_session(client, token, realm=REALM, tenant=tenant)


@pytest.mark.parametrize("planted", ["f" * 32, "", "x" * 4096])
async def test_a_sign_in_takes_no_session_that_the_caller_has_chosen(client: Client, planted: str) -> None:
    made = await sign_up(client, realm="starcedu_local")
    body = {"login": made["user"]["email"], "password": PASSWORD, "realm": "starcedu_local"}
    token = (await client.done("auth.sign_in", {**body, **({"session": planted} if planted else {})}))["token"]
    assert token not in (planted, made["token"])
    assert await is_valid_session(client, token, realm="starcedu_local")
    if planted:
        assert not await is_valid_session(client, planted, realm="starcedu_local")
    again = (await client.done("auth.sign_in", {**body, "session": token}))["token"]
    assert again != token
    assert not await is_valid_session(client, token, realm="starcedu_local")
