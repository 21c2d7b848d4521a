"""Telephone numbers of other systems: with a country or without, with blanks, in any punctuation."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

_E164 = re.compile(r"\+[0-9]{7,15}")


def telephone(text: str | None, country: str | None, default_country: str | None) -> str | None:
    """Return a number of the default country as it is dialled there, any other in E.164.

    `country` is the number's own, as in "CN". What cannot be read as a number stays as it is.
    """
    if not text or not (country or default_country or text.startswith("+")):
        return text
    if default_country is None and _E164.fullmatch(text):
        return text
    try:
        number = phonenumbers.parse(text, country or default_country)
    except NumberParseException:
        return text
    # a number that no country has issued, as far as is known, has no region, as there may be no default country
    if default_country and phonenumbers.region_code_for_number(number) == default_country:
        number.extension = None
        return re.sub("[^0-9]", "", phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
