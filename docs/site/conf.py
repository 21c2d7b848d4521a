"""How Sphinx makes the site: `make site`. Its source is the repository, so that no page is copied."""

project = "userbus"
html_title = "userbus"
root_doc = "docs/index"
extensions = ["myst_parser"]
include_patterns = ["*.md", "docs/**", "examples/**", "findings/**"]
exclude_patterns = [".*", "dist", "mutants", "**/node_modules"]

myst_heading_anchors = 4
highlight_language = "none"

html_theme = "furo"
html_extra_path = ["redirect"]
html_copy_source = False
html_show_sphinx = False
