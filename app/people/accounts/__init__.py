"""How people get in: by email and password, or through a provider, and who is let in that way."""
