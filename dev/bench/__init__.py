"""What `./witw bench` measures, one noun to a module."""
