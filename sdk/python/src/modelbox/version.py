"""The version of this package."""

VERSION = "0.1.0"
"""That of pyproject.toml; a test compares them."""
