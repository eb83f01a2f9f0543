"""A turn becomes an answer.

conversation  what was said and heard so far, within the model's window
persona       who the assistant is, in words for the model
thinker       one answer: conversation and model to pieces of text
"""
