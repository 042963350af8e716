"""The Parquet lake evaluated with NumPy, row group by row group, over runs of records of one institution.

A lake that is sorted by institution needs no hash table: the records of an institution stand together, and a total is a
difference of two running sums. ``engine.py`` is the way in; needs the extra ``lake`` (pyarrow and numpy).
"""
