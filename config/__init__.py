"""The only place that knows both the engine (`anlan`) and the content (`anlan_cn`).

Holds settings, URLs, the server, the command line and the scaffolds of new registers and measures.
"""
