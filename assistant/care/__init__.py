"""Keeps an installation well.

doctor  names each problem and its fix in one line
"""
