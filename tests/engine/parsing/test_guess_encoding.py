# ruff: noqa: RUF001 - every alphabet is meant.
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.decode import decode
from ragstone.engine.parsing.guess_encoding import guess_encoding

SAMPLES = {
    "cp1252": [
        "Größe über Straße: Mädchen, Äpfel und Öl.",
        "L’été à la forêt, où l’on mange des crêpes. Ça va très bien, merci à tous les élèves.",
        "El niño español comió mañana en el jardín; ¿qué pasó después? ¡Qué alegría!",
        "Café résumé — “quotes” cost £5 and €10.",
        "São Paulo é a maior cidade; as exportações não cresceram.",
        "På fredag åker vi till Malmö för att äta smörgåsar.",
        "déjà vu",
        "100 °C ± 2 µm",
    ],
    "cp1250": ["Příliš žluťoučký kůň úpěl ďábelské ódy.", "Zażółć gęślą jaźń. Łódź, Kraków, Wrocław to piękne miasta."],
    "cp1256": [
        "نعم",
        "مرحبا بالعالم",
        "الفصل الأول: المقدمة",
        "تقرير سنوي 2023: الإيرادات 1500 ريال",
        "الاسم;المدينة\nسارة;الرياض\nعمر;جدة\n",
        "هذا نص فيه Word إنجليزية و PDF أيضا.",
        "يعتبر الاقتصاد السعودي من أكبر الاقتصادات في المنطقة، وقد شهد نموا ملحوظا خلال السنوات الأخيرة.",
    ],
    "iso8859-6": ["مرحبا بالعالم", "يعتبر الاقتصاد السعودي من أكبر الاقتصادات في المنطقة."],
    "cp1251": ["Москва", "Привет, мир!", "Имя;Город\nИван;Москва\nАнна;Киев\n", "Україна має багату історію."],
    "koi8-r": ["Москва", "Привет, мир!", "Съешь же ещё этих мягких французских булок, да выпей чаю."],
    "cp866": ["Москва - столица России, крупнейший город страны."],
    "cp932": [
        "名前,年齢,住所\n佐藤太郎,30,東京\n三木英子,25,大阪\n髙橋淳,35,名古屋",
        "お問い合わせありがとうございます。担当者より折り返しご連絡いたします。",
        "売上報告書",
    ],
    "euc_jp": ["日本語の文章です。これはテストです。"],
    "iso2022_jp": ["日本語の文章です。これはテストです。"],
    "gb18030": ["你好，世界", "姓名,城市\n张三,北京\n李四,上海\n", "中华人民共和国成立于1949年，首都是北京。"],
    "big5": ["繁體中文測試文件", "台灣的首都是台北，人口約兩千三百萬人。"],
    "euc_kr": ["보고서", "대한민국의 수도는 서울이며 인구는 약 천만 명이다."],
    "iso8859-8": ["שלום עולם", "ברוכים הבאים לאתר שלנו. כאן תמצאו מידע על כל השירותים והמוצרים."],
    "cp1253": ["Αθήνα", "Η Ελλάδα είναι μια χώρα της νοτιοανατολικής Ευρώπης."],
    "cp1254": ["Türkiye'nin başkenti Ankara'dır. Güneş doğdu, çiçekler açtı ve şarkı söylendi."],
    "cp1257": ["Lietuvos sostinė yra Vilnius, gražus miestas prie Neries upės."],
    "cp874": ["สวัสดีชาวโลก", "ประเทศไทยมีเมืองหลวงคือกรุงเทพมหานคร"],
}  # fmt: skip


@pytest.mark.parametrize(("codec", "text"), [(codec, text) for codec, texts in SAMPLES.items() for text in texts])
@pytest.mark.parametrize("times", [1, 50])
def test_short_and_long_texts_are_told_by_their_letters(codec: str, text: str, times: int) -> None:
    content = "\n".join([text] * times)
    assert decode(content.encode(codec), "text/plain") == content


def test_one_foreign_letter_late_in_a_long_file_is_enough() -> None:
    text = "plain words\n" * 100_000 + "naïve résumé\n"
    assert decode(text.encode("cp1252"), "text/plain") == text


def test_a_stated_western_code_page_is_not_believed_of_what_is_utf_8() -> None:
    assert decode("مرحبا – café".encode(), "text/html", "iso-8859-1") == "مرحبا – café"
    assert decode("café".encode("cp1252"), "text/html", "us-ascii") == "café"


@given(st.binary(min_size=1, max_size=400))
def test_a_guess_is_a_codec_that_decodes(content: bytes) -> None:
    assert len(content.decode(guess_encoding(content), "replace")) > 0
