"""The opponents of the lake benchmark: the rubric qidong-2018 as a good engineer would write it for each engine.

Each module has ``run(folder, target)``: read the lake, write the deliverable of ``bench.rubric`` to one Parquet file. All
of them must agree to the last row before anything is timed.
"""
