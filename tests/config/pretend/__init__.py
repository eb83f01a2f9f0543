"""Backends from outside of the tree, as a user might write them; none of them does anything."""
