"""What is shown to it becomes pictures for a mind, or words on this machine.

visual    is this question about something that can be seen?
encoding  pixels to a small JPEG that holds nothing but the picture
files     pictures, documents and short videos, bounded before they are decoded
pages     PDF pages
scenes    a short video as a few frames with their times
glance    one session's hold on a camera: armed, looked through, closed
sight     all of looking for one session

page         a page as its pieces of text: the right way up, in reading order, in rows
sharpening   a picture that moved, made sharp again
paragraphs   what is read aloud of a page, one piece of thought at a time
reading      a long letter read aloud: go on, repeat, spell that
values       amounts, dates and numbers as they are printed
fields       vendor, total, date: labels and what stands beside them
extraction   fields from a mind, believed as far as the page holds them
tables       what stands in rows and columns, as CSV
colours      the names that people give to colours
light        bright, dark or covered, and what has moved
local_eyes   what can be told, and answered, without a mind that sees
"""
