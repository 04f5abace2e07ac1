"""Ordercast measured beside its peers: accuracy, speed, scale and the cost of the default catalogue."""

import os

# Threads that spin while they wait make LightGBM many times slower on a shared machine; read when OpenMP is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
