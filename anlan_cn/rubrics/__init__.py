"""The rubrics, as data. One YAML file per edition; `register_rubric_folder` of the engine is given this folder."""
