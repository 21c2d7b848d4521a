"""Where the settings are explained."""

from pathlib import Path

EXPLAINED = Path(__file__).parents[1] / ".env.example"
"""In a checkout as in the wheel, which brings it."""
