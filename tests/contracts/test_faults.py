"""The words of refused fields."""

import pytest
from pydantic import ValidationError

from contracts.audit import SearchAudit
from contracts.faults import fault_text


def test_a_time_without_a_zone_is_refused_with_how_to_write_it() -> None:
    with pytest.raises(ValidationError) as refused:
        SearchAudit.model_validate_json('{"until": "2026-01-31T12:00:00"}')
    assert fault_text(refused.value.errors()[0]) == "write the zone as well, as in 2026-01-31T12:00:00Z"
