"""Loads models for inference from the files of a version, checkpoint or artifact."""

from modelbox.loading.load import LoadOptions, load_object

__all__ = ["LoadOptions", "load_object"]
