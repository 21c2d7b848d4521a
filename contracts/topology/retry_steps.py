"""The retry ladder: how long a request waits before each further try, in a wait queue a step."""

RETRY_STEPS = {"1s": 1, "5s": 5, "30s": 30, "2min": 120, "10min": 600}  # seconds by the name of the step


def retry_queue(step: str) -> str:
    """Return the name of the wait queue of a step."""
    return f"userbus.retry.{step}"
