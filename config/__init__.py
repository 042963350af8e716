"""The only place that knows both the engine (`anlan`) and the content (`anlan_cn`): settings, URLs, server and command line."""
