"""What the assistant needs to know of a language; one file each.

pack       the form of a language pack
sight      the form of its words about pages and pictures
en         English
en_sights  its questions about what can be seen
"""
