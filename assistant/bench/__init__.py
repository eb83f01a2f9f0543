"""Measures the assistant from outside, from the stereo recording."""
