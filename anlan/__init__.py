"""Anlan 安澜, the engine: it knows no country and no register by name.

Content lives in `anlan_cn`; `config` joins the two.
"""
