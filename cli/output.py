"""What the command line prints, on standard output or standard error."""

import typer

from contracts.harmless import harmless_text


def print_line(text: str, err: bool = False) -> None:
    """Print one line; what came from outside cannot command the terminal or make lines of its own."""
    typer.echo(harmless_text(text, keep="\t"), err=err)
