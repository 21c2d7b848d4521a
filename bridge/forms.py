"""HTML forms, URL-encoded or multipart: what cannot be read is a fault of its field."""

from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, FormParser, parse_options_header

from bridge.body import FORM, PARAMETERS
from bridge.dialect import Ask
from bridge.fields import Values
from bridge.paths import UNREADABLE

MULTIPART = "multipart/form-data"


def form(ask: Ask) -> Values:
    """The fields of a form, of repeated ones the last; a body that is no form has none.

    A value that is not UTF-8 becomes a control character, which no text may hold; a file is no text.
    """
    media, options = parse_options_header(ask.headers.get("content-type"))
    if media == FORM.encode():
        return _encoded(ask.body)
    boundary = options.get(b"boundary") if media == MULTIPART.encode() else None
    return _multipart(ask.body, boundary) if boundary else {}


def _encoded(body: bytes) -> Values:
    # Latin-1 keeps every byte as it is, so that a value that is not UTF-8 spoils no other.
    try:
        pairs = parse_qsl(body.decode("latin-1"), True, encoding="latin-1", max_num_fields=PARAMETERS)
    except ValueError:
        return {}
    return {_text(key.encode("latin-1")): _text(value.encode("latin-1")) for key, value in pairs}


def _multipart(body: bytes, boundary: bytes) -> Values:
    values: Values = {}

    def on_field(field: Field) -> None:
        values[_text(field.field_name)] = _text(field.value)

    def on_file(file: File) -> None:
        values[_text(file.field_name)] = file

    try:
        parser = FormParser(MULTIPART, on_field, on_file, boundary=boundary)
        parser.write(body)
        parser.finalize()
    except FormParserError:
        return {}
    return values


def _text(given: bytes | None) -> str:
    try:
        return (given or b"").decode()
    except UnicodeDecodeError:
        return UNREADABLE
