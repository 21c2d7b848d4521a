"""Secrets at rest: sealed under the newest key, read under any."""

import pytest
from cryptography.fernet import Fernet

from models.errors.accounts import NoKey
from models.secrets.vault import Vault


def key() -> str:
    return Fernet.generate_key().decode()


def test_what_is_sealed_is_read_with_the_key_only() -> None:
    own = key()
    sealed, other = Vault(own).seal(["secret", "another"])
    assert [Fernet(own).decrypt(text) for text in (sealed, other)] == [b"secret", b"another"]
    assert Vault(own).seal(["secret"]) != [sealed]


def test_without_a_key_nothing_is_sealed_and_nothing_opened() -> None:
    (sealed,) = Vault(key()).seal(["secret"])
    for nothing in ("", None, " , "):
        assert Vault(nothing).seal([]) == []
        with pytest.raises(NoKey):
            Vault(nothing).seal(["secret"])
        with pytest.raises(NoKey):
            Vault(nothing).reseal([sealed])


@pytest.mark.parametrize("text", ["{}, too-short", "{},{}x", "{};{}"])
def test_a_key_of_the_wrong_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="32 url-safe base64"):
        Vault(text.format(key(), key()))


def test_the_first_key_seals_and_any_opens() -> None:
    old, new = key(), key()
    vault = Vault(f"{new} , {old},")
    assert Fernet(new).decrypt(vault.seal(["secret"])[0]) == b"secret"
    (resealed,) = vault.reseal(Vault(old).seal(["secret"]))
    assert Fernet(new).decrypt(resealed) == b"secret"
    assert vault.reseal([]) == []


def test_what_no_key_opens_is_not_sealed_again() -> None:
    own = key()
    sealed = [*Vault(own).seal(["mine"]), *Vault(key()).seal(["another's"])]
    for texts in (sealed, ["plain"]):
        with pytest.raises(NoKey):
            Vault(own).reseal(texts)


def test_any_key_opens_and_what_none_opens_stays_closed() -> None:
    old, new = key(), key()
    sealed = [*Vault(new).seal(["ü"]), *Vault(old).seal(["secret"])]
    assert Vault(f"{new},{old}").unseal(sealed) == ["ü", "secret"]
    for wrong in (new, key(), None):
        with pytest.raises(NoKey):
            Vault(wrong).unseal(sealed)
    for texts in (["plain"], [sealed[0][:-4]]):
        with pytest.raises(NoKey):
            Vault(new).unseal(texts)
