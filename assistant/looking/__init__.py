"""What is shown to it becomes pictures for a mind.

visual    is this question about something that can be seen?
light     is a picture black, is the lens covered?
encoding  pixels to a small JPEG that holds nothing but the picture
files     pictures, documents and short videos, bounded before they are decoded
pages     PDF pages
scenes    a short video as a few frames with their times
glance    one session's hold on a camera: armed, looked through, closed
sight     all of looking for one session
"""
