"""The characters by which Python's codecs for Big5, EUC-JP and GB18030 differ from the WHATWG Encoding standard.

The standard's side is that of its indexes (https://encoding.spec.whatwg.org/#indexes): Big5 with HKSCS-2008 and the
signs of ETEN, EUC-JP as code page 51932, GB18030 of 2022. Found by decoding every sequence with both; a test holds
the digest of the result.
"""

_ADDED_RUNS = """
877a㡵𡵓𣚞𦀡㻬𥣞㫵竼龗𤅡𨤍𣇪𠪊𣉞䌊蒄龖鐯䤰蘓墖靊鈘秐稲晠権袝瑌篅枂稬剏遆㓦珄𥶹瓆鿇垳䤯呌䄱𣚎堘穲𧭥讏䚮𦺈䆁𥶙箮𢒼鿈𢓁𢓉𢓌鿉蔄𣖻䂴鿊䓡𪷿拁灮鿋
8e69箸 8e6f簆 8e7e糎 8eab緒 8eb4縝 8ecd者 8ed0耨 8f57菁 8f69蒨 8f6e萏 8fcb覦覩 8ffe起 906d都 907a銹 90dc靜 90f1響
91bf鼖 9244蔃 92af兙兛兝兞 92c8鍮 92d1瑹 9447浧 94ca禛 95d9邗 9644靝 96ed瀞 96fc嬨 9b76爁 9b78矗 9b7b纇 9bc6駖
9bde釔 9bec惞 9bf6澶 9c42輶 9c53侻 9c62營 9c68鄄 9c6b鷰 9c77菏 9cbc尐秣 9cd0婧 9d57輋 9d5a筑 9dc4拐 9ea9恢 9eef痹
9efd汊 9f60鬮 9f66鼗 9fcb僭 9fd8弌 a063蠏 a077拎 a0d5瑨 a0df煢 a0e4牐
a3c0␀␁␂␃␄␅␆␇␈␉␊␋␌␍␎␏␐␑␒␓␔␕␖␗␘␙␚␛␜␝␞␟␡€
c6cf廴 c6d3无 c6d5癶 c6d7隶 c6de〃仝 fa5f倩 fa66偽 fabd包 fac5卄 fad5卿 fb48嘅 fbb8婷 fbf3幵 fbf9廐 fc4f彘 fc6c悤
fcb9撐 fce2晴 fcf1杞 fdb7沜渝 fdbb港 fdf1煮 fe52猪 fe6f瑜 feaa瓩 fedd砉
"""
"""The first pair of a run in hexadecimal, and the characters of it and of the pairs that follow it."""


def _added() -> dict[bytes, str]:
    added = {}
    for run in _ADDED_RUNS.split():
        lead, trail = bytes.fromhex(run[:4])
        for character in run[4:]:
            added[bytes([lead, trail])] = character
            trail += 1
            if trail == 0x7F:
                trail = 0xA1
            elif trail == 0xFF:
                lead, trail = lead + 1, 0x40
    return added


BIG5_ADDED = _added()
"""Pairs of Big5 that Python's `big5hkscs` does not know."""

BIG5_CHANGED = str.maketrans("•､‾∼♁☉¥¢£", "‧﹑¯～⊕⊙￥￠￡")
"""Characters of Python's `big5hkscs`, and what the standard has for them."""

BIG5_PAIRS = {b"\xa2\x41": "∕", b"\xa2\x42": "﹨"}
"""Pairs for which `big5hkscs` has a character that other pairs rightly have."""

EUC_JP_CHANGED = str.maketrans("〜‖−¢£¬", "～∥－￠￡￢")
"""Characters of Python's `euc_jp`, and what the standard has for them."""

GB18030_CHANGED = str.maketrans(
    "\ue5e5\ue78d\ue78e\ue78f\ue790\ue791\ue792\ue793\ue794\ue795\ue796\ue7c7\u1e3f"
    "\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864",
    "\u3000\ufe10\ufe12\ufe11\ufe13\ufe14\ufe15\ufe16\ufe17\ufe18\ufe19\u1e3f\ue7c7"
    "\u9fb4\u9fb5\u9fb6\u9fb7\u9fb8\u9fb9\u9fba\u9fbb",
)
"""Characters of Python's `gb18030`, which is that of 2000, and what the standard has for them."""
