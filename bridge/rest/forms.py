"""HTML forms, URL-encoded or multipart."""

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, FormParser, parse_options_header

from bridge.rest.body import FORM, decode_form
from bridge.rest.dialect import RawRequest
from bridge.rest.fields import Values
from bridge.rest.routing import UNREADABLE

MULTIPART = "multipart/form-data"
MAX_PARTS = 100
MAX_LINES = 10_000


def form_fields(raw: RawRequest) -> Values:
    """The fields of a form, the last of repeated ones; a body that is not a form has none.

    Nor has one of more than 100 parts, 10,000 lines, 1,000 parameters or 20,000 escapes.
    A value that is not UTF-8 becomes a control character, which no text field accepts; a file is not a text.
    """
    media_type, options = parse_options_header(raw.headers.get("content-type"))
    if media_type == FORM.encode():
        return _urlencoded_fields(raw.body)
    boundary = options.get(b"boundary") if media_type == MULTIPART.encode() else None
    return _multipart_fields(raw.body, boundary) if boundary else {}


def _urlencoded_fields(body: bytes) -> Values:
    try:
        return {_decode(name): _decode(value) for name, value in decode_form(body)}
    except ValueError:
        return {}


def _multipart_fields(body: bytes, boundary: bytes) -> Values:
    values: Values = {}
    if body.count(b"\r\n--") > MAX_PARTS or body.count(b"\r") > MAX_LINES:
        return {}

    def add_field(field: Field) -> None:
        values[_decode(field.field_name)] = _decode(field.value)

    def add_file(file: File) -> None:
        values[_decode(file.field_name)] = file

    try:
        parser = FormParser(MULTIPART, add_field, add_file, boundary=boundary)
        parser.write(body)
        parser.finalize()
    except FormParserError:
        return {}
    return values


def _decode(value: bytes | None) -> str:
    try:
        return (value or b"").decode()
    except UnicodeDecodeError:
        return UNREADABLE
