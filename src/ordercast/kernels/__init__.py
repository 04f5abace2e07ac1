"""Compiled loops over (series, origin) pairs: what the past up to an origin says, each number by the plainest rule.

A kernel takes the (series, steps) cells of a panel and the pairs to describe, looks at no step after a pair's origin,
and gives one row per pair; only the draws of training cells look ahead, at which days were quoted. Cost follows the
pairs that are asked for, not the calendar. Values are logs of prices, or demand as it is; windows and lags are in
steps. The same rules stand as plain loops in the tests.

past: one series by itself; offers: temporary cuts, and the suppliers of a product beside each other; ahead: what the
past says of a target day, and which target days are drawn for training.

The planner's kernels work on products instead: nodes: the price lattice; risk: demand over a lead time; grid: levels of
stock that whole packs fit; steps and plan: the dynamic programme. Their plain twins stand in tests/test_orders_*.
"""
