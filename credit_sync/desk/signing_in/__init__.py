"""The ways in: local accounts, an OpenID Connect provider, a reverse proxy, the link of whoever started the desk."""
