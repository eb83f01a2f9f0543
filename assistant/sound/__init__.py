"""Sound below the devices, in the order of its path.

``clips`` reads what people recorded; ``resample`` brings sound to another rate; ``track`` is what
waits to be played; ``mixer`` adds the tracks up and knows what was heard; ``card`` is what all
devices share, and ``ticker`` one without hardware; ``clock`` says when a sample passed the
converter; ``stereo`` writes the recording.
"""
