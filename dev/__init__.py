"""The harness around the app: what `./witw` runs."""
