"""The content of Anlan for China: registers, measures, rubrics, roles and law. It only declares; the engine in `anlan` does the work."""
