"""The version of the library. It imports nothing, so that everything can import it."""

__version__ = "0.3.0.dev0"
