"""Sound becomes words, and the end of a turn is noticed.

ring          the newest sound, without copying
calls         the name, and a phrase that silences, heard in all sound
segmenter     frames to speech and silence, in sample time
streaming     a recogniser that takes whole pieces, decoding while the user speaks
window        the sound of a turn that is still being decoded
cuts          where sound and text can be parted together
agreement     which words of two successive hypotheses will stay
completeness  how likely the speaker has finished
inquiry       the judges of one pause, who are asked that
pauses        how long this user pauses, learned
names         words without the name
verdict       what the words do to the floor
turn          one open turn: its partials, its last word, its judges
ear           all of these for one device
"""
