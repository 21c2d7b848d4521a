"""One telephone number is one number, however it is written."""

from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat


def e164(telephone: str, country: str) -> str:
    """The number in E.164; without `+` or `00` it is read as one of the country with this calling code.

    What cannot be a number stays as typed, without blanks around it.
    """
    number = _number(telephone, country)
    if number is None or not phonenumbers.is_possible_number(number):
        return telephone.strip()
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@lru_cache(maxsize=4096)  # an import, and each sign-in, asks several times for each number; reading one takes 30 µs
def valid_e164(telephone: str, country: str) -> str | None:
    """The number in E.164, read in the same way, if it is one that its country has given out; else None."""
    number = _number(telephone, country)
    if number is None or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _number(telephone: str, country: str) -> PhoneNumber | None:
    typed = telephone.strip()
    international = f"+{typed[2:]}" if typed.startswith("00") else typed
    try:
        return phonenumbers.parse(international, phonenumbers.region_code_for_country_code(int(country)))
    except NumberParseException:
        return None
