"""Words that carry a full stop without ending a sentence: data for `sentences`, lower case, without their stops."""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BEFORE_NAMES: Final = _words(
    """
    dr mr mrs ms mx prof rev hon st gen col capt lt sgt maj cmdr adm gov sen rep pres supt msgr fr mt ft
    eg ie cf vs viz al approx ca circa incl excl est resp fig figs eq eqs tab ref refs ed eds trans dept univ
    proc natl acad intl assn
    """
)
"""A sentence does not end here: what follows belongs to it."""

BEFORE_NUMBERS: Final = _words(
    """
    no nos nr p pp vol vols art arts sec secs ch chap para paras pt app ver op cl reg regs
    jan feb mar apr jun jul aug sep sept oct nov dec ص رقم
    """
)
"""A sentence does not end here if a number follows."""

SHORTENED: Final = _words("inc ltd co corp llc plc bros jr sr esq phd md bsc msc am pm etc ave blvd rd sq")
"""A sentence may end here: it does if a word that opens sentences follows."""

SENTENCE_STARTERS: Final = _words(
    """
    a about according after all also although an and another are as at because before both but by can did do does during
    each for from had has have he her here his how however i if in is it its many may more most my neither no not of on
    once one only or other our she should since so some such than that the their then there these they this those thus
    to two under unlike until was we were what when where whether which while who why will with would yet you your
    """
)
"""Words that, capitalised after a short form, show that a new sentence has begun."""
