"""A turn becomes an answer.

conversation  what was said and heard so far, within the model's window
condensing    the older half of it becomes a summary
persona       who the assistant is, in words for the model
handover      a conversation made ready for another mind
budget        what a mind may be asked for
health        when a mind that failed is asked again
chain         several minds as one
thinker       one answer: conversation, model and tools to pieces of text

signature     a typed async function becomes a tool
shelf         finds the tools: each file of a folder
toolbox       all that the mind may use, by name
surroundings  what a tool may use of its session
telling       results as content, questions, assent
carrying      one call that is carried out, and what came of it
rounds        the calls of one turn, as the mind is told of them
errand        one turn's use of tools: what is run, asked, refused, and where it ends
errands       a session's: consent, undoing, what outlives its reply
"""
