"""English."""

from assistant.core.commands import Notice
from assistant.languages.en_sights import SIGHTS
from assistant.languages.pack import Pack

PACK = Pack(
    code="en",
    name="English",
    backchannels=(
        *("m", "mm", "mmm", "mhm", "mhmm", "mm-hmm", "m-hm", "uh-huh", "hmm", "hm", "huh", "aha"),
        *("ah", "oh"),
        *("wow", "really", "i see", "right", "cool", "nice", "great", "interesting"),
    ),
    assents=(
        *("yes", "yeah", "yep", "yup", "ya", "yes please", "okay", "ok", "k", "sure", "of course"),
        *("no", "nope", "nah", "no thanks", "no thank you", "all right", "alright", "fine"),
        *("got it", "sounds good", "exactly", "absolutely", "definitely", "that's right"),
    ),
    stops=(
        *("stop", "stop it", "stop that", "stop talking", "stop speaking", "stop there"),
        *("be quiet", "quiet", "silence", "shut up", "hush", "shush", "shh", "enough"),
        *("that's enough", "that is enough", "never mind", "nevermind", "forget it"),
        *("forget that", "that will do", "that'll do", "leave it", "wait", "wait a second"),
        *("wait a minute", "wait a moment", "hold on", "hang on", "hang on a second"),
    ),
    cancels=("cancel", "cancel that", "cancel it", "cancel this", "abort", "abort that"),
    courtesies=("please", "thanks", "thank you", "now", "hey", "just", "then", "so", "oh", "well"),
    fillers=("um", "umm", "uhm", "uh", "uhh", "er", "erm", "eh"),
    openers=frozenset(
        {
            *("a", "an", "the", "my", "your", "our", "their", "its"),
            *("and", "or", "but", "nor", "because", "if", "unless", "although", "whereas", "than"),
            *("every", "very", "i'm", "i'll", "i'd", "i've", "you're", "we're", "they're"),
            *("let's", "we'll", "you'll", "they'll", "he'll", "she'll", "gonna", "wanna", "whose"),
        }
    ),
    dangling=frozenset(
        {
            *("to", "for", "of", "at", "from", "with", "into", "by", "until", "till"),
            *("between", "during", "per", "as", "while", "which", "some", "his", "called"),
            *("has", "had", "will", "would", "could", "should", "must", "does", "did", "am"),
            *("what's", "who's", "where's", "how's", "there's", "it's", "that's", "he's"),
        }
    ),
    heads=(
        *("can you", "could you", "would you", "will you", "do you", "are you", "did you"),
        *("can i", "could i", "may i", "should i", "do i", "can we", "should we"),
        *("i", "i want", "i need", "i think", "i would like", "i'd like", "i mean", "i was"),
        *("tell me", "show me", "give me", "remind me", "play me", "let me", "what is", "who is"),
        *("please", "hey", "well", "so", "okay so", "wait", "hold on", "one moment", "where is"),
        *("set", "turn", "turn on", "turn off", "turn up", "turn down", "put", "add", "call"),
        *("play", "open", "find", "search", "look", "what time", "how many", "how much"),
        *("how long", "what kind", "which one", "how do i", "how do you", "is there"),
        *("are there", "book"),
    ),
    notices={
        Notice.NOT_UNDERSTOOD: "Sorry, I didn't catch that.",
        Notice.NOT_LISTENING: "Sorry, I can't hear you at the moment.",
        Notice.MIND_SLOW: "Sorry, that takes me too long. Please ask again.",
        Notice.MIND_FAILED: "Sorry, something went wrong while I was thinking.",
        Notice.VOICE_FAILED: "Sorry, I lost my voice for a moment.",
    },
    digits=frozenset(
        {*("zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")}
    ),
    numbers="en",
    espeak="en-us",
    sights=SIGHTS,
)
