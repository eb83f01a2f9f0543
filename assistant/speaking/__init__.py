"""Text becomes sound.

plain      markdown, code, addresses, numbers and units to words
sentences  pieces of text to a first clause, then sentences
voice      sentences to a track, and what was heard of them
"""
