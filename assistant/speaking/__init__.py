"""Text becomes sound.

sentences  pieces of text to a first clause, then sentences
cutter     where a text that grows can be cut
plain      markdown, code, addresses and signs to words
numbers    amounts, times, dates, money and units to words
lexicon    the words of a language for signs
traced     text that remembers where it came from
voice      sentences to a track, and what was heard of them
ledger     how far a track has been played, told in words
tones      short sounds that are no words
streams    iterators that are closed by their reader
"""
