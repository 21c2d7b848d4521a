"""One module for each system whose people can be imported, named as `--from` names it."""
