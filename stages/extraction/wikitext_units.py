"""The units of measurement that `{{convert}}` knows by code: names and symbols (Template:Convert, list of units)."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """A unit's name for one, its name for any other number, and its symbol."""

    one: str
    many: str
    symbol: str


def find_unit(code: str) -> Unit:
    """The unit of a code, with `e6` and the like, `k`, `M`, `G` before volumes and `/d` (a day) after them.

    An unknown code names itself, as it mostly can be read.
    """
    code = _ALIASES.get(code, code)
    if code in _UNITS:
        return Unit(*_UNITS[code])
    if scaled := re.fullmatch(r"e(\d+)(.+)", code):
        return _counted(_POWERS.get(scaled[1], f"×10^{scaled[1]}"), find_unit(scaled[2]))
    if code.endswith("/d"):
        unit = find_unit(code[:-2])
        return Unit(f"{unit.one} per day", f"{unit.many} per day", f"{unit.symbol}/d")
    if code[:1] in _PREFIXES and code[1:] in _UNITS:
        return _counted(_PREFIXES[code[0]], find_unit(code[1:]))
    return Unit(code, code, code)


def _counted(word: str, unit: Unit) -> Unit:
    return Unit(f"{word} {unit.one}", f"{word} {unit.many}", f"{word} {unit.symbol}")


_POWERS = {"3": "thousand", "6": "million", "9": "billion", "12": "trillion"}
_PREFIXES = {"k": "thousand", "M": "million", "G": "billion", "T": "trillion"}
_ALIASES = {
    "°C": "C",
    "°F": "F",
    "C-change": "C",
    "F-change": "F",
    "feet": "ft",
    "foot": "ft",
    "ft2": "sqft",
    "ft3": "cuft",
    "inch": "in",
    "in2": "sqin",
    "knot": "kn",
    "kph": "km/h",
    "l": "L",
    "metre": "m",
    "mi2": "sqmi",
    "mile": "mi",
    "sqkm": "km2",
    "sqm": "m2",
    "tonne": "t",
    "U.S.gal": "USgal",
    "usgal": "USgal",
}
_UNITS = {
    "/km2": ("per square kilometre", "per square kilometre", "/km²"),
    "/sqmi": ("per square mile", "per square mile", "/sq mi"),
    "AU": ("astronomical unit", "astronomical units", "AU"),
    "C": ("degree Celsius", "degrees Celsius", "°C"),
    "F": ("degree Fahrenheit", "degrees Fahrenheit", "°F"),
    "J": ("joule", "joules", "J"),
    "K": ("kelvin", "kelvins", "K"),
    "L": ("litre", "litres", "L"),
    "LT": ("long ton", "long tons", "long tons"),
    "MW": ("megawatt", "megawatts", "MW"),
    "N": ("newton", "newtons", "N"),
    "Nm": ("newton-metre", "newton-metres", "N⋅m"),
    "PD/km2": ("inhabitant per square kilometre", "inhabitants per square kilometre", "/km²"),
    "PD/sqmi": ("inhabitant per square mile", "inhabitants per square mile", "/sq mi"),
    "Pa": ("pascal", "pascals", "Pa"),
    "ST": ("short ton", "short tons", "short tons"),
    "USgal": ("US gallon", "US gallons", "US gal"),
    "W": ("watt", "watts", "W"),
    "acre": ("acre", "acres", "acres"),
    "atm": ("standard atmosphere", "standard atmospheres", "atm"),
    "bar": ("bar", "bars", "bar"),
    "bhp": ("brake horsepower", "brake horsepower", "bhp"),
    "carat": ("carat", "carats", "carats"),
    "cm": ("centimetre", "centimetres", "cm"),
    "cm2": ("square centimetre", "square centimetres", "cm²"),
    "cm3": ("cubic centimetre", "cubic centimetres", "cm³"),
    "cuft": ("cubic foot", "cubic feet", "cu ft"),
    "cuft/s": ("cubic foot per second", "cubic feet per second", "cu ft/s"),
    "cuin": ("cubic inch", "cubic inches", "cu in"),
    "cumi": ("cubic mile", "cubic miles", "cu mi"),
    "cuyd": ("cubic yard", "cubic yards", "cu yd"),
    "fathom": ("fathom", "fathoms", "fathoms"),
    "ft": ("foot", "feet", "ft"),
    "ft/s": ("foot per second", "feet per second", "ft/s"),
    "g": ("gram", "grams", "g"),
    "hPa": ("hectopascal", "hectopascals", "hPa"),
    "ha": ("hectare", "hectares", "ha"),
    "hp": ("horsepower", "horsepower", "hp"),
    "impgal": ("imperial gallon", "imperial gallons", "imp gal"),
    "in": ("inch", "inches", "in"),
    "kJ": ("kilojoule", "kilojoules", "kJ"),
    "kN": ("kilonewton", "kilonewtons", "kN"),
    "kPa": ("kilopascal", "kilopascals", "kPa"),
    "kW": ("kilowatt", "kilowatts", "kW"),
    "kcal": ("kilocalorie", "kilocalories", "kcal"),
    "kg": ("kilogram", "kilograms", "kg"),
    "km": ("kilometre", "kilometres", "km"),
    "km/h": ("kilometre per hour", "kilometres per hour", "km/h"),
    "km/s": ("kilometre per second", "kilometres per second", "km/s"),
    "km2": ("square kilometre", "square kilometres", "km²"),
    "km3": ("cubic kilometre", "cubic kilometres", "km³"),
    "kn": ("knot", "knots", "kn"),
    "lb": ("pound", "pounds", "lb"),
    "lbf": ("pound-force", "pounds-force", "lbf"),
    "ly": ("light-year", "light-years", "ly"),
    "m": ("metre", "metres", "m"),
    "m/s": ("metre per second", "metres per second", "m/s"),
    "m2": ("square metre", "square metres", "m²"),
    "m3": ("cubic metre", "cubic metres", "m³"),
    "m3/s": ("cubic metre per second", "cubic metres per second", "m³/s"),
    "mL": ("millilitre", "millilitres", "mL"),
    "mg": ("milligram", "milligrams", "mg"),
    "mi": ("mile", "miles", "mi"),
    "mm": ("millimetre", "millimetres", "mm"),
    "mm2": ("square millimetre", "square millimetres", "mm²"),
    "mph": ("mile per hour", "miles per hour", "mph"),
    "nm": ("nanometre", "nanometres", "nm"),
    "nmi": ("nautical mile", "nautical miles", "nmi"),
    "oilbbl": ("barrel", "barrels", "bbl"),
    "oz": ("ounce", "ounces", "oz"),
    "pc": ("parsec", "parsecs", "pc"),
    "psi": ("pound per square inch", "pounds per square inch", "psi"),
    "sqft": ("square foot", "square feet", "sq ft"),
    "sqmi": ("square mile", "square miles", "sq mi"),
    "sqyd": ("square yard", "square yards", "sq yd"),
    "st": ("stone", "stone", "st"),
    "t": ("tonne", "tonnes", "t"),
    "yd": ("yard", "yards", "yd"),
    "μm": ("micrometre", "micrometres", "μm"),
}
