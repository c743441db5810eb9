"""Saves the state of a training, and restores it: nested dictionaries and lists with tensors and arrays."""
