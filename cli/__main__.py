"""`python -m cli`: the same as the `userbus` command."""

from cli.main import app

if __name__ == "__main__":
    app()
