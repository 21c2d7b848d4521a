"""What to do about dead letters, by the code of their cause."""

LOOK = "Look at it before anything else: workers died with it, or the broker gave it up. Redrive it after the fix."
SENDERS = "A mistake of the sender, which cannot be mended here: tell it, then drop."
ADVICE = (
    ("service.fault", "A fault of userbus: mend it, or the data that it stumbles over, then redrive."),
    ("store.unavailable", "The database was in trouble for longer than it was tried: redrive once it is back."),
    ("sms.not_sent", "The gateway kept refusing: mend that, and redrive only what is still wanted."),
    ("message.poison", LOOK),
    ("broker.", LOOK),
    ("message.unknown_name", SENDERS),
    ("message.id_missing", SENDERS),
    ("message.", "A mistake of the sender: tell it. Change and redrive what is still wanted, drop the rest."),
)
UNKNOWN = "Look at one of them, then redrive or drop."


def advise(reason: str) -> str:
    """Return what to do about a cause, as docs/operations.md has it."""
    return next((advice for beginning, advice in ADVICE if reason.startswith(beginning)), UNKNOWN)
