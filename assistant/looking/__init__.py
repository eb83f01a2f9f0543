"""A picture becomes words, on this machine.

page         a page as its pieces of text: the right way up, in reading order, in rows
sharpening   a picture that moved, made sharp again
paragraphs   what is read aloud of a page, one piece of thought at a time
reading      a long letter read aloud: go on, repeat, spell that
values       amounts, dates and numbers as they are printed
fields       vendor, total, date: labels and what stands beside them
extraction   fields from a mind, believed as far as the page holds them
tables       what stands in rows and columns, as CSV
colours      the names that people give to colours
light        bright or dark, and what has moved
local_eyes   what can be told, and answered, without a mind that sees
"""
