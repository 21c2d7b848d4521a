"""Secrets from a terminal or standard input; they are no options, since options are seen by everybody."""

import sys

import typer

from cli.connection import stop


def read_password(what: str = "Password") -> str:
    """Ask for a secret twice, or read the first line of standard input where there is no terminal."""
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=True, confirmation_prompt=f"Repeat: {what}"))
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        stop(f"no {what.lower()} came: write it on the first line of standard input, or run this on a terminal")
    return password
