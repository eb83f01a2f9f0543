"""A module that is no backend."""
