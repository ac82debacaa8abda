"""Series that installed packages carry, split before the first run of a net: `DEVELOPMENT` to choose by, `REPORT` not.

Families are kept whole, on one side of the split. Nothing may be moved from one side to the other, and no net of this
package may be judged on a report series but for the figures that are published.
Each entry gives (values, season); 1: no season. The packages are all in the extra `bench`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from keras_rnn import load_gs10

Loader = Callable[[], tuple[np.ndarray, int]]
STATSMODELS, VEGA = ("statsmodels", "datasets"), ("vega_datasets", "_data")
RESULTS = ("statsmodels", "tsa", "tests", "results")
SMOOTHING, DECOMPOSITION = (("statsmodels", "tsa", part, "tests", "results") for part in ("holtwinters", "stl"))
NOWCASTING = ("statsmodels", "tsa", "statespace", "tests", "results", "frbny_nowcast", "Nowcasting", "data", "US")


def table(folder: tuple[str, ...], file: str, **options) -> pd.DataFrame:
    """A CSV file within a package, found without importing it."""
    package, *rest = folder
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} must be installed: pip install 'keras-rnn[bench]'")
    return pd.read_csv(Path(spec.origin).parent.joinpath(*rest, file), **options)


def column(folder: tuple[str, ...], file: str, name: str, season: int, **options) -> Loader:
    return lambda: (table(folder, file, **options)[name].to_numpy(float), season)


def rows(file: str, where: str, value: str, name: str, season: int) -> Loader:
    """Of one of vega_datasets' long tables, the column `name` of the rows whose `where` is `value`."""

    def load():
        data = table(VEGA, file)
        return data[name][data[where] == value].to_numpy(float), season

    return load


def packaged(name: str, season: int) -> Loader:
    """One of pmdarima's."""

    def load():
        from pmdarima import datasets

        return np.asarray(getattr(datasets, f"load_{name}")(), float), season

    return load


def macrodata(name: str) -> Loader:
    return column(STATSMODELS, "macrodata/macrodata.csv", name, 4)


def co2_months():
    data = table(STATSMODELS, "co2/co2.csv")
    weeks = pd.Series(data["co2"].to_numpy(float), pd.to_datetime(data["date"].astype(str), format="%Y%m%d"))
    return weeks.resample("MS").mean().interpolate().to_numpy()[-240:], 12


def co2_weeks():
    return table(STATSMODELS, "co2/co2.csv")["co2"].interpolate().to_numpy(float)[-520:], 52


def elnino():
    return table(STATSMODELS, "elnino/elnino.csv").iloc[:, 1:].to_numpy(float).ravel(), 12


def fertility_france():
    countries = table(STATSMODELS, "fertility/fertility.csv").set_index("Country Name")
    return countries.loc["France"].iloc[3:].astype(float).dropna().to_numpy(), 1


def gs10():
    return load_gs10("monthly", "packaged").to_numpy(float), 12


DEVELOPMENT: dict[str, Loader] = {
    "air": packaged("airpassengers", 12),
    "co2": co2_months,
    "elec_equip": column(STATSMODELS, "elec_equip/elec_equip.csv", "STS.M.I7.W.TOVT.NS0016.4.000", 12),
    "elnino": elnino,
    "nile": column(STATSMODELS, "nile/nile.csv", "volume", 1),
    "sunspots_year": column(STATSMODELS, "sunspots/sunspots.csv", "SUNACTIVITY", 1),
    "lynx": packaged("lynx", 1),
    "realgdp": macrodata("realgdp"),
    "realinv": macrodata("realinv"),
    "cpi": macrodata("cpi"),
    "m1": macrodata("m1"),
    "tbilrate": macrodata("tbilrate"),
    "unemp": macrodata("unemp"),
    "woolyrnq": packaged("woolyrnq", 4),
    "co2_weeks": co2_weeks,
    "seattle_hours": column(VEGA, "seattle-temps.csv", "temp", 24),
    "seattle_days": column(VEGA, "seattle-weather.csv", "temp_max", 7),
    "msft": rows("stocks.csv", "symbol", "MSFT", "price", 12),
    "fertility_france": fertility_france,
    "employment_leisure": column(VEGA, "us-employment.csv", "leisure_and_hospitality", 12),
    "employment_construction": column(VEGA, "us-employment.csv", "construction", 12),
}
REPORT: dict[str, Loader] = {
    "wineind": packaged("wineind", 12),
    "ausbeer": packaged("ausbeer", 4),
    "austres": packaged("austres", 4),
    "heartrate": packaged("heartrate", 1),
    "taylor": packaged("taylor", 48),
    "housing_nsa": column(SMOOTHING, "housing-data.csv", "HOUSTNSA", 12),
    "elec_vic": column(DECOMPOSITION, "mstl_elec_vic.csv", "y", 24),
    "gs10": gs10,
    "indpro": column(NOWCASTING, "2016-07-29.csv", "INDPRO", 12),
    "retail": column(NOWCASTING, "2016-07-29.csv", "RSAFS", 12),
    "hsn1f": column(NOWCASTING, "2016-07-29.csv", "HSN1F", 12),
    "baa": column(RESULTS, "BAA.csv", "SCHWERTBAA", 1),
    "sp500": column(RESULTS, "SP500.csv", "SCHWERTSP500", 1),
    "un": column(RESULTS, "UN.csv", "SCHWERTUN", 1),
    "gnpdef": column(RESULTS, "gnpdef.csv", "GNP_DEFLATOR", 1),
    "sf_hours": column(VEGA, "sf-temps.csv", "temp", 24),
    "copper": column(STATSMODELS, "copper/copper.csv", "COPPERPRICE", 1),
    "german_inflation": column(STATSMODELS, "interest_inflation/E6.csv", "Dp", 4),
    "danish_income": column(STATSMODELS, "danish_data/data.csv", "lry", 4, encoding="utf-8-sig"),
    "iowa_renewables": rows("iowa-electricity.csv", "source", "Renewables", "net_generation", 1),
    "ibm": rows("stocks.csv", "symbol", "IBM", "price", 12),
}
SPLITS = {"development": DEVELOPMENT, "report": REPORT}
