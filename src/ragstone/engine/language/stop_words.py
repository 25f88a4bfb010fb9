"""Words too common to search by, question words among them: data for `analyse`, spelt as it spells words before
stemming. What is not here counts little anyway, by its frequency.
"""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENGLISH: Final = _words(
    """
    a about after all also am an and any are as at be because been before being between both but by can could did do
    does doing during each eg for from further had has have having he her here hers him his how i ie if in into is it
    its me more most my no nor not of on once only or other our ours out over own same she should so some such than
    that the their theirs them then there these they this those through to too under until up very was we were what
    when where which while who whom whose why will with would you your yours
    arent cant couldnt didnt doesnt dont hadnt hasnt havent isnt shouldnt wasnt werent wont wouldnt
    """
)

ARABIC: Final = _words(
    """
    في من الي علي عن مع ان انه انها كان كانت يكون تكون هو هي هم هن هذا هذه ذلك تلك هولا اوليك التي الذي الذين اللذان
    اللتان اللواتي ما ماذا لماذا متي اين كيف كم هل اي ايه لا لم لن ليس ليست لكن لكنه او ام ثم قد لقد كل بعض غير بين
    بعد قبل عند عندما حيث حتي منذ خلال ضد نحو فوق تحت امام اذا اذ كما كذلك ايضا لدي لديه له لها لهم به بها بهم فيه
    فيها فيهم منه منها منهم عليه عليها عليهم اليه اليها اليهم عنه عنها سوي انا نحن انت اني لي لان لانه بل يا تم يتم
    """
)
