"""A voice assistant daemon.

    device ─▶ listening ──▶ core ──▶ conductor ──▶ reply ─▶ device
              frames to     who has  obeys         reasoning: model to text
              words         the      the core      speaking:  text to sound
                            floor                  showing:   views to screens

Sound and text flow along the top; about ten small events a second pass through the core, whose
commands start, hold and cancel everything else. `ports` is the world as the stages see it.
"""
