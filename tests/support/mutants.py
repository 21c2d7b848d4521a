"""What `make mutants` has found, file by file: `python -m tests.support.mutants`."""

import json
from collections import Counter
from pathlib import Path

FOLDER = Path("mutants")
OUTCOMES = {0: "survived", 33: "no test", 34: "skipped", None: "not run"}  # by mutmut's exit codes; others: caught
COLUMNS = ("caught", "survived", "no test")


def count_outcomes(file: Path) -> Counter[str]:
    """How many mutants of a file ended in which way."""
    codes = json.loads(file.read_text())["exit_code_by_key"].values()
    return Counter(OUTCOMES.get(code, "caught") for code in codes)


def main() -> None:
    """Print a line for each file, and the survivors' names for `mutmut show`."""
    print(f"{'':<36}{''.join(f'{column:>10}' for column in COLUMNS)}")
    for file in sorted(FOLDER.rglob("*.py.meta")):
        found = count_outcomes(file)
        name = file.relative_to(FOLDER).with_suffix("")
        print(f"{name!s:<36}{''.join(f'{found[column]:>10}' for column in COLUMNS)}")
    for file in sorted(FOLDER.rglob("*.py.meta")):
        codes = json.loads(file.read_text())["exit_code_by_key"]
        print("".join(f"survived: {name}\n" for name, code in codes.items() if code == 0), end="")


if __name__ == "__main__":
    main()
