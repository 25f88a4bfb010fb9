"""Words that questions and passages use for one thing: "who sang" is answered by "vocals". They belong to no topic."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ragstone.engine.language.analyse import terms

_GROUPS: Final = """
    play played portray portrayed star starred starring cast role actor actress performed
    sing sang sung singer song vocals vocalist recorded performed band
    write wrote written writer author authored lyrics composed composer penned songwriter
    win won winner winning champion victory defeated beat
    release released premiere premiered air aired debut debuted publish published launched come
    film filmed shot shoot photography movie
    born birth birthplace
    die died death dead
    kill killed murdered murder assassinated
    start started begin began begun beginning establish established founded founder create created formed formation
        introduced inaugurated opened
    end ended finish finished conclude concluded finale
    locate located location situated lies place
    build built construct constructed construction erected
    invent invented inventor invention develop developed discovered discoverer pioneered
    marry married marriage wife husband spouse wed wedding
    own owned owner ownership subsidiary
    make made produce produced manufacture manufactured manufacturer
    mean means meaning defined definition refers
    use used utilized usage
    lead led leader head headed chief president
    us usa states america american
    uk britain british kingdom
    population inhabitants residents people
    biggest largest big large greatest
    highest tallest
    get got receive received awarded
    earn earned paid salary pay
    name named called known titled nickname
    kind type form
    happen happened occurred occur
    live lived reside resided home
    direct directed director
    host hosted hosting held
    teach taught teacher
    choose chose chosen selected elected appointed
    go went gone
    buy bought purchase purchased acquired acquire
    give gave given
    fight fought war battle
    speak spoke spoken
    declare declared proclaimed
    permit allow allowed
    cause caused due resulting
    ولد مولود ميلاد
    مات توفي وفاة
    أسس تأسس تأسست أسست مؤسس إنشاء أنشأ أنشئت
    كتب مؤلف ألف كاتب
    فاز الفائز انتصر هزم فوز
    بنى بني بناء شيد
    يقع تقع موقع
    اخترع مخترع اختراع اكتشف مكتشف اكتشاف
"""


def related(term: str) -> frozenset[int]:
    """The groups a term belongs to, by number; two terms that share one may stand for each other."""
    return _GROUPS_OF.get(term, frozenset())


def _index(groups: str) -> Mapping[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    number = 0
    for line in groups.strip("\n").splitlines():
        number += not line.startswith(" " * 8)  # A line indented further continues the group above it.
        for term in {term for word in line.split() for term in terms(word)}:
            found[term] = found.get(term, frozenset()) | {number}
    return MappingProxyType(found)


_GROUPS_OF: Final = _index(_GROUPS)
