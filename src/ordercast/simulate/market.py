"""How a simulated price moves from day to day, and the exact expectation that follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercast.simulate.catalogue import FULL_TURN

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

KEY = ["product_id", "supplier_id"]
SHOCK_DECAY = round(0.5 ** (1 / 40), 6)  # a half-life of 40 days
SHOCK_SIZE = (0.08, 0.25)
SHOCK_UP_SHARE = 0.8


@dataclass(frozen=True)
class Rules:
    """The constants of each price series, (series,) each: rates per day, amplitudes in log price."""

    log_level: Floats
    supplier_offset: Floats
    year_amplitude: Floats
    year_phase: Floats
    week_amplitude: Floats
    week_phase: Floats
    phi: Floats
    innovation_sd: Floats
    shock_rate: Floats
    refresh_days: Ints
    refresh_phase: Ints
    promotion_start: Floats
    promotion_end: Floats
    discount: Floats


@dataclass(frozen=True)
class State:
    """All a price series needs to go on: its Markov state, (..., series) each, in log price."""

    ar: Floats
    shock: Floats
    log_list: Floats
    on_promotion: Bools


@dataclass(frozen=True)
class Noise:
    """The chance of a day, (..., series) each: standard normal for the AR(1), else uniform."""

    normal: Floats
    jump: Floats
    promotion: Floats


def rules_of(price_rules: pd.DataFrame) -> Rules:
    """The Rules in the columns of a frame such as truth["price_rules"], in its row order."""
    return Rules(**{field.name: price_rules[field.name].to_numpy() for field in fields(Rules)})


def state_of(price_states: pd.DataFrame) -> State:
    """The State in the columns of a frame such as one day of truth["price_states"], in its row order."""
    return State(**{field.name: price_states[field.name].to_numpy() for field in fields(State)})


def season(rules: Rules, day: Ints | int) -> Floats:
    """Seasonal part of the log price on `day` (days since 1970-01-01; broadcasts against the rules)."""
    turn = FULL_TURN * np.asarray(day)
    year = rules.year_amplitude * np.sin(turn / 365.25 + rules.year_phase)
    return np.asarray(year + rules.week_amplitude * np.sin(turn / 7 + rules.week_phase))


def jump_sizes(uniform: Floats, rate: Floats) -> Floats:
    """Log-price jump of a day: 0, or with probability `rate` within SHOCK_SIZE, mostly upwards."""
    low, high = SHOCK_SIZE
    place = uniform / rate
    up = place < SHOCK_UP_SHARE
    within = np.where(up, place / SHOCK_UP_SHARE, (place - SHOCK_UP_SHARE) / (1 - SHOCK_UP_SHARE))
    return np.where(place < 1, np.where(up, 1.0, -1.0) * (low + (high - low) * within), 0.0)


def switch(on: Bools, uniform: Floats, start: Floats | float, end: Floats | float) -> Bools:
    """Next state of a two-state Markov chain which starts and ends with the given daily probabilities."""
    return np.where(on, uniform >= end, uniform < start)


def advance(state: State, rules: Rules, day: int, noise: Noise) -> State:
    """The state on `day` (days since 1970-01-01) from the state of the day before."""
    ar = rules.phi * state.ar + rules.innovation_sd * noise.normal
    shock = SHOCK_DECAY * state.shock + jump_sizes(noise.jump, rules.shock_rate)
    latent = rules.log_level + rules.supplier_offset + season(rules, day) + ar + shock
    refreshed = (day + rules.refresh_phase) % rules.refresh_days == 0
    return State(
        ar=ar,
        shock=shock,
        log_list=np.where(refreshed, latent, state.log_list),
        on_promotion=switch(state.on_promotion, noise.promotion, rules.promotion_start, rules.promotion_end),
    )


def price(state: State, rules: Rules) -> Floats:
    """Price before it is rounded to cents: the list price, less the discount while a promotion runs."""
    return np.asarray(np.exp(state.log_list) * (1 - rules.discount * state.on_promotion))


def _log_jump_growth(rate: Floats, days: int, order: int) -> Floats:
    """log E[exp(order x all jumps of n days, decayed to the last)] for n = 0..days: (rows, days + 1)."""
    low, high = SHOCK_SIZE
    scale = order * SHOCK_DECAY ** np.arange(days)
    width = scale * (high - low)
    up = np.exp(scale * low) * np.expm1(width) / width
    down = np.exp(-scale * low) * -np.expm1(-width) / width
    growth = np.log1p(rate * (SHOCK_UP_SHARE * up + (1 - SHOCK_UP_SHARE) * down - 1))
    return np.concatenate([np.zeros((len(rate), 1)), np.cumsum(growth, axis=1)], axis=1)


def _moment(rules: Rules, state: State, day: Ints, horizon_days: Ints, order: int) -> Floats:
    """E[price^order] `horizon_days` (horizons,) after `day`; day, rules and state are (rows, 1).

    The list price stands until it is refreshed; then it is lognormal with the conditional moments of AR(1),
    times the moment generating functions of the decaying jumps. Promotions are independent of both.
    """
    target = day + horizon_days
    refreshed = target - (target + rules.refresh_phase) % rules.refresh_days
    ahead = np.maximum(refreshed - day, 0)
    variance = rules.innovation_sd**2 * (1 - rules.phi ** (2 * ahead)) / (1 - rules.phi**2)
    centre = rules.log_level + rules.supplier_offset + season(rules, refreshed)
    centre = centre + rules.phi**ahead * state.ar + SHOCK_DECAY**ahead * state.shock
    jumps = np.take_along_axis(_log_jump_growth(rules.shock_rate, int(ahead.max()), order), ahead, axis=1)
    latent = order * centre + order**2 * variance / 2 + jumps
    list_price = np.exp(np.where(ahead > 0, latent, order * state.log_list))
    turnover = rules.promotion_start + rules.promotion_end
    settled = rules.promotion_start / turnover
    on = settled + (1 - turnover) ** horizon_days * (state.on_promotion - settled)
    return np.asarray(list_price * (1 - on + on * (1 - rules.discount) ** order))


def conditional_mean(
    truth: dict[str, pd.DataFrame], origin_dates: Iterable[date], horizon_days_list: Sequence[int]
) -> pd.DataFrame:
    """Frame of the exact mean and deviation of prices given the full latent state: the forecast floor.

    Columns product_id, supplier_id, origin, date, horizon_days, conditional_mean, conditional_sd; a row per
    series, origin and horizon, sorted by them. Prices are in currency per unit, before rounding to cents.
    A series is a Markov chain, so that its past adds nothing to its state.
    Raises ValueError for an origin outside the history or a horizon under one day.
    """
    states, origins = truth["price_states"], pd.DatetimeIndex(list(origin_dates)).as_unit("us")
    unknown = origins.difference(pd.DatetimeIndex(states["date"].unique()))
    if len(unknown):
        span = f"{states['date'].min():%Y-%m-%d} to {states['date'].max():%Y-%m-%d}"
        raise ValueError(f"origin {unknown[0]:%Y-%m-%d} is outside the simulated history; take one of {span}")
    steps = np.unique(np.asarray(horizon_days_list, dtype=np.int64))
    if not len(origins) or not len(steps) or steps[0] < 1:
        raise ValueError(f"{len(origins)} origins, horizons {steps.tolist()}: give both, from 1 day ahead")
    at = states[states["date"].isin(origins)].merge(truth["price_rules"], on=KEY, validate="m:1")
    at = at.sort_values([*KEY, "date"], ignore_index=True)
    rules = Rules(**{name: column[:, None] for name, column in vars(rules_of(at)).items()})
    state = State(**{name: column[:, None] for name, column in vars(state_of(at)).items()})
    day = day_numbers(at["date"])[:, None]
    mean = _moment(rules, state, day, steps, 1)
    relative_variance = _moment(rules, state, day, steps, 2) / mean**2 - 1
    # A price known for sure leaves some 1e-16 here, whose root would not be nothing.
    spread = mean * np.sqrt(np.where(relative_variance > 1e-12, relative_variance, 0))
    frame = at.loc[at.index.repeat(len(steps)), [*KEY, "date"]].rename(columns={"date": "origin"})
    frame["horizon_days"] = np.tile(steps, len(at))
    frame.insert(3, "date", frame["origin"] + frame["horizon_days"].to_numpy().astype("timedelta64[D]"))
    frame["conditional_mean"] = mean.ravel().round(6)
    frame["conditional_sd"] = spread.ravel().round(6)
    return frame.reset_index(drop=True)


def shock_sd(rate: Floats) -> Floats:
    """Standard deviation of a day's jump for series with `rate` jumps a day, in log price."""
    low, high = SHOCK_SIZE
    mean = rate * (2 * SHOCK_UP_SHARE - 1) * (low + high) / 2
    return np.asarray(np.sqrt(rate * (low**2 + low * high + high**2) / 3 - mean**2))


def day_numbers(dates: pd.Series | NDArray[np.datetime64]) -> Ints:
    """Days since 1970-01-01, the time axis of seasons and list refreshes."""
    return np.asarray(dates).astype("datetime64[D]").astype(np.int64)
