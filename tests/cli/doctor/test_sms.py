"""What doctor says of the gateway for SMS."""

import pytest

from cli.doctor.sms import judge_gateway
from contracts.sms import SmsStatusView


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ({"sent": 0, "unanswered": 9}, "ok"),
        ({"sent": 0, "unanswered": 10}, "broken"),
        ({"sent": 1, "not_sent": 4, "unanswered": 5}, "warning"),
        ({"sent": 5, "not_sent": 5}, "ok"),
    ],
)
def test_a_gateway_is_judged_by_what_it_has_taken(outcomes: dict[str, int], state: str) -> None:
    limits = {"per_number": 10, "per_address": 5, "per_day": 0, "sent_today": None}
    status = SmsStatusView(gateway="webhook", outcomes=outcomes, number=None, **limits)
    finding = judge_gateway(status)
    assert (finding.state, bool(finding.advice)) == (state, state != "ok")
    assert f"{outcomes['sent']} of {sum(outcomes.values())} messages" in finding.told
    assert judge_gateway(status.model_copy(update={"gateway": "off"})).state == "ok"
