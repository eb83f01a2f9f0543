"""What it can do; one file each, a typed async function.

look  look through the camera, at the screen, or at the newest picture again
"""
