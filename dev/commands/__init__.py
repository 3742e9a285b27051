"""One file per verb; `dev.cli.build` says what such a file holds."""

STACK, WORK, REPO = "The stack", "Tests and figures", "The repository"

PANELS = [STACK, WORK, REPO]
"""The headings of `./witw --help`, in their order."""
