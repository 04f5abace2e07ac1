"""params.yaml as typed, described settings; a mistake is told with its line and its cure before any work."""

import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ordercast import params_faults as faults

INPUT_TABLES = ("prices", "sales", "products", "suppliers", "stock", "open_orders", "price_tiers")


class ParamsError(ValueError):
    """params.yaml cannot be used; the text has one line per fault."""

    outcome = "settings"


class _BareDate(str):
    """A date that stands in the file without quotes."""


def _day(value: Any) -> Any:
    try:
        day = None if value is None else dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("it must be null or a date in quotes such as '2026-01-31'") from None
    if isinstance(value, _BareDate):
        raise ValueError(f"put it in quotes, '{value}': DVC reads no bare date")
    return day


def _currency(value: str) -> str:
    if not re.fullmatch("[A-Z]{3}", value):
        raise ValueError("it must be three capital letters such as BRL")
    return value


def _memory(value: str) -> str:
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)GB", value)
    if not found or float(found[1]) < 1:
        raise ValueError("it must be at least 1GB, written such as 4GB")
    return value


def _locale(value: str) -> str:
    from babel import Locale, UnknownLocaleError

    try:
        Locale.parse(value)
    except (ValueError, UnknownLocaleError):
        raise ValueError("it must be a locale such as pt_BR or en_GB") from None
    return value


def _country(value: str) -> str:
    if value != "BR":  # spares most runs the import
        from holidays import list_supported_countries

        if value not in list_supported_countries():
            raise ValueError("it must be the ISO code of a country whose holidays are known, such as BR or PT")
    return value


def _columns(value: Any) -> Any:
    """Checked here and not by a nested type: a wrong name is then one fault, not one per alternative."""
    if not isinstance(value, dict):
        raise ValueError("it must map names to names, such as {preco: unit_price}")
    for name, target in value.items():
        nested = isinstance(target, dict)
        if nested and name not in INPUT_TABLES:
            raise ValueError(f"{name!r} is no table; the tables are {', '.join(INPUT_TABLES)}")
        pairs = target if nested else {name: target}
        if not all(isinstance(text, str) for pair in pairs.items() for text in pair):
            raise ValueError(f"{name!r} must lead to a column name, such as {{preco: unit_price}}")
    return value


def _tables(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError("it must map our tables to yours, such as {prices: price_list}")
    for name, theirs in value.items():
        if name not in INPUT_TABLES:
            raise ValueError(f"{name!r} is no table; the tables are {', '.join(INPUT_TABLES)}")
        if theirs is not None and not (isinstance(theirs, str) and theirs.strip(".") == theirs != ""):
            raise ValueError(f"{name!r} must lead to a table such as price_list or shop.price_list, or to null")
    return value


LOOK_BACK_DAYS = 365


def _rising(value: tuple[int, ...]) -> tuple[int, ...]:
    if not value or value[0] < 1 or list(value) != sorted(set(value)):
        raise ValueError("it must be a list of days of at least 1, rising, none twice")
    if value[-1] > LOOK_BACK_DAYS:
        raise ValueError(f"it must end by {LOOK_BACK_DAYS} days: features look no further back")
    return value


Day = Annotated[dt.date | None, BeforeValidator(_day)]
Days = Annotated[tuple[int, ...], Field(strict=False), AfterValidator(_rising)]
Columns = Annotated[dict[str, Any], BeforeValidator(_columns)]
Tables = Annotated[dict[str, str | None], BeforeValidator(_tables)]
Country = Annotated[str, AfterValidator(_country)]
Currency = Annotated[str, AfterValidator(_currency)]
Locale = Annotated[str, AfterValidator(_locale)]
Memory = Annotated[str, AfterValidator(_memory)]


def _knob(default: Any, description: str, **bounds: Any) -> Any:
    return Field(default, description=description, **bounds)


class Section(BaseModel):
    """A part of params.yaml: an unknown key is a fault, "7" is no number, nothing changes after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Base(Section):
    seed: int = _knob(7, "seed of every random draw", ge=0, lt=2**32)
    today: Day = _knob(None, "day the plan is made for, in quotes; null: the last day with a price")
    horizon_days: int = _knob(14, "days ahead to forecast", ge=1, le=60)
    currency: Currency = _knob("BRL", "currency code of all money")
    locale: Locale = _knob("pt_BR", "how numbers, money and dates are written, and in which language")
    threads: int = _knob(2, "processor cores to use", ge=1, le=256)
    memory_limit: Memory = _knob("4GB", "memory for long tables in stages 1 and 2; what exceeds it is kept on the disk")


class Data(Section):
    source: Literal["simulate", "files", "database"] = _knob(
        "simulate", "where the tables come from: simulate, files or database"
    )
    path: str = _knob("data/input", "folder of the tables when source is files", min_length=1)
    columns: Columns = _knob({}, "your column names: {yours: ours} or {table: {yours: ours}}")
    decimal: Literal["auto", ".", ","] = _knob(
        "auto", "decimal sign of numbers in text: auto (as the cells prove), . or ,"
    )
    dates: Literal["auto", "iso", "dmy", "mdy"] = _knob(
        "auto", "dates in text: auto (as the cells prove), iso, dmy (31/12/2025) or mdy (12/31/2025)"
    )
    tables: Tables = _knob({}, "your tables in the database: {ours: yours}, such as {prices: shop.price_list}")
    frequency: Literal["auto", "daily", "weekly"] = _knob("auto", "rhythm of the calendar: auto, daily or weekly")
    on_bad_row: Literal["stop", "quarantine"] = _knob(
        "stop", "a row with a fault: stop, or quarantine (set aside and count)"
    )
    products: int = _knob(200, "number of simulated products", ge=1, le=999_999)
    history_days: int = _knob(1095, "days of simulated history", ge=120, le=36_500)


class Features(Section):
    origin_every_days: int = _knob(3, "days between two training origins", ge=1, le=28)
    horizons_per_origin: int = _knob(3, "horizons drawn for each training origin", ge=1, le=60)
    max_rows: int = _knob(40_000, "most training rows; of more an even sample is kept", ge=1000)
    history_days: int = _knob(1825, "days of history to learn from", ge=28)
    change_days: Days = _knob((1, 2, 3, 5, 7, 14, 28, 56, 91, 182, 364), "lags of price changes, in days")
    mean_days: Days = _knob((7, 14, 28, 60, 180, 365), "windows of the rolling statistics, in days")
    ended_after_days: int = _knob(180, "days without a quote after which a series has ended", ge=1)
    country: Country = _knob("BR", "country whose public holidays count, as an ISO code")


class Train(Section):
    folds: int = _knob(3, "past windows that judge the model, each by a fit on what came before", ge=1, le=10)
    fold_days: int = _knob(140, "days in each of them, more than base.horizon_days", ge=2, le=3650)
    learning_rate: float = _knob(0.2, "step of a boosting round, a share", gt=0, le=1)
    num_leaves: int = _knob(15, "most leaves of a tree", ge=2, le=4096)
    max_rounds: int = _knob(60, "most boosting rounds", ge=1)
    early_stopping_rounds: int = _knob(8, "rounds without gain that end the training", ge=1)
    min_data_in_leaf: int = _knob(200, "fewest training rows in a leaf", ge=1)
    feature_fraction: float = _knob(0.5, "share of the features that each tree sees", gt=0, le=1)
    bagging_fraction: float = _knob(0.5, "share of the rows that each tree sees", gt=0, le=1)
    lambda_l2: float = _knob(10.0, "rows' worth of doubt in every leaf", ge=0)


class Evaluate(Section):
    origins: int = _knob(12, "number of past days whose forecasts are scored", ge=2, le=200)
    every_days: int = _knob(15, "days between two scored origins", ge=1)
    max_products: int = _knob(2000, "most products whose forecasts are scored; of more an even sample", ge=1)


class Forecast(Section):
    strategy: Literal["direct", "recursive"] = _knob(
        "direct", "direct: each horizon by itself; recursive: each predicted day feeds the next"
    )
    reach_days: int = _knob(60, "days ahead that the planner reads; people see base.horizon_days", ge=1, le=180)


class OrderDefaults(Section):
    lead_time_days: float = _knob(7, "days from order to arrival", ge=0, le=3650)
    lead_time_sd_days: float = _knob(1.5, "standard deviation of the lead time, in days", ge=0)
    moq_units: float = _knob(1, "least quantity of an order, in units", ge=0)
    pack_units: int = _knob(1, "units in a pack; orders are whole packs", ge=1)
    order_cost: float = _knob(50, "cost of placing one order, in base.currency", ge=0)
    holding_rate_per_year: float = _knob(0.2, "yearly cost of stock, a share of its value", ge=0, le=2)


class Orders(Section):
    policy: Literal["planner", "erp"] = _knob(
        "planner", "planner: times purchases where its record is good; erp: the ERP rule alone"
    )
    plan_horizon_days: int = _knob(60, "days ahead the planner weighs, forecast.reach_days at most", ge=14, le=180)
    price_nodes: int = _knob(7, "prices a day that the planner tells apart", ge=1, le=15)
    execution: Literal["next_quote", "quote_seen"] = _knob(
        "next_quote", "price an order pays: next_quote (the next published) or quote_seen (today's)"
    )
    backtest_days: int = _knob(365, "days of the past on which the policies are replayed", ge=28, le=1095)
    backtest_products: int = _knob(100, "most products replayed; of more an even sample", ge=1)
    budget: float | None = _knob(None, "most money for the orders of a day; null: no limit", ge=0)
    warehouse_volume: float | None = _knob(
        None, "most space of all stock and orders, in the unit of products.unit_volume; null: no limit", ge=0
    )
    service_floor: float | None = _knob(
        None, "least share of demand that the planner expects to serve of each product; null: none", gt=0, lt=1
    )
    service_level: float = _knob(0.975, "share of order cycles without a stock-out", ge=0.5, le=0.9999)
    review_period_days: int = _knob(1, "days between two looks at the stock", ge=1, le=365)
    defaults: OrderDefaults = _knob(OrderDefaults(), "what is assumed where the tables are silent")


class Params(Section):
    """The whole of params.yaml; the sections after `base` are named after the stages."""

    base: Base = _knob(Base(), "shared by all stages")
    data: Data = _knob(Data(), "stage 1")
    features: Features = _knob(Features(), "stage 2")
    train: Train = _knob(Train(), "stage 3")
    evaluate: Evaluate = _knob(Evaluate(), "stage 4")
    forecast: Forecast = _knob(Forecast(), "stage 5")
    orders: Orders = _knob(Orders(), "stage 6")


class Row(NamedTuple):
    """A line of the table of parameters in the docs."""

    key: str
    default: str
    description: str


def table(model: type[BaseModel] = Params, prefix: str = "") -> list[Row]:
    """The rows (section.key, default as YAML, description with its unit) of all parameters, in file order."""
    rows: list[Row] = []
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            rows += table(type(field.default), f"{prefix}{name}.")
        else:
            default = list(field.default) if isinstance(field.default, tuple) else field.default
            text = yaml.safe_dump(default, default_flow_style=True, width=200).removesuffix("...\n")
            rows.append(Row(prefix + name, text.strip(), field.description or ""))
    return rows


class _Loader(yaml.SafeLoader):
    """YAML in which a date stays text: 2026-02-31 then becomes a fault with a line and not a stack trace."""


_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: _BareDate(node.value))


def load(path: str | Path, *, whole: bool = False) -> Params:
    """The checked parameters of a YAML file; a key that is left out has the default of `table`.

    whole: a key that is left out is a fault too: DVC wants them written out, to tell what changed.

    Raises ParamsError with one line per fault, in file order: the file, the line, the key, what was found and
    what is allowed there.
    """
    path = Path(path)
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        values = loader.construct_document(node) if node else None
    except FileNotFoundError:
        raise ParamsError(f"{path} is not there; run this in the folder that holds it") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParamsError(faults.syntax(path, error)) from None
    if not isinstance(node, yaml.MappingNode):
        raise ParamsError(f"{path.name} holds no sections; it must begin with a line `base:`")
    found = [*faults.repeated(node), *faults.thousands(node)]
    try:
        params = Params.model_validate(values)
    except ValidationError as error:
        found += [faults.explain(node, one, Params) for one in error.errors()]
    else:
        found += faults.at_odds(node, params)
    if whole and not found:  # a misspelt key is not told twice
        found += faults.lacking(node, Params)
    if found:
        raise ParamsError("\n".join(f"{path.name} line {line}: {text}" for line, text in sorted(found)))
    return params
