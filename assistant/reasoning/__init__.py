"""A turn becomes an answer.

conversation  what was said and heard so far, within the model's window
condensing    the older half of it becomes a summary
persona       who the assistant is, in words for the model
handover      a conversation made ready for another mind
budget        what a mind may be asked for
health        when a mind that failed is asked again
chain         several minds as one
thinker       one answer: conversation and model to pieces of text
"""
