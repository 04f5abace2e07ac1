def values(desk): return {}
