"""Shipped for authors of backends and skills: virtual time, and a fake of every port.

virtual_time  an event loop whose clock jumps
device        a sound card that plays a script
detector      a voice detector that reads its answer off the sound
ears          a transcriber that hears given words
recogniser    a recogniser of pieces that takes as long as it is told
tiny_whisper  a Whisper model of 2 MB that says one sentence
tiny_vlm      a language model of 1 MB that sees, with random weights
canceller     takes so many decibels of an echo that it is told
camera        shows what it is given, and counts how often it was opened
rtsp          a network camera of H.264 on loopback
mind          a language model that plays a script
reader        readers of text, codes and faces that find what they are told to
judge         a judge of ends that says what it is told to
http_mind     a model server on loopback, with faults
dialects      what model servers say on the wire
eyes          what such a server sees in the pictures that it was sent
voice         a voice that needs given times for its words
surroundings  what a tool may use of a session
"""
